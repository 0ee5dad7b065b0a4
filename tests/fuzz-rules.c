/* SPDX-License-Identifier: MIT */
/*
 * Basic rules: what decides is the first rule, in their order, that would
 * decide alone; what is looked at is asked for. The input: a list of rules, a
 * line break, a document.
 */
#include "fuzz.h"

#include "json/text.h"
#include "rules/rules.h"

static const struct val *
list_of(struct arena *a, struct span text)
{
	struct val_error e;
	const struct val *v = val_parse(a, text, JSON_DEPTH, true, &e);

	return v != NULL && v->type == JSON_ARRAY ? v : NULL;
}

static void
one_fault(void *count, const struct err *e)
{
	MUST(e->status == ST_USAGE && e->text[0] != '\0');
	++*(size_t *)count;
}

/* A list with that rule alone. NULL: it is wrong by itself. */
static struct rules *
alone(struct arena *a, struct val *rule)
{
	struct val *list = val_new(a, JSON_ARRAY);
	struct rules *r = NULL;
	struct err e;

	val_push(a, list, rule);
	return rules_new(&r, list, "x", &e) == 0 ? r : NULL;
}

/* The first of the rules, by order and then by place, that matches by itself
 * decides; DEFAULT is not among them. */
static void
check_decision(const struct val *list, const struct json_object *doc, bool in,
    const char *by)
{
	struct arena a = { 0 };
	const struct val *first = NULL, *dflt = NULL;

	for (size_t i = 0; i < list->n; i++) {
		struct val *v = list->items[i];
		struct rules *r = alone(&a, v);
		const char *id = NULL;

		MUST(r != NULL);
		rules_include(r, doc, &id);
		if (id != NULL && streq(id, "DEFAULT"))
			dflt = v;
		else if (id != NULL && (first == NULL || json_number_cmp(
		    val_get(v, "order")->str,
		    val_get(first, "order")->str) < 0))
			first = v;
		rules_free(r);
	}
	if (first == NULL)
		first = dflt;
	MUST((first == NULL) == (by == NULL));
	if (first != NULL && val_get(first, "id")->type == JSON_TRUE)
		MUST(streq(by, "true"));
	else if (first != NULL && val_get(first, "id")->type == JSON_FALSE)
		MUST(streq(by, "false"));
	else if (first != NULL)
		MUST(span_is(val_get(first, "id")->str, by));
	MUST(in == (first == NULL || streq(val_cstr(val_get(first,
	    "policy")), "include")));
	arena_release(&a);
}

static void
decide(struct rules *r, const struct val *list, struct span text)
{
	char *p = fuzz_padded(text.p, text.n);
	struct json_object doc = { 0 };
	struct json_error e;
	const char *by = NULL, *again = NULL;
	bool in;

	if (json_object_scan((struct span){ p, text.n }, JSON_DEPTH, &doc,
	    &e) == 0) {
		in = rules_include(r, &doc, &by);
		MUST(rules_include(r, &doc, &again) == in && again == by);
		check_decision(list, &doc, in, by);
	}
	json_object_release(&doc);
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = { (const char *)p, n };
	struct arena a = { 0 };
	const struct val *list = list_of(&a, fuzz_part(&in, '\n'));
	struct rules *r = NULL;
	size_t faults = 0;
	struct err e = { 0 };

	if (list != NULL) {
		MUST(rules_check(list, "x", one_fault, &faults) == faults);
		if (rules_new(&r, list, "x", &e) < 0) {
			MUST(e.status == ST_USAGE && e.text[0] != '\0');
		} else if (r != NULL) {
			MUST(faults == 0);
			decide(r, list, in);
		}
		rules_free(r);
	}
	arena_release(&a);
	return 0;
}

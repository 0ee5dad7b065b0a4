/* SPDX-License-Identifier: MIT */
#include "rules/rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/regex.h"
#include "config/schema.h"
#include "json/text.h"
#include "rules/operand.h"

enum op {
	OP_EQUALS, OP_CONTAINS, OP_STARTS, OP_ENDS, OP_REGEX, OP_MORE, OP_LESS
};

/* In the order of enum op. */
static const char *const ops[] = { "equals", "contains", "starts_with",
	"ends_with", "regex", ">", "<" };

struct rule {
	const char *id;
	bool include;
	enum op op;
	struct span field;
	struct span order;      /* a number as written */
	struct operand value;
	struct regex *re;       /* OP_REGEX */
	size_t place;           /* in the config */
};

struct rules {
	struct arena arena;
	struct rule *v;         /* by order; DEFAULT is not among them */
	size_t n;
	bool include;           /* what matches no rule */
	const char *dflt;       /* the id DEFAULT, if it is given */
	struct buf scratch;     /* decoded strings */
	unsigned patterns;      /* that may give up on this document */
};

/* ---- reading the config ---- */

static const char list_form[] = "{\"type\":\"array\",\"maxItems\":5000}";
static const char rule_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"id\",\"policy\",\"field\",\"rule\",\"value\",\"order\"],"
    "\"properties\":{"
    "\"id\":{\"type\":\"string\",\"minLength\":1},"
    "\"policy\":{\"enum\":[\"include\",\"exclude\"]},"
    "\"field\":{\"type\":\"string\",\"minLength\":1},"
    "\"rule\":{\"enum\":[\"equals\",\"contains\",\"starts_with\","
    "\"ends_with\",\"regex\",\">\",\"<\"]},"
    "\"value\":{\"type\":[\"string\",\"number\",\"boolean\"]},"
    "\"order\":{\"type\":\"number\"},"
    "\"created_at\":{},\"updated_at\":{}}}";

/* What the rules are made from, and who is told of the bad ones. */
struct origin {
	const char *file;
	const struct val *list;
	rules_fault *each;
	void *ctx;
	size_t bad;
};

/* "rules[2] (id r3)" */
static void
path_of(char out[SCHEMA_PATH], const struct origin *o, size_t i)
{
	struct span id = o->list->items[i]->type == JSON_OBJECT ?
	    val_str(val_get(o->list->items[i], "id")) : SPAN("");
	size_t n;

	schema_path_item(out, "rules", i);
	n = strlen(out);
	if (id.n > 0)
		snprintf(out + n, SCHEMA_PATH - n, " (id %.*s)",
		    (int)(id.n < 64 ? id.n : 64), id.p);
}

static int
wrong(struct origin *o, size_t i, const char *key, const char *what)
{
	char rule[SCHEMA_PATH], path[SCHEMA_PATH];
	struct err e;

	path_of(rule, o, i);
	schema_path_key(path, rule, key);
	schema_err_at(o->file, val_get(o->list->items[i], key), path, &e, "%s",
	    what);
	o->each(o->ctx, &e);
	o->bad++;
	return -1;
}

static int
broken(struct origin *o, const struct schema_fault *f)
{
	struct err e;

	schema_err(o->file, f, &e);
	o->each(o->ctx, &e);
	o->bad++;
	return -1;
}

static enum op
op_of(struct span name)
{
	size_t i = 0;

	while (!span_is(name, ops[i]))
		i++;
	return (enum op)i;
}

static int
make_regex(struct origin *o, struct rule *r)
{
	struct span s = r->value.text;
	char why[160];

	if (span_is(s, ".*") || span_is(s, "(.*)"))
		return wrong(o, r->place, "value", "matches everything; "
		    "a rule with the id DEFAULT says what the others leave");
	r->re = regex_new(s, why, sizeof why);
	return r->re ? 0 : wrong(o, r->place, "value", why);
}

/* v is checked and completed: all keys are there, with their types. */
static void
make_rule(struct rule *r, const struct val *v, size_t place)
{
	*r = (struct rule){ .id = val_cstr(val_get(v, "id")), .place = place };
	r->include = span_is(val_str(val_get(v, "policy")), "include");
	r->op = op_of(val_str(val_get(v, "rule")));
	r->field = val_str(val_get(v, "field"));
	r->order = val_get(v, "order")->str;
	operand_init(&r->value, val_get(v, "value"));
}

static int
by_order(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;
	int r = json_number_cmp(x->order, y->order);

	return r ? r : (x->place > y->place) - (x->place < y->place);
}

/* Of two rules with the same condition the second could never decide. */
static int
check_same(struct origin *o, const struct rules *rs)
{
	const struct rule *last = &rs->v[rs->n - 1];

	for (size_t i = 0; i + 1 < rs->n; i++) {
		const struct rule *r = &rs->v[i];

		if (r->op == last->op && span_eq(r->field, last->field) &&
		    operand_eq(&r->value, &last->value))
			return wrong(o, last->place, "value", "an earlier rule "
			    "has the same field, rule and value");
	}
	return 0;
}

/* v: rule `place`, its form checked and completed. One that is no good is not
 * added. */
static void
add_rule(struct origin *o, struct rules *rs, const struct val *v,
    size_t place)
{
	struct rule *r = &rs->v[rs->n];

	make_rule(r, v, place);
	if (streq(r->id, "DEFAULT")) {
		if (rs->dflt)
			wrong(o, place, "id", "a second DEFAULT");
		rs->dflt = r->id;
		rs->include = r->include;
		return;
	}
	if (r->op == OP_REGEX && make_regex(o, r) != 0)
		return;
	rs->n++;
	if (check_same(o, rs) != 0)
		regex_free(rs->v[--rs->n].re);
}

static const struct val *
form(struct arena *a, const char *json)
{
	struct val_error ve;

	return val_parse(a, span_of(json), JSON_DEPTH, true, &ve);
}

static struct rules *
read_rules(struct origin *o)
{
	struct rules *rs = xcalloc(1, sizeof *rs);
	const struct val *rule = form(&rs->arena, rule_form);
	char path[SCHEMA_PATH];
	struct schema_fault f;

	rs->include = true;
	if (schema_check(form(&rs->arena, list_form), o->list, "rules", &f)
	    != 0) {
		broken(o, &f);
		return rs;
	}
	rs->v = xcalloc(o->list->n, sizeof *rs->v);
	for (size_t i = 0; i < o->list->n; i++) {
		const struct val *v = o->list->items[i];

		path_of(path, o, i);
		if (schema_check(rule, v, path, &f) != 0)
			broken(o, &f);
		else
			add_rule(o, rs, schema_complete(&rs->arena, rule, v),
			    i);
	}
	if (rs->n > 0)
		qsort(rs->v, rs->n, sizeof *rs->v, by_order);
	return rs;
}

static void
keep_first(void *ctx, const struct err *e)
{
	struct err *first = ctx;

	if (first->status == 0)
		*first = *e;
}

int
rules_new(struct rules **out, const struct val *list, const char *file,
    struct err *e)
{
	struct origin o = { .file = file, .list = list, .each = keep_first,
		.ctx = e };

	*out = NULL;
	if (list == NULL)
		return 0;
	e->status = 0;
	*out = read_rules(&o);
	if (o.bad == 0)
		return 0;
	rules_free(*out);
	*out = NULL;
	return -1;
}

size_t
rules_check(const struct val *list, const char *file, rules_fault *each,
    void *ctx)
{
	struct origin o = { .file = file, .list = list, .each = each,
		.ctx = ctx };

	if (list != NULL)
		rules_free(read_rules(&o));
	return o.bad;
}

void
rules_free(struct rules *rs)
{
	if (rs == NULL)
		return;
	for (size_t i = 0; i < rs->n; i++)
		regex_free(rs->v[i].re);
	free(rs->v);
	buf_release(&rs->scratch);
	arena_release(&rs->arena);
	free(rs);
}

/* ---- matching ---- */

static bool
ends(struct span s, struct span tail)
{
	return s.n >= tail.n && (tail.n == 0 ||
	    memcmp(s.p + s.n - tail.n, tail.p, tail.n) == 0);
}

static bool
holds(struct span s, struct span part)
{
	return part.n == 0 ||
	    (s.n > 0 && memmem(s.p, s.n, part.p, part.n) != NULL);
}

/* text: of the value, decoded. */
static bool
match_scalar(struct rules *rs, const struct rule *r, enum json_type t,
    struct span text)
{
	struct span want = r->value.text;

	switch (r->op) {
	case OP_EQUALS: return operand_equals(&r->value, t, text);
	case OP_MORE: return operand_order(&r->value, t, text) == ORDER_MORE;
	case OP_LESS: return operand_order(&r->value, t, text) == ORDER_LESS;
	case OP_CONTAINS: return holds(text, want);
	case OP_STARTS: return span_starts(text, want);
	case OP_ENDS: return ends(text, want);
	case OP_REGEX: return regex_match(r->re, text, &rs->patterns);
	}
	return false;
}

/* A value that is not an array. */
static bool
match_value(struct rules *rs, const struct rule *r,
    const struct json_member *m)
{
	if (m->type == JSON_NULL || m->type == JSON_OBJECT ||
	    m->type == JSON_ARRAY)
		return false;
	return match_scalar(rs, r, m->type, m->type == JSON_STRING ?
	    json_string(m, &rs->scratch) : m->value);
}

static bool
match_rule(struct rules *rs, const struct rule *r,
    const struct json_object *doc)
{
	const struct json_member *m = json_find(doc, r->field.p, NULL);
	struct json_member item;
	struct json_iter it;

	if (m == NULL)
		return false;
	if (m->type != JSON_ARRAY)
		return match_value(rs, r, m);
	json_iter_init(&it, m->value);
	while (json_iter_next(&it, &item))
		if (match_value(rs, r, &item))
			return true;
	return false;
}

bool
rules_include(struct rules *rs, const struct json_object *doc,
    const char **by)
{
	const char *ignored;

	by = by ? by : &ignored;
	*by = rs ? rs->dflt : NULL;
	if (rs)
		rs->patterns = REGEX_GIVE_UPS;
	for (size_t i = 0; rs && i < rs->n; i++) {
		if (match_rule(rs, &rs->v[i], doc)) {
			*by = rs->v[i].id;
			return rs->v[i].include;
		}
	}
	return rs == NULL || rs->include;
}

const char *
rules_field(const struct rules *rs, size_t i)
{
	return rs && i < rs->n ? rs->v[i].field.p : NULL;
}

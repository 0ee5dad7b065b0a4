/* SPDX-License-Identifier: MIT */
/* The keywords of a schema: those of scalars, and the table of all. */
#include "config/docrule.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

/* ---- values ---- */

/* A string's text, decoded. */
static struct span
text_of(struct docwalk *w, const struct json_member *v)
{
	return json_string(v, &w->s->text);
}

static size_t
characters(struct docwalk *w, const struct json_member *v)
{
	struct span s = text_of(w, v);

	return utf8_count(s.p, s.n);
}

const char *
doctype_name(const struct json_member *v)
{
	static const char *const names[] = { [JSON_NULL] = "null",
		[JSON_FALSE] = "boolean", [JSON_TRUE] = "boolean",
		[JSON_NUMBER] = "number", [JSON_STRING] = "string",
		[JSON_ARRAY] = "array", [JSON_OBJECT] = "object" };

	if (v->type == JSON_NUMBER && json_number_is_integer(v->value))
		return "integer";
	return names[v->type];
}

/* Equal values give equal texts. */
static void
put_canonical(struct buf *out, struct span json)
{
	struct arena a = { 0 };
	struct val_error ve;
	const struct val *v = val_parse(&a, json, JSON_DEPTH, false, &ve);

	buf_clear(out);
	if (v != NULL)
		val_write_canonical(out, v);
	arena_release(&a);
}

/* ---- any value ---- */

static bool
check_type(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	if ((r->types & 1U << v->type) != 0 && (v->type != JSON_NUMBER ||
	    !r->whole || json_number_is_integer(v->value)))
		return true;
	return docrule_broken(w, r, v, (struct span){ 0 });
}

/* enum and const */
static bool
check_list(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	struct buf *b = &w->s->other;

	put_canonical(b, v->value);
	for (size_t i = 0; i < r->count; i++)
		if (span_eq(r->texts[i], buf_span(b)))
			return true;
	return docrule_broken(w, r, v, (struct span){ 0 });
}

/* ---- numbers ---- */

static bool
holds(struct docwalk *w, const struct docrule *r, const struct json_member *v,
    bool good)
{
	return good || docrule_broken(w, r, v, (struct span){ 0 });
}

static bool
check_multiple(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return holds(w, r, v, json_number_multiple(v->value, r->arg->str));
}

static bool
check_minimum(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return holds(w, r, v, json_number_cmp(v->value, r->arg->str) >= 0);
}

static bool
check_maximum(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return holds(w, r, v, json_number_cmp(v->value, r->arg->str) <= 0);
}

/* Of an exclusive one; in draft 4 it says whether the other is. */
static const struct val *
limit(const struct docrule *r, const char *other)
{
	const struct val *v = r->arg;

	if (v->type == JSON_TRUE)
		v = val_get(r->schema, other);
	return v != NULL && v->type == JSON_NUMBER ? v : NULL;
}

static bool
check_above(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	const struct val *l = limit(r, "minimum");

	return holds(w, r, v, l == NULL ||
	    json_number_cmp(v->value, l->str) > 0);
}

static bool
check_below(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	const struct val *l = limit(r, "maximum");

	return holds(w, r, v, l == NULL ||
	    json_number_cmp(v->value, l->str) < 0);
}

/* ---- strings ---- */

static bool
check_min_length(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return holds(w, r, v, characters(w, v) >= r->count);
}

static bool
check_max_length(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return holds(w, r, v, characters(w, v) <= r->count);
}

static bool
check_pattern(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return holds(w, r, v, regex_search(r->re[0], text_of(w, v),
	    &w->patterns));
}

static bool
check_format(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	bool zone = !span_is(val_str(val_get(r->schema, "airbyte_type")),
	    "timestamp_without_timezone");

	return holds(w, r, v, docformat_fits(r->arg->str, text_of(w, v),
	    zone));
}

/* ---- how many ---- */

static size_t
count(const struct json_member *v)
{
	struct json_iter it;
	struct json_member m;
	size_t n = 0;

	json_iter_init(&it, v->value);
	while (json_iter_next(&it, &m))
		n++;
	return n;
}

static bool
check_least(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return holds(w, r, v, count(v) >= r->count);
}

static bool
check_most(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return holds(w, r, v, count(v) <= r->count);
}

static int
text_cmp(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

static bool
doc_unique(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	struct span *texts = xcalloc(count(v) + 1, sizeof *texts);
	struct arena a = { 0 };
	struct json_iter it;
	struct json_member m;
	bool unique = true;
	size_t n = 0;

	json_iter_init(&it, v->value);
	while (r->arg->type == JSON_TRUE && json_iter_next(&it, &m)) {
		struct buf *b = &w->s->other;

		put_canonical(b, m.value);
		texts[n++] = (struct span){ arena_strndup(&a, buf_span(b)),
			b->n };
	}
	qsort(texts, n, sizeof *texts, text_cmp);
	for (size_t i = 1; i < n; i++)
		unique = unique && !span_eq(texts[i - 1], texts[i]);
	free(texts);
	arena_release(&a);
	return holds(w, r, v, unique);
}

/* ---- the schema false ---- */

static bool
check_false(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return docrule_broken(w, r, v, (struct span){ 0 });
}

const struct dockey dockey_false = { "false", ~0U, check_false, FORM_ANY,
	DOC_IS, "there, which the schema forbids", EDIT_TRUE };

enum {
	ANY = ~0, NUMBER = 1 << JSON_NUMBER, STRING = 1 << JSON_STRING,
	ARRAY = 1 << JSON_ARRAY, OBJECT = 1 << JSON_OBJECT
};

#define IS(what) DOC_IS, what, EDIT_DROP
#define HAS(what) DOC_HAS, what, EDIT_DROP
#define NONE DOC_IS, "", EDIT_DROP     /* has no violation of its own */

const struct dockey dockeys[] = {
	{ "type", (unsigned)ANY, check_type, FORM_TYPES, DOC_TYPE, "",
	    EDIT_TYPE },
	{ "enum", (unsigned)ANY, check_list, FORM_LIST, DOC_IS,
	    "none of enum", EDIT_ENUM },
	{ "const", (unsigned)ANY, check_list, FORM_LIST,
	    IS("something else than const") },
	{ "multipleOf", NUMBER, check_multiple, FORM_NUMBER,
	    IS("no multiple of multipleOf") },
	{ "minimum", NUMBER, check_minimum, FORM_NUMBER,
	    IS("below minimum") },
	{ "maximum", NUMBER, check_maximum, FORM_NUMBER,
	    IS("above maximum") },
	{ "exclusiveMinimum", NUMBER, check_above, FORM_LIMIT,
	    IS("not above exclusiveMinimum") },
	{ "exclusiveMaximum", NUMBER, check_below, FORM_LIMIT,
	    IS("not below exclusiveMaximum") },
	{ "minLength", STRING, check_min_length, FORM_COUNT,
	    IS("shorter than minLength") },
	{ "maxLength", STRING, check_max_length, FORM_COUNT,
	    IS("longer than maxLength") },
	{ "pattern", STRING, check_pattern, FORM_PATTERN,
	    IS("not what pattern matches") },
	{ "format", STRING, check_format, FORM_WORD, IS("no") },
	{ "items", ARRAY, doc_items, FORM_ITEMS, NONE },
	{ "additionalItems", ARRAY, NULL, FORM_SCHEMA, NONE },
	{ "contains", ARRAY, doc_contains, FORM_SCHEMA,
	    HAS("no item as contains wants one") },
	{ "minItems", ARRAY, check_least, FORM_COUNT,
	    HAS("fewer items than minItems") },
	{ "maxItems", ARRAY, check_most, FORM_COUNT,
	    HAS("more items than maxItems") },
	{ "uniqueItems", ARRAY, doc_unique, FORM_FLAG,
	    HAS("an item twice, against uniqueItems") },
	{ "minProperties", OBJECT, check_least, FORM_COUNT,
	    HAS("fewer members than minProperties") },
	{ "maxProperties", OBJECT, check_most, FORM_COUNT,
	    HAS("more members than maxProperties") },
	{ "required", OBJECT, doc_required, FORM_NAMES, DOC_LACKS, "",
	    EDIT_NAME },
	{ "properties", OBJECT, doc_members, FORM_MAP, NONE },
	{ "patternProperties", OBJECT, doc_patterns, FORM_PATTERNS, NONE },
	{ "additionalProperties", OBJECT, doc_additional, FORM_SCHEMA,
	    HAS("members that additionalProperties forbids") },
	{ "propertyNames", OBJECT, doc_names, FORM_SCHEMA,
	    HAS("names that propertyNames forbids") },
	{ "dependencies", OBJECT, doc_needs, FORM_NEEDS, DOC_LACKS,
	    ", which dependencies want", EDIT_DEPEND },
	{ "allOf", (unsigned)ANY, doc_all, FORM_SCHEMAS, NONE },
	{ "anyOf", (unsigned)ANY, doc_any, FORM_SCHEMAS, DOC_TYPE,
	    "none of anyOf", EDIT_BRANCH },
	{ "oneOf", (unsigned)ANY, doc_one, FORM_SCHEMAS, DOC_TYPE,
	    "none of oneOf", EDIT_BRANCH },
	{ "not", (unsigned)ANY, doc_not, FORM_SCHEMA,
	    IS("what not forbids") },
	{ "if", (unsigned)ANY, doc_if, FORM_SCHEMA, NONE },
	{ "then", (unsigned)ANY, NULL, FORM_SCHEMA, NONE },
	{ "else", (unsigned)ANY, NULL, FORM_SCHEMA, NONE },
	{ 0 }
};

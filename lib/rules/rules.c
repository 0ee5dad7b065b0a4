/* SPDX-License-Identifier: MIT */
#include "rules/rules.h"

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
};

/* ---- reading the config ---- */

static const char rule_keys[] =
    "{\"type\":\"array\",\"maxItems\":5000,\"items\":{"
    "\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"id\",\"policy\",\"field\",\"rule\",\"value\",\"order\"],"
    "\"properties\":{"
    "\"id\":{\"type\":\"string\",\"minLength\":1},"
    "\"policy\":{\"enum\":[\"include\",\"exclude\"]},"
    "\"field\":{\"type\":\"string\",\"minLength\":1},"
    "\"rule\":{\"enum\":[\"equals\",\"contains\",\"starts_with\","
    "\"ends_with\",\"regex\",\">\",\"<\"]},"
    "\"value\":{\"type\":[\"string\",\"number\",\"boolean\"]},"
    "\"order\":{\"type\":\"number\"},"
    "\"created_at\":{},\"updated_at\":{}}}}";

/* What a rule is made from, for messages. */
struct origin {
	const char *file;
	const struct val *list;
	struct err *e;
};

static int
wrong(const struct origin *o, size_t i, const char *key, const char *what)
{
	char item[SCHEMA_PATH], path[SCHEMA_PATH];

	schema_path_item(item, "rules", i);
	schema_path_key(path, item, key);
	return schema_err_at(o->file, val_get(o->list->items[i], key), path,
	    o->e, "%s", what);
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
make_regex(const struct origin *o, struct rule *r)
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
	r->id = val_cstr(val_get(v, "id"));
	r->include = span_is(val_str(val_get(v, "policy")), "include");
	r->op = op_of(val_str(val_get(v, "rule")));
	r->field = val_str(val_get(v, "field"));
	r->order = val_get(v, "order")->str;
	r->place = place;
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
check_same(const struct origin *o, const struct rules *rs)
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

static int
add_rule(const struct origin *o, struct rules *rs, size_t place)
{
	struct rule *r = &rs->v[rs->n];

	make_rule(r, o->list->items[place], place);
	if (streq(r->id, "DEFAULT")) {
		if (rs->dflt)
			return wrong(o, place, "id", "a second DEFAULT");
		rs->dflt = r->id;
		rs->include = r->include;
		return 0;
	}
	rs->n++;
	if (r->op == OP_REGEX && make_regex(o, r) != 0)
		return -1;
	return check_same(o, rs);
}

int
rules_new(struct rules **out, const struct val *list, const char *file,
    struct err *e)
{
	struct origin o = { file, list, e };
	struct val_error ve;
	struct schema_fault f;
	struct rules *rs;
	struct val *schema;
	int r = 0;

	*out = NULL;
	if (list == NULL)
		return 0;
	rs = xcalloc(1, sizeof *rs);
	schema = val_parse(&rs->arena, span_of(rule_keys), JSON_DEPTH, true,
	    &ve);
	if (schema_check(schema, list, "rules", &f) != 0) {
		rules_free(rs);
		return schema_err(file, &f, e);
	}
	o.list = schema_complete(&rs->arena, schema, list);
	rs->v = xcalloc(list->n, sizeof *rs->v);
	rs->include = true;
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = add_rule(&o, rs, i);
	if (r != 0) {
		rules_free(rs);
		return -1;
	}
	if (rs->n > 0)
		qsort(rs->v, rs->n, sizeof *rs->v, by_order);
	*out = rs;
	return 0;
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
match_scalar(const struct rule *r, enum json_type t, struct span text)
{
	struct span want = r->value.text;

	switch (r->op) {
	case OP_EQUALS: return operand_equals(&r->value, t, text);
	case OP_MORE: return operand_order(&r->value, t, text) == ORDER_MORE;
	case OP_LESS: return operand_order(&r->value, t, text) == ORDER_LESS;
	case OP_CONTAINS: return holds(text, want);
	case OP_STARTS: return span_starts(text, want);
	case OP_ENDS: return ends(text, want);
	case OP_REGEX: return regex_match(r->re, text);
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
	return match_scalar(r, m->type, m->type == JSON_STRING ?
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
	for (size_t i = 0; rs && i < rs->n; i++) {
		if (match_rule(rs, &rs->v[i], doc)) {
			*by = rs->v[i].id;
			return rs->v[i].include;
		}
	}
	return rs == NULL || rs->include;
}

bool
rules_uses(const struct rules *rs, const char *field)
{
	for (size_t i = 0; rs && i < rs->n; i++)
		if (span_is(rs->v[i].field, field))
			return true;
	return false;
}

const char *
rules_field(const struct rules *rs, size_t i)
{
	return rs && i < rs->n ? rs->v[i].field.p : NULL;
}

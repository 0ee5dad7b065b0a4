/* SPDX-License-Identifier: MIT */
/* From a schema to its rules. */
#include "config/docschema.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "config/docrule.h"
#include "config/type.h"
#include "json/patch.h"

enum { PLACE = 512 };           /* of a pointer in a message; rest is cut */

/* While it is made ready. */
struct maker {
	struct docschema *s;
	size_t done;            /* nodes that are ready */
	char *why;              /* "": nothing is wrong */
	size_t size;
};

/* ---- places ---- */

/* Adds the pointer to what, which is somewhere in v; as deep as v is. */
static bool
put_place(struct buf *path, const struct val *v, const struct val *what)
{
	size_t n = path->n;
	char index[32];

	if (v == what)
		return true;
	for (size_t i = 0; i < v->n; i++) {
		bool object = v->type == JSON_OBJECT;

		snprintf(index, sizeof index, "%zu", i);
		path->n = n;
		pointer_put(path, object ? v->members[i].key : span_of(index));
		if (put_place(path, object ? v->members[i].value :
		    v->items[i], what))
			return true;
	}
	path->n = n;
	return false;
}

static void
wrong(struct maker *m, const struct val *at, const char *what)
{
	struct buf path = { 0 };

	if (m->why[0] == '\0') {
		put_place(&path, m->s->root, at);
		snprintf(m->why, m->size, "%.*s: %s", path.n < PLACE ?
		    (int)path.n : PLACE, path.n > 0 ? path.p : "", what);
		buf_release(&path);
	}
}

/* ---- nodes ---- */

static struct docnode *
node(struct maker *m, const struct val *at, const struct val *base)
{
	struct docschema *s = m->s;
	const char *id = val_cstr(val_get(at, "$id"));
	struct docnode *n;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->at == at)
			return s->v[i];
	if (at->type != JSON_OBJECT && at->type != JSON_TRUE &&
	    at->type != JSON_FALSE)
		wrong(m, at, "is no schema");
	n = arena_alloc(&s->arena, sizeof *n);
	n->at = at;
	n->base = id != NULL && id[0] != '#' &&
	    val_get(at, "$ref") == NULL ? at : base;
	s->v = xgrow(s->v, &s->cap, s->n + 1, sizeof *s->v);
	s->v[s->n++] = n;
	return n;
}

static void
make_ref(struct maker *m, struct docnode *n, const struct val *ref)
{
	struct docschema *s = m->s;
	const struct val *to = pointer_ref(&s->arena, n->base, ref->str);
	struct buf text = { 0 };

	if (to != NULL) {
		n->ref = node(m, to, n->base);
		return;
	}
	n->foreign = true;
	put_place(&text, s->root, n->at);
	buf_printf(&text, ": $ref %s", ref->str.p);
	s->foreign = xgrow(s->foreign, &s->capforeign, s->nforeign + 1,
	    sizeof *s->foreign);
	s->foreign[s->nforeign++] = arena_strndup(&s->arena, buf_span(&text));
	buf_release(&text);
}

/* ---- the forms of arguments ---- */

static void
make_pattern(struct maker *m, struct docrule *r, const struct val *at,
    struct span pattern)
{
	struct docschema *s = m->s;
	char why[128], text[192];
	struct regex *re = regex_new(pattern, why, sizeof why);

	if (re == NULL) {
		snprintf(text, sizeof text, "no regular expression: %s", why);
		wrong(m, at, text);
		return;
	}
	s->re = xgrow(s->re, &s->capre, s->nre + 1, sizeof *s->re);
	s->re[s->nre++] = re;
	r->re[r->nre++] = re;
}

static void
make_types(struct maker *m, struct docrule *r)
{
	static const struct {
		const char *name;
		unsigned types;
	} all[] = {
		{ "null", 1U << JSON_NULL }, { "string", 1U << JSON_STRING },
		{ "boolean", 1U << JSON_TRUE | 1U << JSON_FALSE },
		{ "number", 1U << JSON_NUMBER },
		{ "array", 1U << JSON_ARRAY }, { "object", 1U << JSON_OBJECT }
	};
	size_t n = r->arg->type == JSON_ARRAY ? r->arg->n : 1;

	r->whole = true;
	for (size_t i = 0; i < n; i++) {
		const struct val *t = r->arg->type == JSON_ARRAY ?
		    r->arg->items[i] : r->arg;
		bool known = span_is(val_str(t), "integer");

		if (known)
			r->types |= 1U << JSON_NUMBER;
		for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
			if (!span_is(val_str(t), all[k].name))
				continue;
			known = true;
			r->types |= all[k].types;
			r->whole = r->whole && !streq(all[k].name, "number");
		}
		if (!known)
			wrong(m, t, "is no type of JSON");
	}
}

static void
make_list(struct maker *m, struct docrule *r)
{
	bool list = streq(r->key->name, "enum");
	size_t n = list ? r->arg->n : 1;
	struct buf b = { 0 };

	if (list && r->arg->type != JSON_ARRAY) {
		wrong(m, r->arg, "is no list");
		return;
	}
	r->texts = arena_alloc(&m->s->arena, (n + 1) * sizeof *r->texts);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&b);
		val_write_canonical(&b, list ? r->arg->items[i] : r->arg);
		r->texts[i] = (struct span){ arena_strndup(&m->s->arena,
		    buf_span(&b)), b.n };
	}
	r->count = n;
	buf_release(&b);
}

static void
add_sub(struct maker *m, struct docrule *r, const struct docnode *n,
    const struct val *v)
{
	r->sub[r->nsub++] = v != NULL ? node(m, v, n->base) : NULL;
}

static void
make_names(struct maker *m, const struct val *v)
{
	if (v->type != JSON_ARRAY)
		wrong(m, v, "is no list of names");
	for (size_t i = 0; v->type == JSON_ARRAY && i < v->n; i++)
		if (v->items[i]->type != JSON_STRING)
			wrong(m, v->items[i], "is no name");
}

static void
make_map(struct maker *m, struct docrule *r, const struct docnode *n)
{
	const struct val *v = r->arg;

	if (v->type != JSON_OBJECT) {
		wrong(m, v, "is no mapping of schemas");
		return;
	}
	r->sub = arena_alloc(&m->s->arena, (v->n + 1) * sizeof *r->sub);
	r->re = arena_alloc(&m->s->arena, (v->n + 1) * sizeof *r->re);
	for (size_t i = 0; i < v->n; i++) {
		const struct val *sub = v->members[i].value;
		bool names = r->key->form == FORM_NEEDS &&
		    sub->type == JSON_ARRAY;

		if (names)
			make_names(m, sub);
		add_sub(m, r, n, names ? NULL : sub);
		if (r->key->form == FORM_PATTERNS)
			make_pattern(m, r, v, v->members[i].key);
	}
}

/* One schema or a list; more: what else belongs to the keyword. */
static void
make_subs(struct maker *m, struct docrule *r, const struct docnode *n)
{
	static const char *const more[][3] = { { "items", "additionalItems" },
		{ "if", "then", "else" } };
	const struct val *v = r->arg;
	bool list = v->type == JSON_ARRAY;

	if (list && r->key->form == FORM_SCHEMA) {
		wrong(m, v, "is no schema");
		return;
	}
	if (r->key->form == FORM_SCHEMAS && (!list || v->n == 0)) {
		wrong(m, v, "is no list of schemas");
		return;
	}
	r->sub = arena_alloc(&m->s->arena, ((list ? v->n : 1) + 3) *
	    sizeof *r->sub);
	for (size_t i = 0; i < (list ? v->n : 1); i++)
		add_sub(m, r, n, list ? v->items[i] : v);
	r->count = r->nsub;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 1; k < 3 && more[i][k] != NULL &&
		    streq(r->key->name, more[i][0]); k++)
			add_sub(m, r, n, val_get(r->schema, more[i][k]));
}

static void
make_scalar(struct maker *m, struct docrule *r)
{
	enum json_type t = r->arg->type;
	bool flag = t == JSON_TRUE || t == JSON_FALSE;

	switch (r->key->form) {
	case FORM_NUMBER:
		if (t != JSON_NUMBER)
			wrong(m, r->arg, "is no number");
		break;
	case FORM_LIMIT:
		if (t != JSON_NUMBER && !flag)
			wrong(m, r->arg, "is no number");
		break;
	case FORM_COUNT:
		if (!val_u64(r->arg, UINT64_MAX, &r->count))
			wrong(m, r->arg, "is no count");
		break;
	case FORM_FLAG:
		if (!flag)
			wrong(m, r->arg, "is neither true nor false");
		break;
	default:
		if (t != JSON_STRING)
			wrong(m, r->arg, "is no string");
	}
}

static void
make_argument(struct maker *m, struct docrule *r, const struct docnode *n)
{
	switch (r->key->form) {
	case FORM_ANY:
		break;
	case FORM_TYPES:
		make_types(m, r);
		break;
	case FORM_LIST:
		make_list(m, r);
		break;
	case FORM_NAMES:
		make_names(m, r->arg);
		break;
	case FORM_PATTERN:
		make_scalar(m, r);
		r->re = arena_alloc(&m->s->arena, sizeof *r->re);
		if (r->arg->type == JSON_STRING)
			make_pattern(m, r, r->arg, r->arg->str);
		break;
	case FORM_MAP: case FORM_PATTERNS: case FORM_NEEDS:
		make_map(m, r, n);
		break;
	case FORM_SCHEMA: case FORM_SCHEMAS: case FORM_ITEMS:
		make_subs(m, r, n);
		break;
	default:
		make_scalar(m, r);
	}
}

/* ---- a node's rules ---- */

static void
add_rule(struct maker *m, struct docnode *n, const struct dockey *key,
    const struct val *arg)
{
	struct docrule *r = &n->v[n->n];

	*r = (struct docrule){ .key = key, .schema = n->at, .arg = arg };
	make_argument(m, r, n);
	/* what patterns match is not additional */
	for (size_t i = 0; i < n->n && streq(key->name,
	    "additionalProperties"); i++) {
		if (n->v[i].key->form != FORM_PATTERNS)
			continue;
		r->re = n->v[i].re;
		r->nre = n->v[i].nre;
	}
	if (key->check != NULL)
		n->n++;
}

static void
make(struct maker *m, struct docnode *n)
{
	const struct val *ref = val_get(n->at, "$ref");

	if (n->at->type == JSON_FALSE) {
		n->v = arena_alloc(&m->s->arena, sizeof *n->v);
		n->v[n->n++] = (struct docrule){ .key = &dockey_false,
			.schema = n->at, .arg = n->at };
	}
	if (n->at->type != JSON_OBJECT)
		return;
	if (ref != NULL && ref->type == JSON_STRING) {
		make_ref(m, n, ref);
		return;
	}
	n->v = arena_alloc(&m->s->arena, (n->at->n + 1) * sizeof *n->v);
	for (const struct dockey *k = dockeys; k->name != NULL; k++) {
		const struct val *arg = val_get(n->at, k->name);

		if (arg != NULL)
			add_rule(m, n, k, arg);
	}
}

struct docschema *
docschema_new(const struct val *schema, char *why, size_t size)
{
	struct docschema *s = xcalloc(1, sizeof *s);
	struct maker m = { .s = s, .why = why, .size = size };

	why[0] = '\0';
	s->root = schema;
	node(&m, schema, schema);
	while (m.done < s->n)
		make(&m, s->v[m.done++]);
	if (why[0] == '\0')
		return s;
	docschema_free(s);
	return NULL;
}

void
docschema_free(struct docschema *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->nre; i++)
		regex_free(s->re[i]);
	free(s->re);
	free(s->v);
	free(s->foreign);
	buf_release(&s->path);
	buf_release(&s->text);
	buf_release(&s->other);
	arena_release(&s->arena);
	free(s);
}

const char *
docschema_foreign(const struct docschema *s, size_t i)
{
	return i < s->nforeign ? s->foreign[i] : NULL;
}

bool
docschema_gave_up(const struct docschema *s)
{
	return s->gave_up;
}

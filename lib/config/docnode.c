/* SPDX-License-Identifier: MIT */
/* The keywords of a schema that hold schemas, and the way down. */
#include <stdio.h>

#include "config/docrule.h"
#include "json/patch.h"

static const struct span NO_NAME = { NULL, 0 };

/* ---- the way down ---- */

/* The node that counts: refs followed. NULL: they go round in a circle. */
static const struct docnode *
docnode_target(const struct docnode *n)
{
	int hops = 0;

	while (n->ref != NULL && hops++ < DOC_DEPTH)
		n = n->ref;
	return n->ref == NULL ? n : NULL;
}

static bool
walk_over(struct docwalk *w)
{
	if (w->depth < DOC_DEPTH && w->steps > 0) {
		w->steps--;
		return false;
	}
	w->s->gave_up = true;
	return true;
}

static bool
docnode_check(struct docwalk *w, const struct docnode *n,
    const struct json_member *v)
{
	bool good = true;

	n = docnode_target(n);
	if (n == NULL || walk_over(w))
		return true;
	w->depth++;
	for (size_t i = 0; i < n->n && (good || w->each != NULL); i++)
		if ((n->v[i].key->types & 1U << v->type) != 0 &&
		    !n->v[i].key->check(w, &n->v[i], v))
			good = false;
	w->depth--;
	return good;
}

static bool
check_below(struct docwalk *w, const struct docnode *n,
    const struct json_member *v, struct span step)
{
	struct buf *path = &w->s->path;
	size_t at = path->n;
	bool good;

	if (w->each != NULL)
		pointer_put(path, step);
	good = docnode_check(w, n, v);
	path->n = at;
	return good;
}

bool
docrule_broken(struct docwalk *w, const struct docrule *r,
    const struct json_member *v, struct span name)
{
	struct docfault f = { .rule = r, .type = doctype_name(v),
		.name = name, .path = buf_span(&w->s->path) };

	if (w->each != NULL)
		w->each(w->ctx, &f);
	return false;
}

/* Only yes or no. */
static bool
fits(struct docwalk *w, const struct docnode *n, const struct json_member *v)
{
	docschema_each *each = w->each;
	bool good;

	w->each = NULL;
	good = docnode_check(w, n, v);
	w->each = each;
	return good;
}

bool
docschema_check(struct docschema *s, struct span doc, docschema_each *each,
    void *ctx)
{
	struct docwalk w = { .s = s, .each = each, .ctx = ctx,
		.steps = DOC_STEPS + DOC_STEPS_BYTE * (uint64_t)doc.n,
		.patterns = REGEX_GIVE_UPS };
	struct json_member v = { .value = doc, .type = JSON_OBJECT };

	s->path.n = 0;
	if (*doc.p != '{') {
		struct json_error ignored;

		json_value_scan(doc, JSON_DEPTH, &v.value, &v.type, &ignored);
		v.escaped = v.type == JSON_STRING;
	}
	return docnode_check(&w, s->v[0], &v);
}

/* ---- arrays ---- */

bool
doc_items(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	bool tuple = r->arg->type == JSON_ARRAY, good = true;
	struct json_iter it;
	struct json_member m;
	char index[32];

	json_iter_init(&it, v->value);
	for (size_t i = 0; (good || w->each != NULL) &&
	    json_iter_next(&it, &m); i++) {
		bool own = tuple && i < r->count;
		const struct docnode *n = r->sub[own ? i :
		    tuple ? r->count : 0];

		snprintf(index, sizeof index, "%zu", i);
		if (n != NULL && !check_below(w, n, &m, own ?
		    span_of(index) : SPAN("*")))
			good = false;
	}
	return good;
}

bool
doc_contains(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	struct json_iter it;
	struct json_member m;

	json_iter_init(&it, v->value);
	while (json_iter_next(&it, &m))
		if (fits(w, r->sub[0], &m))
			return true;
	return docrule_broken(w, r, v, NO_NAME);
}

/* ---- objects ---- */

/* The key, decoded. */
static struct span
key_of(struct docwalk *w, const struct json_member *m)
{
	struct buf *b = &w->s->other;

	if (!m->key_escaped)
		return m->key;
	buf_clear(b);
	json_decode(b, m->key);
	return buf_span(b);
}

static const struct docnode *
find(const struct docrule *properties, struct span key)
{
	const struct val *v = properties->arg;

	for (size_t i = 0; i < v->n; i++)
		if (span_eq(v->members[i].key, key))
			return properties->sub[i];
	return NULL;
}

bool
doc_members(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	struct json_iter it;
	struct json_member m;
	bool good = true;

	json_iter_init(&it, v->value);
	while ((good || w->each != NULL) && json_iter_next(&it, &m)) {
		struct span key = key_of(w, &m);
		const struct docnode *n = find(r, key);

		if (n != NULL && !check_below(w, n, &m, key))
			good = false;
	}
	return good;
}

static bool
has_pattern(struct docwalk *w, const struct docrule *r, size_t i,
    struct span key)
{
	return regex_search(r->re[i], key, &w->patterns);
}

bool
doc_patterns(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	struct json_iter it;
	struct json_member m;
	bool good = true;

	json_iter_init(&it, v->value);
	while ((good || w->each != NULL) && json_iter_next(&it, &m))
		for (size_t i = 0; i < r->nsub; i++)
			if (has_pattern(w, r, i, key_of(w, &m)) &&
			    !check_below(w, r->sub[i], &m, SPAN("*")))
				good = false;
	return good;
}

static bool
is_additional(struct docwalk *w, const struct docrule *r, struct span key)
{
	const struct val *props = val_get(r->schema, "properties");

	for (size_t i = 0; props != NULL && i < props->n; i++)
		if (span_eq(props->members[i].key, key))
			return false;
	for (size_t i = 0; i < r->nre; i++)
		if (has_pattern(w, r, i, key))
			return false;
	return true;
}

bool
doc_additional(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	bool none = r->arg->type == JSON_FALSE, good = true;
	struct json_iter it;
	struct json_member m;

	json_iter_init(&it, v->value);
	while ((good || w->each != NULL) && json_iter_next(&it, &m)) {
		if (!is_additional(w, r, key_of(w, &m)))
			continue;
		if (none)
			return docrule_broken(w, r, v, NO_NAME);
		if (!check_below(w, r->sub[0], &m, SPAN("*")))
			good = false;
	}
	return good;
}

bool
doc_names(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	struct json_iter it;
	struct json_member m;

	json_iter_init(&it, v->value);
	while (json_iter_next(&it, &m)) {
		struct json_member name = { .type = JSON_STRING,
			.value = { m.key.p - 1, m.key.n + 2 },
			.escaped = m.key_escaped };

		if (!fits(w, r->sub[0], &name))
			return docrule_broken(w, r, v, NO_NAME);
	}
	return true;
}

static bool
check_names(struct docwalk *w, const struct docrule *r,
    const struct json_member *v, const struct val *names, bool *good)
{
	struct json_member ignored;

	for (size_t i = 0; i < names->n; i++)
		if (!json_iter_find(v->value, names->items[i]->str.p,
		    &ignored))
			*good = docrule_broken(w, r, v,
			    names->items[i]->str);
	return *good;
}

bool
doc_required(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	bool good = true;

	return check_names(w, r, v, r->arg, &good);
}

bool
doc_needs(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	struct json_member ignored;
	bool good = true;

	for (size_t i = 0; i < r->arg->n; i++) {
		const struct val_member *m = &r->arg->members[i];

		if (!json_iter_find(v->value, m->key.p, &ignored))
			continue;
		if (r->sub[i] == NULL)
			check_names(w, r, v, m->value, &good);
		else if (!docnode_check(w, r->sub[i], v))
			good = false;
	}
	return good;
}

/* ---- several schemas ---- */

bool
doc_all(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	bool good = true;

	for (size_t i = 0; i < r->nsub && (good || w->each != NULL); i++)
		if (!docnode_check(w, r->sub[i], v))
			good = false;
	return good;
}

struct tally {
	size_t n;
	bool type;              /* the value's own type is one fault */
	size_t depth;           /* length of its path */
};

static void
tally(void *ctx, const struct docfault *f)
{
	struct tally *t = ctx;

	t->n++;
	if (f->path.n == t->depth && (f->rule->key->edit == EDIT_TYPE ||
	    f->rule->key->edit == EDIT_BRANCH ||
	    f->rule->key->edit == EDIT_TRUE))
		t->type = true;
}

/* None fits: what is wrong is said of the branch that takes the type and has
 * the fewest faults, or of the keyword where none takes it. */
static bool
nearest(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	const struct docnode *best = NULL;
	docschema_each *each = w->each;
	void *ctx = w->ctx;
	size_t least = SIZE_MAX;

	if (each == NULL)
		return false;
	for (size_t i = 0; i < r->nsub; i++) {
		struct tally t = { .depth = w->s->path.n };

		w->each = tally;
		w->ctx = &t;
		docnode_check(w, r->sub[i], v);
		if (!t.type && t.n < least) {
			least = t.n;
			best = r->sub[i];
		}
	}
	w->each = each;
	w->ctx = ctx;
	if (best == NULL)
		return docrule_broken(w, r, v, NO_NAME);
	docnode_check(w, best, v);
	return false;
}

bool
doc_any(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	for (size_t i = 0; i < r->nsub; i++)
		if (fits(w, r->sub[i], v))
			return true;
	return nearest(w, r, v);
}

bool
doc_one(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nsub && n < 2; i++)
		n += fits(w, r->sub[i], v);
	if (n == 0)
		return nearest(w, r, v);
	return n == 1 || docrule_broken(w, r, v, SPAN("oneOf"));
}

bool
doc_not(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	return !fits(w, r->sub[0], v) || docrule_broken(w, r, v, NO_NAME);
}

bool
doc_if(struct docwalk *w, const struct docrule *r,
    const struct json_member *v)
{
	const struct docnode *n = r->sub[fits(w, r->sub[0], v) ? 1 : 2];

	return n == NULL || docnode_check(w, n, v);
}

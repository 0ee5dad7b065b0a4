/* SPDX-License-Identifier: MIT */
#include "json/val.h"

#include <stdlib.h>

#include "json/tree.h"

const struct val_member *
val_member(const struct val *v, const char *key)
{
	if (v == NULL || v->type != JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < v->n; i++)
		if (span_is(v->members[i].key, key))
			return &v->members[i];
	return NULL;
}

struct val *
val_get(const struct val *v, const char *key)
{
	const struct val_member *m = val_member(v, key);

	return m != NULL ? m->value : NULL;
}

size_t
val_nmembers(const struct val *v)
{
	return v != NULL && v->type == JSON_OBJECT ? v->n : 0;
}

size_t
val_nitems(const struct val *v)
{
	return v != NULL && v->type == JSON_ARRAY ? v->n : 0;
}

const char *
val_cstr(const struct val *v)
{
	return v != NULL && v->type == JSON_STRING ? v->str.p : NULL;
}

struct span
val_str(const struct val *v)
{
	return v != NULL && v->type == JSON_STRING ? v->str :
	    (struct span){ "", 0 };
}

bool
val_bool(const struct val *v, bool dflt)
{
	if (v == NULL || (v->type != JSON_TRUE && v->type != JSON_FALSE))
		return dflt;
	return v->type == JSON_TRUE;
}

bool
val_u64(const struct val *v, uint64_t max, uint64_t *out)
{
	uint64_t n;

	if (v == NULL || v->type != JSON_NUMBER ||
	    !json_number_u64(v->str, &n) || n > max)
		return false;
	*out = n;
	return true;
}

struct val *
val_new(struct arena *a, enum json_type t)
{
	struct val *v = arena_alloc(a, sizeof *v);

	v->type = t;
	v->str = (struct span){ "", 0 };
	return v;
}

static struct span
arena_span(struct arena *a, struct span s)
{
	return (struct span){ arena_strndup(a, s), s.n };
}

struct val *
val_string(struct arena *a, struct span s)
{
	struct val *v = val_new(a, JSON_STRING);

	v->str = arena_span(a, s);
	return v;
}

/* Room for one more after n elements. No capacity is kept: it is always the
 * power of two, at least 4, that holds n. */
static void *
room(struct arena *a, void *p, size_t n, size_t size)
{
	void *q;

	if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
		return p;
	q = arena_alloc(a, (n ? 2 * n : 4) * size);
	if (n > 0)
		memcpy(q, p, n * size);
	return q;
}

void
val_push(struct arena *a, struct val *array, struct val *item)
{
	array->items = room(a, array->items, array->n, sizeof *array->items);
	array->items[array->n++] = item;
}

void
val_append(struct arena *a, struct val *o, struct val_member m)
{
	o->members = room(a, o->members, o->n, sizeof *o->members);
	o->members[o->n++] = m;
}

void
val_set(struct arena *a, struct val *o, struct span key, struct val *value)
{
	for (size_t i = 0; i < o->n; i++) {
		if (span_eq(o->members[i].key, key)) {
			o->members[i].value = value;
			return;
		}
	}
	val_append(a, o, (struct val_member){ .key = arena_span(a, key),
	    .value = value });
}

void
val_unset(struct val *o, const char *key)
{
	for (size_t i = 0; i < o->n; i++) {
		if (!span_is(o->members[i].key, key))
			continue;
		memmove(&o->members[i], &o->members[i + 1],
		    (--o->n - i) * sizeof *o->members);
		return;
	}
}

/* Pairs still to be copied: the shell of a container, and what goes in. */
struct copies {
	struct copy {
		const struct val *from;
		struct val *to;
	} *v;
	size_t n, cap;
};

static struct val *
copy_shell(struct arena *a, const struct val *from, struct copies *todo)
{
	struct val *v = val_new(a, from->type);

	v->line = from->line;
	v->col = from->col;
	if (from->raw.n > 0)
		v->raw = arena_span(a, from->raw);
	if (from->type == JSON_STRING || from->type == JSON_NUMBER)
		v->str = arena_span(a, from->str);
	if (from->n > 0) {
		todo->v = xgrow(todo->v, &todo->cap, todo->n + 1,
		    sizeof *todo->v);
		todo->v[todo->n++] = (struct copy){ from, v };
	}
	return v;
}

struct val *
val_copy(struct arena *a, const struct val *v)
{
	struct copies todo = { 0 };
	struct val *r;

	if (v == NULL)
		return NULL;
	r = copy_shell(a, v, &todo);
	while (todo.n > 0) {
		struct copy c = todo.v[--todo.n];

		for (size_t i = 0; i < c.from->n; i++) {
			struct val_member m;

			if (c.from->type == JSON_ARRAY) {
				val_push(a, c.to,
				    copy_shell(a, c.from->items[i], &todo));
				continue;
			}
			m = c.from->members[i];
			m.key = arena_span(a, m.key);
			m.value = copy_shell(a, m.value, &todo);
			val_append(a, c.to, m);
		}
	}
	free(todo.v);
	return r;
}

static int
order_cmp(const void *pa, const void *pb, void *members)
{
	const struct val_member *m = members;
	size_t i = *(const size_t *)pa, j = *(const size_t *)pb, n;
	int c;

	n = m[i].key.n < m[j].key.n ? m[i].key.n : m[j].key.n;
	c = n > 0 ? memcmp(m[i].key.p, m[j].key.p, n) : 0;
	if (c == 0)
		c = (m[i].key.n > m[j].key.n) - (m[i].key.n < m[j].key.n);
	return c != 0 ? c : (i > j) - (i < j);
}

size_t *
val_order(const struct val *o)
{
	size_t *order = xcalloc(o->n, sizeof *order);

	for (size_t i = 0; i < o->n; i++)
		order[i] = i;
	if (o->n > 1)
		qsort_r(order, o->n, sizeof *order, order_cmp, o->members);
	return order;
}

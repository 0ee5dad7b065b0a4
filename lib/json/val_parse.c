/* SPDX-License-Identifier: MIT */
/* Text to tree: the scanner checks it, then it is built without a check. */
#include <stdlib.h>

#include "json/impl.h"
#include "json/text.h"
#include "json/tree.h"

/* Up to so many members, each key is compared with each. */
enum { FEW = 8 };

struct builder {
	struct arena *arena;
	struct val_error *error;
	bool unique;
	const char *text, *end;
	const char *seen;       /* up to here the lines are counted: */
	unsigned line;
	const char *line_start;
	struct val **open;      /* the containers around */
	size_t n, cap;
	struct val_member key;  /* of the value that comes next */
	struct buf scratch;
};

/* Places are asked for in ascending order. */
static void
place(struct builder *b, const char *p, unsigned *line, unsigned *col)
{
	const char *nl;

	while ((nl = memchr(b->seen, '\n', (size_t)(p - b->seen))) != NULL) {
		b->line++;
		b->seen = b->line_start = nl + 1;
	}
	b->seen = p;
	*line = b->line;
	*col = (unsigned)(p - b->line_start) + 1;
}

/* Only within a container, whose close ends it at the latest. */
static const char *
blank(const char *p)
{
	while ((unsigned char)*p <= ' ')
		p++;
	return p;
}

/* The string whose opening quote is at p; the result is after it. */
static const char *
string(struct builder *b, const char *p, struct span *out)
{
	bool escaped = false;
	const char *q = json_impl()->string_end(++p, b->end, &escaped);
	struct span s = { p, (size_t)(q - p) };

	if (escaped) {
		buf_clear(&b->scratch);
		json_decode(&b->scratch, s);
		s = buf_span(&b->scratch);
	}
	*out = (struct span){ arena_strndup(b->arena, s), s.n };
	return q + 1;
}

/* Makes the value at p. A container is opened only: the result is after its
 * bracket. */
static const char *
make(struct builder *b, const char *p, struct val **out)
{
	struct val *v = val_new(b->arena, json_type_of(*p));
	const char *from = p;

	place(b, p, &v->line, &v->col);
	*out = v;
	switch (v->type) {
	case JSON_STRING:
		p = string(b, p, &v->str);
		if (b->unique)
			v->raw = (struct span){ arena_strndup(b->arena,
			    (struct span){ from, (size_t)(p - from) }),
			    (size_t)(p - from) };
		return p;
	case JSON_ARRAY: case JSON_OBJECT:
		b->open = xgrow(b->open, &b->cap, b->n + 1, sizeof *b->open);
		b->open[b->n++] = v;
		return p + 1;
	default:
		/* the pad is zero */
		while (*p != ',' && *p != ']' && *p != '}' &&
		    (unsigned char)*p > ' ')
			p++;
		if (v->type == JSON_NUMBER) {
			v->str = (struct span){ from, (size_t)(p - from) };
			v->str.p = arena_strndup(b->arena, v->str);
		}
		return p;
	}
}

/* Puts a value into the container it stands in, if there is one. */
static void
attach(struct builder *b, struct val *parent, struct val *v)
{
	if (parent == NULL)
		return;
	if (parent->type == JSON_ARRAY) {
		val_push(b->arena, parent, v);
		return;
	}
	b->key.value = v;
	val_append(b->arena, parent, b->key);
}

static bool
has_twins(const struct val *o)
{
	if (o->n > FEW)
		return true;
	for (size_t i = 1; i < o->n; i++)
		for (size_t j = 0; j < i; j++)
			if (span_eq(o->members[i].key, o->members[j].key))
				return true;
	return false;
}

/* Takes the value from all but the last of equal keys. The result is the
 * first member whose key is not new, or n. */
static size_t
strip_twins(struct val *o)
{
	size_t *order = val_order(o), again = o->n;

	for (size_t i = 1; i < o->n; i++) {
		struct val_member *m = &o->members[order[i - 1]];

		if (!span_eq(m->key, o->members[order[i]].key))
			continue;
		m->value = NULL;
		if (order[i] < again)
			again = order[i];
	}
	free(order);
	return again;
}

static void
refuse_twin(struct builder *b, const struct val_member *m)
{
	struct val_error *e = b->error;
	const char *p = b->text;

	for (unsigned line = 1; line < m->line; line++)
		p = (const char *)memchr(p, '\n', (size_t)(b->end - p)) + 1;
	e->json.fault = JSON_SYNTAX;
	e->json.offset = (size_t)(p - b->text) + m->col - 1;
	e->line = m->line;
	e->col = m->col;
	e->duplicate = true;
	e->key = m->key;
}

/* The innermost container is complete. */
static bool
finish(struct builder *b)
{
	struct val *o = b->open[--b->n];
	size_t again, kept = 0;

	if (o->type == JSON_ARRAY || !has_twins(o))
		return true;
	again = strip_twins(o);
	if (again < o->n && b->unique) {
		refuse_twin(b, &o->members[again]);
		return false;
	}
	for (size_t i = 0; i < o->n; i++)
		if (o->members[i].value != NULL)
			o->members[kept++] = o->members[i];
	o->n = kept;
	return true;
}

/* After a value: ends what ends at p, passes the comma. NULL: refused. */
static const char *
leave(struct builder *b, const char *p)
{
	while (b->n > 0) {
		p = blank(p);
		if (*p == ',')
			return blank(p + 1);
		if (*p != '}' && *p != ']')
			return p;       /* the first of a container */
		if (!finish(b))
			return NULL;
		p++;
	}
	return p;
}

static const char *
key(struct builder *b, const char *p)
{
	place(b, p, &b->key.line, &b->key.col);
	p = string(b, p, &b->key.key);
	return blank(blank(p) + 1);
}

static struct val *
build(struct builder *b, const char *p)
{
	struct val *root = NULL, *v, *parent = NULL;

	do {
		if (parent != NULL && parent->type == JSON_OBJECT)
			p = key(b, p);
		p = make(b, p, &v);
		attach(b, parent, v);
		if (root == NULL)
			root = v;
		p = leave(b, p);
		if (p == NULL)
			return NULL;
		parent = b->n > 0 ? b->open[b->n - 1] : NULL;
	} while (parent != NULL);
	return root;
}

struct val *
val_parse(struct arena *a, struct span text, unsigned depth, bool unique,
    struct val_error *e)
{
	struct builder b = { .arena = a, .error = e, .unique = unique,
		.line = 1 };
	struct buf copy = { 0 };
	struct val *root = NULL;
	struct span value;

	*e = (struct val_error){ 0 };
	buf_add(&copy, text.p, text.n);
	buf_pad(&copy);
	b.text = b.seen = b.line_start = copy.p;
	b.end = copy.p + copy.n;
	if (json_value_scan(buf_span(&copy), depth, &value, NULL,
	    &e->json) == 0)
		root = build(&b, value.p);
	else
		place(&b, copy.p + e->json.offset, &e->line, &e->col);
	free(b.open);
	buf_release(&b.scratch);
	buf_release(&copy);
	return root;
}

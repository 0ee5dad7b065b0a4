/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "json/text.h"
#include "json/tree.h"

/* A container half written. */
struct frame {
	const struct val *v;
	size_t i;               /* the next child */
	size_t *order;          /* NULL: as they stand */
};

struct writer {
	struct buf *out;
	bool sorted, canonical;
	struct frame *v;
	size_t n, cap;
};

static void
start(struct writer *w, const struct val *v)
{
	struct frame f = { .v = v };

	buf_putc(w->out, v->type == JSON_OBJECT ? '{' : '[');
	if (w->sorted && v->type == JSON_OBJECT)
		f.order = val_order(v);
	w->v = xgrow(w->v, &w->cap, w->n + 1, sizeof *w->v);
	w->v[w->n++] = f;
}

static void
put(struct writer *w, const struct val *v)
{
	switch (v->type) {
	case JSON_NULL: buf_puts(w->out, "null"); break;
	case JSON_FALSE: buf_puts(w->out, "false"); break;
	case JSON_TRUE: buf_puts(w->out, "true"); break;
	case JSON_NUMBER:
		if (w->canonical)
			json_put_canonical(w->out, v->str);
		else
			buf_add_span(w->out, v->str);
		break;
	case JSON_STRING: json_put_string(w->out, v->str); break;
	case JSON_ARRAY: case JSON_OBJECT: start(w, v); break;
	}
}

static void
finish(struct writer *w)
{
	struct frame *f = &w->v[--w->n];

	buf_putc(w->out, f->v->type == JSON_OBJECT ? '}' : ']');
	free(f->order);
}

/* The next child of the innermost container. */
static void
put_next(struct writer *w)
{
	struct frame *f = &w->v[w->n - 1];
	size_t i = f->order != NULL ? f->order[f->i] : f->i;

	if (f->i++ > 0)
		buf_putc(w->out, ',');
	if (f->v->type == JSON_ARRAY) {
		put(w, f->v->items[i]);
		return;
	}
	json_put_string(w->out, f->v->members[i].key);
	buf_putc(w->out, ':');
	put(w, f->v->members[i].value);
}

static void
write_tree(struct writer *w, const struct val *v)
{
	put(w, v);
	while (w->n > 0) {
		if (w->v[w->n - 1].i < w->v[w->n - 1].v->n)
			put_next(w);
		else
			finish(w);
	}
	free(w->v);
}

void
val_write(struct buf *out, const struct val *v)
{
	struct writer w = { .out = out };

	write_tree(&w, v);
}

void
val_write_sorted(struct buf *out, const struct val *v)
{
	struct writer w = { .out = out, .sorted = true };

	write_tree(&w, v);
}

void
val_write_canonical(struct buf *out, const struct val *v)
{
	struct writer w = { .out = out, .sorted = true, .canonical = true };

	write_tree(&w, v);
}

bool
val_same(const struct val *a, const struct val *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same;

	if (a->type != b->type)
		return false;
	val_write_canonical(&x, a);
	val_write_canonical(&y, b);
	same = span_eq(buf_span(&x), buf_span(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

/* SPDX-License-Identifier: MIT */
#include "run/ids.h"

#include <stdlib.h>

#include "base/mem.h"

void
ids_add(struct ids *s, struct span id)
{
	s->v = xgrow(s->v, &s->cap, s->n + 1, sizeof *s->v);
	s->v[s->n++] = (struct ids_entry){
		hash128(id.p, id.n), s->text.n, false };
	buf_add_span(&s->text, id);
	buf_putc(&s->text, '\0');
}

static int
compare(const void *a, const void *b)
{
	const struct h128 *x = a, *y = b;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	return (x->lo > y->lo) - (x->lo < y->lo);
}

void
ids_sort(struct ids *s)
{
	size_t n = 0;

	if (s->n == 0)
		return;
	qsort(s->v, s->n, sizeof *s->v, compare);
	for (size_t i = 1; i < s->n; i++)
		if (!hash_eq(s->v[n].hash, s->v[i].hash))
			s->v[++n] = s->v[i];
	s->n = n + 1;
}

struct ids_entry *
ids_find(struct ids *s, struct span id)
{
	struct h128 h = hash128(id.p, id.n);

	return s->n == 0 ? NULL :
	    bsearch(&h, s->v, s->n, sizeof *s->v, compare);
}

const char *
ids_text(const struct ids *s, size_t i)
{
	return s->text.p + s->v[i].offset;
}

void
ids_clear(struct ids *s)
{
	s->n = 0;
	buf_clear(&s->text);
}

void
ids_release(struct ids *s)
{
	free(s->v);
	buf_release(&s->text);
	*s = (struct ids){ 0 };
}

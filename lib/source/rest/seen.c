/* SPDX-License-Identifier: MIT */
#include "source/rest/seen.h"

#include <stdlib.h>

#include "base/mem.h"

/* Where it is, or is to be. */
static struct h128 *
place(const struct seen *s, struct h128 h)
{
	size_t i = (size_t)h.lo & (s->cap - 1);

	while ((s->v[i].lo != 0 || s->v[i].hi != 0) && !hash_eq(s->v[i], h))
		i = (i + 1) & (s->cap - 1);
	return &s->v[i];
}

bool
seen_has(const struct seen *s, struct h128 h)
{
	return s->n > 0 && hash_eq(*place(s, h), h);
}

bool
seen_add(struct seen *s, struct h128 h)
{
	struct seen more = { .n = s->n, .cap = s->cap ? s->cap * 2 : 16 };

	if (s->n * 2 >= s->cap) {
		more.v = xcalloc(more.cap, sizeof *more.v);
		for (size_t i = 0; i < s->cap; i++)
			if (s->v[i].lo != 0 || s->v[i].hi != 0)
				*place(&more, s->v[i]) = s->v[i];
		free(s->v);
		*s = more;
	}
	if (seen_has(s, h))
		return false;
	*place(s, h) = h;
	s->n++;
	return true;
}

void
seen_release(struct seen *s)
{
	free(s->v);
	*s = (struct seen){ 0 };
}

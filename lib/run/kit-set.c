/* SPDX-License-Identifier: MIT */
#include "run/kit-set.h"

#include <stdlib.h>

#include "base/mem.h"

void
kit_set_add(struct kit_set *s, struct span name, struct h128 doc,
    struct h128 stamp)
{
	s->v = xgrow(s->v, &s->cap, s->n + 1, sizeof *s->v);
	s->v[s->n++] = (struct kit_rec){ .at = s->names.n, .n = name.n,
		.doc = doc, .stamp = stamp };
	buf_add_span(&s->names, name);
}

struct span
kit_set_name(const struct kit_set *s, size_t i)
{
	return (struct span){ s->names.p + s->v[i].at, s->v[i].n };
}

static int
compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return r != 0 ? r : (a.n > b.n) - (a.n < b.n);
}

static int
by_name(const void *x, const void *y, void *names)
{
	const struct kit_rec *a = x, *b = y;
	const char *base = ((struct buf *)names)->p;
	int r = compare((struct span){ base + a->at, a->n },
	    (struct span){ base + b->at, b->n });

	return r != 0 ? r : (a->at > b->at) - (a->at < b->at);
}

void
kit_set_sort(struct kit_set *s)
{
	size_t n = 0;

	if (s->n == 0)
		return;
	qsort_r(s->v, s->n, sizeof *s->v, by_name, &s->names);
	for (size_t i = 1; i < s->n; i++) {
		if (!span_eq(kit_set_name(s, i), kit_set_name(s, n)))
			n++;
		s->v[n] = s->v[i];
	}
	s->n = n + 1;
}

const struct kit_rec *
kit_set_find(const struct kit_set *s, struct span name)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int r = compare(kit_set_name(s, mid), name);

		if (r == 0)
			return &s->v[mid];
		if (r < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

bool
kit_set_covers(const struct kit_set *prefixes, struct span name)
{
	for (size_t i = 0; i < prefixes->n; i++)
		if (span_starts(name, kit_set_name(prefixes, i)))
			return true;
	return false;
}

void
kit_set_release(struct kit_set *s)
{
	free(s->v);
	buf_release(&s->names);
	*s = (struct kit_set){ 0 };
}

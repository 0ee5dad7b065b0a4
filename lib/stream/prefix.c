/* SPDX-License-Identifier: MIT */
#include "stream/prefix.h"

#include <stdlib.h>

#include "base/mem.h"

/* What malloc adds to each of them. */
enum { OVERHEAD = 32 };

bool
prefix_add(struct prefixes *p, struct span prefix)
{
	if (p->bytes + prefix.n + OVERHEAD > PREFIX_BYTES)
		return false;
	p->bytes += prefix.n + OVERHEAD;
	p->v = xgrow(p->v, &p->cap, p->n + 1, sizeof *p->v);
	p->v[p->n++] = (struct prefix){ xstrndup(prefix), prefix.n };
	p->sorted = false;
	return true;
}

static struct span
text(const struct prefix *p)
{
	return (struct span){ p->p, p->n };
}

static int
compare(struct span a, struct span b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int
by_bytes(const void *a, const void *b)
{
	return compare(text(a), text(b));
}

/* A prefix comes right before all that begin with it. */
static void
sort(struct prefixes *p)
{
	size_t n = 0;

	qsort(p->v, p->n, sizeof *p->v, by_bytes);
	for (size_t i = 0; i < p->n; i++) {
		struct prefix *v = &p->v[i];

		if (n > 0 && span_starts(text(v), text(&p->v[n - 1]))) {
			p->bytes -= v->n + OVERHEAD;
			free(v->p);
			continue;
		}
		p->v[n++] = *v;
	}
	p->n = n;
	p->sorted = true;
}

/* No prefix begins with another, so only the last one that does not sort
 * after the name can fit: all between a prefix and a name that begins with it
 * begin with it, too. */
bool
prefix_has(struct prefixes *p, struct span name)
{
	size_t from = 0, to;

	if (p->n > 0 && !p->sorted)
		sort(p);
	to = p->n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (compare(text(&p->v[mid]), name) <= 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from > 0 && span_starts(name, text(&p->v[from - 1]));
}

void
prefix_release(struct prefixes *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].p);
	free(p->v);
	*p = (struct prefixes){ 0 };
}

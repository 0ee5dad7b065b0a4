/* SPDX-License-Identifier: MIT */
#include "index/failed.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stream/state.h"

static int
compare(struct span a, struct span b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Its place, or where it belongs. */
static size_t
find(const struct failed *f, struct span id, bool *there)
{
	size_t lo = 0, hi = f->n;

	*there = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = compare(id, span_of(f->v[mid].id));

		if (c == 0) {
			*there = true;
			return mid;
		}
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

void
failed_add(struct failed *f, struct span id, uint64_t seq,
    enum failed_what what)
{
	bool there;
	size_t i = find(f, id, &there);

	if (there) {
		if (seq > f->v[i].seq)
			f->v[i].seq = seq;
		if (what != FAILED_READ)
			f->v[i].what = what;
		return;
	}
	if (f->n >= STATE_RETRY_MAX) {
		f->over = true;
		return;
	}
	f->v = xgrow(f->v, &f->cap, f->n + 1, sizeof *f->v);
	memmove(&f->v[i + 1], &f->v[i], (f->n - i) * sizeof *f->v);
	f->v[i] = (struct failed_id){ xstrndup(id), seq, what };
	f->n++;
}

void
failed_done(struct failed *f, struct span id, uint64_t seq)
{
	bool there;
	size_t i;

	if (f->n == 0)
		return;
	i = find(f, id, &there);
	if (!there)
		return;
	if (f->v[i].seq > seq) {
		f->v[i].what = FAILED_READ;
		return;
	}
	free(f->v[i].id);
	f->n--;
	memmove(&f->v[i], &f->v[i + 1], (f->n - i) * sizeof *f->v);
}

void
failed_release(struct failed *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].id);
	free(f->v);
}

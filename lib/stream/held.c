/* SPDX-License-Identifier: MIT */
#include "stream/held.h"

#include <stdlib.h>

#include "stream/control.h"

/* Of all of them together, and how many. */
enum { HELD_BYTES = 64 << 20, HELD_MAX = 10000 };

static struct held_state *
find(struct held *h, struct span stream)
{
	for (size_t i = 0; i < h->n; i++)
		if (span_is(stream, h->v[i].stream))
			return &h->v[i];
	return NULL;
}

int
held_add(struct held *h, const struct rec *r, struct err *e)
{
	struct held_state *s = find(h, r->stream);

	if (s == NULL) {
		if (h->n == HELD_MAX)
			return record_err(e, "states of more than 10000 "
			    "streams");
		h->v = xgrow(h->v, &h->cap, h->n + 1, sizeof *h->v);
		s = &h->v[h->n++];
		*s = (struct held_state){ .stream = xstrndup(r->stream) };
	}
	h->bytes = h->bytes - s->nline + r->line.n;
	free(s->line);
	s->line = xstrndup(r->line);
	s->nline = r->line.n;
	if (h->bytes > HELD_BYTES)
		return record_err(e, "more than 64 MiB of states");
	return 0;
}

void
held_write(const struct held *h, struct writer *w)
{
	for (size_t i = 0; i < h->n; i++) {
		struct arena a = { 0 };
		struct val_error ve;
		struct span line = { h->v[i].line, h->v[i].nline };

		writer_state_val(w, val_parse(&a, line, JSON_DEPTH, false,
		    &ve));
		arena_release(&a);
	}
}

void
held_release(struct held *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->v[i].stream);
		free(h->v[i].line);
	}
	free(h->v);
	*h = (struct held){ 0 };
}

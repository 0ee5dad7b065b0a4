/* SPDX-License-Identifier: MIT */
#include "index/flight.h"

#include <stdlib.h>

#include "base/mem.h"

enum { SLACK = 1024 };  /* answered ones kept before the rest moves down */

static void
shrink(struct flight *f)
{
	size_t cut = f->head < f->n ? f->v[f->head].at : f->text.n;

	memmove(f->text.p, f->text.p + cut, f->text.n - cut);
	f->text.n -= cut;
	f->n -= f->head;
	memmove(f->v, f->v + f->head, f->n * sizeof *f->v);
	f->head = 0;
	for (size_t i = 0; i < f->n; i++)
		f->v[i].at -= cut;
}

uint64_t
flight_add(struct flight *f, struct span id, bool remove)
{
	if (f->head > SLACK && f->head > f->n / 2)
		shrink(f);
	f->v = xgrow(f->v, &f->cap, f->n + 1, sizeof *f->v);
	f->v[f->n++] = (struct flight_op){ .at = f->text.n, .n = id.n,
		.remove = remove };
	buf_add_span(&f->text, id);
	return f->next++;
}

const struct flight_op *
flight_answer(struct flight *f, uint64_t seq, struct span *id)
{
	uint64_t first = f->next - f->n;
	struct flight_op *op;

	if (seq < first || seq >= f->next)
		return NULL;
	op = &f->v[seq - first];
	if (op->answered)
		return NULL;
	op->answered = true;
	*id = (struct span){ f->text.p + op->at, op->n };
	while (f->head < f->n && f->v[f->head].answered)
		f->head++;
	return op;
}

void
flight_release(struct flight *f)
{
	free(f->v);
	buf_release(&f->text);
}

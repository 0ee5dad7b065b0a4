/* SPDX-License-Identifier: MIT */
#include "index/held.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

enum { HEAD = 2, CANCELLED = 0x8000, FIRST_SLOTS = 1024 };

static unsigned
head_of(const struct held *h, size_t at)
{
	const unsigned char *p = (const unsigned char *)h->text.p + at;

	return p[0] | (unsigned)p[1] << 8;
}

static struct span
id_at(const struct held *h, size_t at)
{
	return (struct span){ h->text.p + at + HEAD,
		head_of(h, at) & (CANCELLED - 1U) };
}

static void
cancel(struct held *h, size_t at)
{
	if (head_of(h, at) & CANCELLED)
		return;
	h->text.p[at + 1] = (char)((unsigned char)h->text.p[at + 1] | 0x80);
	h->n--;
}

/* The slot of this id, or the empty one where it belongs. */
static size_t *
slot_of(const struct held *h, struct span id)
{
	size_t mask = h->nslots - 1;
	size_t i = (size_t)hash128(id.p, id.n).lo & mask;

	while (h->slots[i] != 0 && !span_eq(id_at(h, h->slots[i] - 1), id))
		i = (i + 1) & mask;
	return &h->slots[i];
}

/* Of two deletes of one id the later counts. */
static void
enter(struct held *h, size_t at)
{
	size_t *slot = slot_of(h, id_at(h, at));

	if (*slot != 0)
		cancel(h, *slot - 1);
	else
		h->used++;
	*slot = at + 1;
}

static void
rehash(struct held *h, size_t nslots)
{
	free(h->slots);
	h->slots = xcalloc(nslots, sizeof *h->slots);
	h->nslots = nslots;
	h->used = 0;
	for (size_t at = 0; at < h->text.n; at += HEAD + id_at(h, at).n)
		if (!(head_of(h, at) & CANCELLED))
			enter(h, at);
}

int
held_add(struct held *h, struct span id)
{
	size_t at = h->text.n;

	if (at > (size_t)HELD_GIB << 30)
		return -1;
	buf_putc(&h->text, (char)(id.n & 0xff));
	buf_putc(&h->text, (char)(id.n >> 8));
	buf_add_span(&h->text, id);
	h->n++;
	if (h->slots == NULL)
		return 0;
	if (h->used >= h->nslots / 2)
		rehash(h, h->nslots * 2);
	else
		enter(h, at);
	return 0;
}

void
held_cancel(struct held *h, struct span id)
{
	size_t n = FIRST_SLOTS;
	const size_t *slot;

	if (h->n == 0)
		return;
	while (n / 2 <= h->n)
		n *= 2;
	if (h->slots == NULL)
		rehash(h, n);
	slot = slot_of(h, id);
	if (*slot != 0)
		cancel(h, *slot - 1);
	if (h->n == 0)
		held_clear(h);
}

bool
held_next(const struct held *h, size_t *at, struct span *id)
{
	while (*at < h->text.n) {
		bool live = !(head_of(h, *at) & CANCELLED);

		*id = id_at(h, *at);
		*at += HEAD + id->n;
		if (live)
			return true;
	}
	return false;
}

void
held_clear(struct held *h)
{
	free(h->slots);
	h->slots = NULL;
	h->nslots = h->used = 0;
	h->n = 0;
	buf_clear(&h->text);
}

void
held_release(struct held *h)
{
	held_clear(h);
	buf_release(&h->text);
}

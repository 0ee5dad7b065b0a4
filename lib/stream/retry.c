/* SPDX-License-Identifier: MIT */
/* The ids to read again: an array, and a hash table of places in it. */
#include <stdlib.h>

#include "base/hash.h"
#include "stream/state.h"

/* Past so many nothing is taken or removed: no run can get back under
 * STATE_RETRY_MAX without being seen to have been over it. */
enum { CEILING = 1000 * STATE_RETRY_MAX };

/* The slot where id is, or would be. A slot holds its place + 1; 0: free. */
static size_t
slot_of(const struct state *s, struct span id)
{
	size_t i = (size_t)hash128(id.p, id.n).lo & (s->nslots - 1);

	while (s->slots[i] != 0 &&
	    !span_is(id, s->retry[s->slots[i] - 1].id))
		i = (i + 1) & (s->nslots - 1);
	return i;
}

static void
rebuild(struct state *s, size_t nslots)
{
	free(s->slots);
	s->slots = xcalloc(nslots, sizeof *s->slots);
	s->nslots = nslots;
	for (size_t i = 0; i < s->nretry; i++)
		s->slots[slot_of(s, span_of(s->retry[i].id))] =
		    (uint32_t)i + 1;
}

bool
state_retry_has(const struct state *s, struct span id)
{
	return s->nslots > 0 && s->slots[slot_of(s, id)] != 0;
}

void
state_retry_add(struct state *s, struct span id)
{
	if (state_retry_has(s, id) || s->nretry >= CEILING)
		return;
	if (2 * (s->nretry + 1) > s->nslots)
		rebuild(s, s->nslots ? 2 * s->nslots : 64);
	s->retry = xgrow(s->retry, &s->capretry, s->nretry + 1,
	    sizeof *s->retry);
	s->retry[s->nretry] = (struct state_retry){ .id = xstrndup(id) };
	s->slots[slot_of(s, id)] = (uint32_t)++s->nretry;
}

void
state_retry_set_remove(struct state *s, struct span id, bool remove)
{
	if (state_retry_has(s, id))
		s->retry[s->slots[slot_of(s, id)] - 1].remove = remove;
}

bool
state_retry_removes(const struct state *s, struct span id)
{
	return state_retry_has(s, id) &&
	    s->retry[s->slots[slot_of(s, id)] - 1].remove;
}

/* Frees slot i; what was pushed past it by a collision moves up. */
static void
free_slot(struct state *s, size_t i)
{
	size_t mask = s->nslots - 1;

	s->slots[i] = 0;
	for (size_t j = (i + 1) & mask; s->slots[j] != 0; j = (j + 1) & mask) {
		uint32_t place = s->slots[j];

		s->slots[j] = 0;
		s->slots[slot_of(s, span_of(s->retry[place - 1].id))] = place;
	}
}

void
state_retry_remove(struct state *s, struct span id)
{
	size_t i, place, last;
	char *gone;

	if (!state_retry_has(s, id) || s->nretry >= CEILING)
		return;
	i = slot_of(s, id);
	place = s->slots[i] - 1;
	last = s->nretry - 1;
	gone = s->retry[place].id;
	free_slot(s, i);
	if (place != last) {
		i = slot_of(s, span_of(s->retry[last].id));
		s->slots[i] = (uint32_t)place + 1;
		s->retry[place] = s->retry[last];
	}
	s->nretry--;
	free(gone);
}

void
state_retry_clear(struct state *s)
{
	for (size_t i = 0; i < s->nretry; i++)
		free(s->retry[i].id);
	s->nretry = 0;
	if (s->nslots > 0)
		memset(s->slots, 0, s->nslots * sizeof *s->slots);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct state_retry *x = a, *y = b;

	return strcmp(x->id, y->id);
}

void
state_retry_sort(struct state *s)
{
	if (s->nretry < 2)
		return;
	qsort(s->retry, s->nretry, sizeof *s->retry, by_bytes);
	rebuild(s, s->nslots);
}

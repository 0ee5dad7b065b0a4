/* SPDX-License-Identifier: MIT */
/*
 * Deletes that wait for a proof: ids in the order they came. Memory: the ids
 * and two bytes each; another 16 to 32 bytes each if a document comes while
 * they wait.
 */
#ifndef CONN_INDEX_HELD_H
#define CONN_INDEX_HELD_H

#include <stdint.h>

#include "base/buf.h"

enum { HELD_GIB = 16 };         /* ceiling of all ids */

struct held {
	struct buf text;        /* two bytes of length and flag, then the id */
	uint64_t n;             /* not cancelled */
	size_t *slots;          /* places in text plus 1, by hash; or NULL */
	size_t nslots, used;
};

/* -1: there are too many. */
int held_add(struct held *h, struct span id);
/* The document lives after all. */
void held_cancel(struct held *h, struct span id);
/* Walks what is left; *at starts as 0. */
bool held_next(const struct held *h, size_t *at, struct span *id);
void held_clear(struct held *h);
void held_release(struct held *h);

#endif

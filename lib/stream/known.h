/* SPDX-License-Identifier: MIT */
/*
 * The table of known ids: 20 bytes an id and at most one more for its index,
 * in memory or, past a limit, on disk.
 *
 *   64 bits   seeded hash of the id; the seed is new in every run
 *   40 bits   where the id's line begins in KNOWN
 *   54 bits   digest of what is compared (content or timestamp); 0: nothing
 *    2 bits   marks
 *
 * Two ids with one hash are one entry, so whichever of them the source lists
 * marks it: a collision can hide a delete (until the next run, with another
 * seed), it can never cause one.
 */
#ifndef CONN_STREAM_KNOWN_H
#define CONN_STREAM_KNOWN_H

#include "base/hash.h"
#include "stream/region.h"

struct known_entry {
	uint64_t key;
	uint64_t rest;          /* marks, low bits of the digest, offset */
	uint32_t digest;        /* its high bits */
} __attribute__((packed, aligned(4)));

enum known_mark {
	KNOWN_SEEN = 1,         /* the source has it; not to be deleted */
	KNOWN_PASSED = 2        /* a record of it was passed on; if it was not
	                           seen, it is protected by a fail */
};

struct known {
	struct region entries, index;
	size_t n;
	unsigned shift;         /* of a key: the rest is its bucket */
	uint64_t seed;
};

void known_init(struct known *k, uint64_t memory);
void known_release(struct known *k);

/* What is stored of an id and of what is compared. */
uint64_t known_key(const struct known *k, struct span id);
uint64_t known_digest(const struct known *k, struct h128 h);

/* First all ids, then known_index. digest 0: differs from everything. */
int known_add(struct known *k, uint64_t key, uint64_t digest, uint64_t offset,
    struct err *e);
/* Ids that came twice become one: the first place; the digest of both if they
 * agree, else 0. Then n is their number. */
int known_index(struct known *k, struct err *e);

#define KNOWN_OFFSET_BITS 40

static inline uint64_t
known_offset(const struct known_entry *e)
{
	return e->rest & (((uint64_t)1 << KNOWN_OFFSET_BITS) - 1);
}

/* Has what known_find will read brought near: first its part of the index;
 * later, when that is there, the entries. */
void known_ask(const struct known *k, uint64_t key);
void known_fetch(const struct known *k, uint64_t key);
/* NULL: not known. */
struct known_entry *known_find(const struct known *k, uint64_t key);
bool known_same(const struct known_entry *e, uint64_t digest);
bool known_marked(const struct known_entry *e, enum known_mark m);
void known_set(struct known_entry *e, enum known_mark m);

/* Keeps the entries that were not seen, in the order of their offsets, and
 * gives them; n is their number. Nothing can be found after this. */
struct known_entry *known_unseen(struct known *k);

/* Sorts by key or by offset, in place. */
void known_sort(struct known_entry *v, size_t n, bool by_offset);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * American flag sort (McIlroy, Bostic, McIlroy: Engineering Radix Sort): from
 * the highest digit down, in place, each entry moved once a digit; small
 * ranges by insertion.
 */
#include "stream/known.h"

enum { DIGIT = 8, DIGITS = 1 << DIGIT, SMALL = 32, AHEAD = 8 };

struct range {
	size_t from, n;
	unsigned shift;         /* of the digit to sort by */
};

/* The ranges still to be sorted. Each level leaves at most DIGITS. */
struct ranges {
	struct range v[64 / DIGIT * DIGITS];
	size_t n;
};

static inline uint64_t
key_of(const struct known_entry *e, bool by_offset)
{
	return by_offset ? known_offset(e) : e->key;
}

static void
insertion(struct known_entry *v, size_t n, bool by_offset)
{
	for (size_t i = 1; i < n; i++) {
		struct known_entry e = v[i];
		uint64_t key = key_of(&e, by_offset);
		size_t j = i;

		for (; j > 0 && key_of(&v[j - 1], by_offset) > key; j--)
			v[j] = v[j - 1];
		v[j] = e;
	}
}

static inline size_t
digit(const struct known_entry *e, bool by_offset, unsigned shift)
{
	return key_of(e, by_offset) >> shift & (DIGITS - 1);
}

/* Puts every entry of v into the range of its digit; start gets the ranges'
 * first places, end the ones after them. */
static inline void
deal(struct known_entry *v, size_t n, bool by_offset, unsigned shift,
    size_t start[DIGITS], size_t end[DIGITS])
{
	size_t next[DIGITS], count[DIGITS] = { 0 }, at = 0;

	for (size_t i = 0; i < n; i++)
		count[digit(&v[i], by_offset, shift)]++;
	for (size_t d = 0; d < DIGITS; d++) {
		start[d] = next[d] = at;
		end[d] = at += count[d];
	}
	for (size_t d = 0; d < DIGITS; d++) {
		while (next[d] < end[d]) {
			struct known_entry e = v[next[d]];
			size_t to = digit(&e, by_offset, shift);

			while (to != d) {
				struct known_entry *there = &v[next[to]++];
				struct known_entry other = *there;

				__builtin_prefetch(there + AHEAD);
				*there = e;
				e = other;
				to = digit(&e, by_offset, shift);
			}
			v[next[d]++] = e;
		}
	}
}

static inline void
sort(struct known_entry *v, size_t n, bool by_offset, unsigned shift)
{
	size_t start[DIGITS], end[DIGITS];
	struct ranges todo = { .n = 0 };

	todo.v[todo.n++] = (struct range){ 0, n, shift };
	while (todo.n > 0) {
		struct range r = todo.v[--todo.n];

		if (r.n <= SMALL) {
			insertion(v + r.from, r.n, by_offset);
			continue;
		}
		deal(v + r.from, r.n, by_offset, r.shift, start, end);
		for (size_t d = DIGITS; r.shift > 0 && d-- > 0;)
			if (end[d] - start[d] > 1)
				todo.v[todo.n++] = (struct range){
					r.from + start[d], end[d] - start[d],
					r.shift - DIGIT };
	}
}

void
known_sort(struct known_entry *v, size_t n, bool by_offset)
{
	if (by_offset)
		sort(v, n, true, KNOWN_OFFSET_BITS - DIGIT);
	else
		sort(v, n, false, 64 - DIGIT);
}

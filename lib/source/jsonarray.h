/* SPDX-License-Identifier: MIT */
/*
 * The elements of a JSON array of any length, one at a time: the whole text
 * is the array, or it is an object that holds it under a path of keys.
 * Memory: one chunk, or the longest element.
 *
 * Where an element ends is found by its brackets and strings alone; whether
 * it is JSON the caller finds out. What lies beside the path is passed over
 * in the same way.
 */
#ifndef CONN_SOURCE_JSONARRAY_H
#define CONN_SOURCE_JSONARRAY_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum { JSONARRAY_KEYS = 32 };

enum jsonarray_result {
	ARRAY_ELEMENT,
	ARRAY_LONG,     /* an element beyond the ceiling, skipped; go on */
	ARRAY_BAD,      /* what says why; nothing follows */
	ARRAY_END,      /* the whole text was read */
	ARRAY_ERROR     /* reading failed, errno */
};

struct jsonarray {
	ssize_t (*read)(void *ctx, void *p, size_t n);
	void *ctx;
	size_t max;             /* of an element */
	const struct span *keys; /* of the path; none: the text is the array,
	                           or one object, which is then the element */
	size_t nkeys;
	const char *what;
	uint64_t line;          /* where the element begins, or what is bad */
	struct buf b;
	size_t pos;             /* the next byte to look at */
	size_t mark;            /* before it, and before b.p[0], there are */
	uint64_t lines;         /* so many line breaks */
	bool eof;
	bool begun, inside, over; /* the text; the array; nothing follows */
	bool first;             /* no member or element was met yet */
	size_t level;           /* objects of the path we are in */
	bool seen[JSONARRAY_KEYS];
	struct buf key;
};

void jsonarray_init(struct jsonarray *a,
    ssize_t (*read)(void *ctx, void *p, size_t n), void *ctx, size_t max);
void jsonarray_release(struct jsonarray *a);
/* The element is valid until the next call; BUF_PAD bytes follow it. */
enum jsonarray_result jsonarray_next(struct jsonarray *a,
    struct span *element);

/* ".a.b" or ".a.\"b c\"" to keys; they point into text, which is changed.
 * NULL, or what is wrong. */
const char *jsonarray_path(char *text, struct span keys[JSONARRAY_KEYS],
    size_t *n);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Memory that grows without a second copy of itself, and that moves to a file
 * without a name (stream/spool.h) where it would pass its limit.
 */
#ifndef CONN_STREAM_REGION_H
#define CONN_STREAM_REGION_H

#include <stdint.h>

#include "base/msg.h"

struct region {
	char *p;                /* NULL: nothing yet */
	size_t size;
	uint64_t limit;         /* bytes of memory */
	int fd;                 /* where it lies; -1: in memory */
};

void region_init(struct region *r, uint64_t limit);
/* At least size bytes from p on; p may move. New bytes are zero. -1: e. */
int region_grow(struct region *r, size_t size, struct err *e);
void region_release(struct region *r);

#endif

/* SPDX-License-Identifier: MIT */
/* Operations given to the index and not yet answered: number to id. */
#ifndef CONN_INDEX_FLIGHT_H
#define CONN_INDEX_FLIGHT_H

#include <stdint.h>

#include "base/buf.h"

struct flight_op {
	size_t at, n;           /* the id's place in text */
	bool remove, answered;
};

struct flight {
	uint64_t next;          /* number of the next operation */
	struct flight_op *v;    /* the last of them is number next - 1 */
	size_t n, cap, head;    /* v[head..n) may be unanswered */
	struct buf text;
};

/* Its number. */
uint64_t flight_add(struct flight *f, struct span id, bool remove);
/* Marks it as answered. NULL: there is no such operation in flight. id is
 * valid until the next call of either function. */
const struct flight_op *flight_answer(struct flight *f, uint64_t seq,
    struct span *id);
void flight_release(struct flight *f);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The ids that failed or were refused in this run, to be read again by the
 * next poll; at most STATE_RETRY_MAX.
 */
#ifndef CONN_INDEX_FAILED_H
#define CONN_INDEX_FAILED_H

#include <stdint.h>

#include "base/span.h"

enum failed_what {
	FAILED_READ,            /* at the source */
	FAILED_PUT,
	FAILED_DELETE
};

struct failed_id {
	char *id;
	uint64_t seq;
	enum failed_what what;  /* of the index's refusals the last; READ: none
	                           since an operation was done */
};

struct failed {
	struct failed_id *v;    /* sorted by id */
	size_t n, cap;
	bool over;              /* there were more: the list says nothing */
};

/* seq: operations from this number on came after the failure. Refusals of one
 * id come in order. */
void failed_add(struct failed *f, struct span id, uint64_t seq,
    enum failed_what what);
/* Operation seq of this id was done; what failed later stays. */
void failed_done(struct failed *f, struct span id, uint64_t seq);
void failed_release(struct failed *f);

#endif

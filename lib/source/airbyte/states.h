/* SPDX-License-Identifier: MIT */
/*
 * A connector's states, which nobody reads but it: as it gave them, as JSON
 * text in one string. Ours are {"stream":TEXT}, the `stream` of a STREAM
 * state; {"full":true}, none: it is read as a whole; and, where all streams
 * have one state together, {"shared":true}, the state itself being that of the
 * stream "*": {"global":TEXT} or {"legacy":TEXT}, with the "streams" it is of.
 */
#ifndef CONN_SOURCE_AIRBYTE_STATES_H
#define CONN_SOURCE_AIRBYTE_STATES_H

#include "source/airbyte/catalog.h"

struct states {
	struct buf shared;      /* as it came last; empty: none */
	bool legacy;            /* that is a LEGACY state, else GLOBAL */
	uint64_t counted;       /* records since the last of them */
	uint64_t number;        /* of STATE messages */
};

/* The body of a STATE message; its count is held against ours. */
void states_take(struct states *s, struct catalog *k, struct span body,
    struct buf scratch[2]);
/* What `read` is given with --state; adds nothing if there is none. Status 2
 * if the saved state is of other streams than these. */
int states_write(struct buf *out, const struct catalog *k, struct arena *a,
    const struct request *rq, struct err *e);
/* Prints the states of the streams that are whole; a load's of all. */
void states_emit(const struct states *s, const struct catalog *k,
    const struct request *rq, bool (*whole)(const struct stream *),
    struct arena *a);

#endif

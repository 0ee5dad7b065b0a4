/* SPDX-License-Identifier: MIT */
/* load, slim and poll: what a tap reads. */
#ifndef CONN_SOURCE_SINGER_READ_H
#define CONN_SOURCE_SINGER_READ_H

#include "source/singer/program.h"

struct singer_reading {
	struct singer *s;
	const struct request *rq;
	struct singer_catalog *catalog;
	bool poll, given;       /* given: a saved state was */
	bool cut;               /* its last line has no end */
	bool enough;            /* as many documents as were asked for */
	uint64_t documents;
	struct buf state;       /* the last that says something; empty: none */
	struct json_object line, object;
	struct buf id, text, name;
};

/* Reads it all, judges it, prints what there is. */
int singer_read(struct singer *s, struct err *e);

/* ---- its parts ---- */

/* A message that is a RECORD, its members in r->line. */
void singer_record(struct singer_reading *r);
/* The stream that such a message is of; NULL: none that was asked for. */
struct singer_stream *singer_stream_of(struct singer_reading *r);

/* The `value` of a STATE. */
void singer_state_take(struct singer_reading *r,
    const struct json_member *value);
/* What the tap is given with --state; adds nothing if there is none. */
int singer_state_write(struct singer_reading *r, struct buf *out,
    struct err *e);
/* Prints what the next poll goes on from; good: everything is as it should
 * be. */
void singer_state_emit(struct singer_reading *r, bool good);

/* After its end: fails, keeps, states, and the status of it all. */
int singer_judge(struct singer_reading *r, struct err *e);

#endif

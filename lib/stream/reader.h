/* SPDX-License-Identifier: MIT */
/*
 * Reads a stream and fails closed: order of the records, prefix of the ids,
 * modes, and the proof at every state and at end are checked here, once, for
 * every consumer.
 */
#ifndef CONN_STREAM_READER_H
#define CONN_STREAM_READER_H

#include <time.h>

#include "base/line.h"
#include "stream/record.h"

/* What begin said. Strings live as long as the reader. */
struct begin {
	enum mode mode;
	bool all;               /* scope */
	const char *run, *source, *index;
	const char *base;       /* NULL: null */
	const char *config;     /* NULL: absent, as the next two */
	const char *uuid;
	struct timespec time;
	bool has_known;
	uint64_t known;
	const struct val *ctl;  /* the whole record, unknown members too */
};

struct reader_rules {
	const char *place;      /* "stream", "known.ndjson: stream" */
	unsigned modes;         /* 1U << MODE_x accepted */
	const char *source;     /* must be begin's, else status 2; NULL: any */
	const char *index;      /* the same */
	bool raw;               /* bare documents: no control or id records */
	bool bare_ok;           /* bare id and fail records are fine, too: a
	                           first record that is neither begin nor end
	                           switches the checks of order and proof off */
};

struct reader {
	struct reader_rules rules;
	struct lines lines;
	struct record_parser parser;
	struct arena arena;
	struct begin begin;
	bool begun, bare;
	bool ended;             /* an end record was met */
	bool complete;          /* and said so, and its proof held */
	int end_status;         /* end.status; 0 before */
	const struct val *end;  /* the end record */
	struct proof proof;     /* of what was read so far */
	bool finished;
};

void reader_init(struct reader *r, int fd, const struct reader_rules *rules);

/*
 * 1: a record (begin, state and end, too; a state or end was proven);
 * 0: no more input: see ended and complete;
 * -1: stop (e says why, place included; usually status 3). Then nothing after
 *     it is read; what a complete end proved before it stays proven.
 * A signal gives 0 with sig_stop set.
 */
int reader_next(struct reader *r, struct rec *rec, struct err *e);

/* The status and message of an input that ended so: 0 if it was complete,
 * end.status (at least 75 or 1) if it said complete:false, 75 with "stream
 * ended without its end record; its writer died" if there was no end. */
int reader_verdict(const struct reader *r, struct err *e);
void reader_release(struct reader *r);

#endif

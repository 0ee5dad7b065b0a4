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
	const char *unproven;   /* see unproven.h */
	bool says_unproven;     /* or its absence says so: the run is named as
	                           our programs name theirs */
	const struct val *ctl;  /* the whole record, unknown members too */
};

struct reader_rules {
	const char *place;      /* "stream", "known.ndjson: stream" */
	unsigned modes;         /* 1U << MODE_x accepted */
	const char *source;     /* must be begin's, else status 2; NULL: any */
	const char *index;      /* the same */
	bool raw;               /* bare documents: no control or id records */
	bool no_ids;            /* id records are refused, in any mode */
	bool bare_ok;           /* bare id and fail records are fine, too: a
	                           first record that is neither begin nor end
	                           switches the checks of order and proof off;
	                           the last line may lack its newline, and no
	                           line at all is an empty list */
	/* What follows may be NULL.
	 * idle: before more has to be waited for; what was made of what came so
	 * far can go out.
	 * ahead: every line once before it is read, some sooner; what is known
	 * of it can be fetched meanwhile. */
	void (*idle)(void *ctx);
	void (*ahead)(void *ctx, uint64_t number, struct span line);
	record_known *known;    /* see record.h */
	void *ctx;
};

struct reader {
	struct reader_rules rules;
	struct lines lines;
	struct record_parser parser;
	struct arena arena;
	struct begin begin;
	struct span source;     /* what ids must be of; p NULL: anything */
	bool begun, bare;
	bool ended;             /* an end record was met */
	bool complete;          /* and said so, its proof held, not partial */
	bool partial;           /* a fail with neither id nor prefix was met:
	                           the listing has holes, no state after it */
	int end_status;         /* end.status, even if its proof was wrong; 0
	                           before */
	const struct val *end;  /* the end record */
	struct proof proof;     /* of what was read so far */
	uint64_t shown;         /* the last line that ahead was called for */
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

/*
 * Once reader_next gave 0: the status and message of an input that ended so.
 * 0 if it was complete (end.status counts besides); 75 with "stream ended
 * without its end record; its writer died" if there was no end; else
 * end.status, and if that is 0: 1 for a partial listing, 0 for scope part
 * (conn-load --limit), else 75. e->text is empty where 0 is returned.
 */
int reader_verdict(const struct reader *r, struct err *e);
/* The members of end that a filter does not write itself, copied into a. */
struct val *reader_end_rest(const struct reader *r, struct arena *a);
void reader_release(struct reader *r);

#endif

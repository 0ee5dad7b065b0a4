/* SPDX-License-Identifier: MIT */
/* One run of the driver: its programs, its requests, its streams. */
#ifndef CONN_SOURCE_REST_RUN_H
#define CONN_SOURCE_REST_RUN_H

#include "source/rest/fetch.h"
#include "source/rest/seen.h"
#include "source/rest/view.h"

struct parents;
struct validator;

struct run {
	const struct request *rq;
	struct connector c;
	struct programs programs;
	struct view *views;     /* MODES for each stream: run_view */
	struct fetch *fetch;
	struct {
		const char *text;
		int program;
	} *tokens;              /* of the ways to log in */
	size_t ntokens;
	struct validator *validators;   /* the key `checks`: validate.h */
	size_t nvalidators;
	struct buf url;         /* of the API, without a / at its end */
	unsigned parallel;
	time_t first;           /* the server's Date of the first answer that
	                           was not asked for again; 0: none came yet,
	                           or it has none */
	time_t date;            /* that, or of what was read from a cache, or
	                           by an earlier clock; 0: first is 0 */
	bool asked;             /* there was an answer */
	uint64_t written;       /* documents */
	struct seen *kept;      /* ids that a poll has in the index, for each
	                           stream whose they are: emission.h */
	struct parents *parents;        /* items of streams that others are
	                                   for; an entry for each view */
};

/* Reads and compiles everything; nothing is sent. Release in any case. */
int run_open(struct run *r, struct arena *a, const struct request *rq,
    struct err *e);
void run_release(struct run *r);
/* Is the request's limit reached? Then nothing more is to be asked: -1 without
 * an error ends the walk. */
bool run_full(const struct run *r, struct err *e);
struct view *run_view(const struct run *r, size_t stream, enum mode mode);

#endif

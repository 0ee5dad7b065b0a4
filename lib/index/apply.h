/* SPDX-License-Identifier: MIT */
/*
 * Applies a stream to an index and keeps the state that goes with it: the
 * fence, deletes that wait for their proof, what failed, and commits: the
 * index first, then the state.
 *
 * apply_open, then apply_record for each record of the reader in turn, then
 * apply_finish, whatever happened, and apply_release. Who calls holds the
 * lock.
 */
#ifndef CONN_INDEX_APPLY_H
#define CONN_INDEX_APPLY_H

#include "index/failed.h"
#include "index/held.h"
#include "index/index.h"
#include "index/rebuild.h"
#include "stream/reader.h"
#include "stream/state.h"

/* A document that did not get in; message may be NULL. */
typedef void apply_refused(struct span id, const char *code,
    const char *message);

struct apply_options {
	bool dry;               /* connect to nothing, change nothing */
	bool raw;               /* bare documents: no begin will come */
	bool stale;             /* documents only, whatever was applied since */
	bool rebuild;           /* into a new index, swapped in at the end */
	struct fuse fuse;       /* rebuild: what may be gone after it */
	bool asked;             /* fuse.n is of the command line */
	apply_refused *refused;
};

struct apply {
	struct apply_options opt;
	struct config *config;
	struct index *ix;       /* NULL: dry */
	char uuid[INDEX_UUID_MAX];      /* of the index written to */
	struct state state;
	enum mode mode;
	bool all;
	const char *run;        /* begin's */
	bool begun;             /* documents may be applied */
	bool broken;            /* the index failed: nothing more is sent */
	bool due;               /* proven states wait for their commit */
	bool held_back;         /* too many failures: a commit was left out */
	bool moved;             /* the state has another run now */
	bool other;             /* the saved config is not the stream's */
	bool mixes;             /* so the first operation is to say */
	int mark;               /* of unproven_set; 0: not set */
	uint64_t sent, answered;        /* operations; sent numbers them */
	uint64_t committed;     /* of those sent */
	uint64_t indexed, deleted, refused, failed;
	struct held held;
	struct failed fresh;    /* failed in this run */
	struct rebuild rebuild;
};

/* Loads the state; opens the index; with opt.raw makes ready for documents. */
int apply_open(struct apply *a, struct config *c,
    const struct apply_options *opt, struct err *e);
/* What the reader has just given. -1: stop reading; e says why. */
int apply_record(struct apply *a, const struct reader *r,
    const struct rec *rec, struct err *e);
/* Before a wait for input on fd: commits proven states, goes on with what was
 * sent until there is input. Cheap if there is nothing to do. */
int apply_idle(struct apply *a, int fd, struct err *e);
/* Everything taken is sent and answered, proven states are committed; what was
 * not proven is dropped. */
int apply_finish(struct apply *a, struct err *e);
void apply_release(struct apply *a);

#endif

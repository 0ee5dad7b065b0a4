/* SPDX-License-Identifier: MIT */
/*
 * conn-diff: a stream against a listing of known ids. Drops what is known and
 * unchanged, adds a delete for what a complete listing no longer has.
 *
 *   diff_init, diff_load (KNOWN), diff_begin, diff_run (records), diff_finish
 *   (deletes, states), diff_release
 */
#ifndef CONN_STREAM_DIFF_H
#define CONN_STREAM_DIFF_H

#include "stream/fuse.h"
#include "stream/held.h"
#include "stream/known.h"
#include "stream/prefix.h"
#include "stream/reader.h"

struct diff_options {
	struct fuse fuse;
	bool prune;             /* deletes and fails only */
	uint64_t memory;        /* bytes; past them the table lies on disk */
	/* Each document or id record, each inferred delete and each id that
	 * a fail protects; may be NULL. */
	void (*explain)(struct span id, const char *why);
};

enum { DIFF_AHEAD = 2 * LINES_AHEAD };

struct diff {
	const struct diff_options *o;
	struct reader *in;      /* begin was read */
	struct writer *out;
	struct known table;
	struct reader known;    /* KNOWN; its begin and end live as it does */
	int known_fd;
	const char *known_place;
	struct prefixes prefixes;
	struct held held;
	struct {                /* of lines to come, by their number: */
		uint64_t number, key;
		const char *id;         /* as it stands there */
	} ahead[DIFF_AHEAD];
	struct known_entry *same;       /* of the document last found known */
	bool listed;            /* a document or an id record came */
	uint64_t nknown;        /* different ids in KNOWN */
	uint64_t read, passed, unchanged, deletes;
	int status;             /* ST_SOME once a document was refused */
};

/* For the rules of `in`, whose ctx is d, zeros before diff_init: diff_same is
 * true of a document that the listing has as it is. */
void diff_idle(void *d);
void diff_ahead(void *d, uint64_t number, struct span line);
bool diff_same(void *d, struct span id, struct span line);
/* fd: KNOWN, a regular file; place: "known.ndjson: stream". */
void diff_init(struct diff *d, const struct diff_options *o,
    struct reader *in, struct writer *out, int fd, const char *place);
void diff_release(struct diff *d);

/* Reads KNOWN. -1: nothing must be passed on (or sig_stop is set). */
int diff_load(struct diff *d, struct err *e);
void diff_begin(struct diff *d);
/* All records to the input's end. 0, or -1 as reader_next; what a complete end
 * proved is in d->in. */
int diff_run(struct diff *d, struct err *e);
/* If the input was complete. -1: nothing more may be inferred (fuse: 4). */
int diff_finish(struct diff *d, struct err *e);

#endif

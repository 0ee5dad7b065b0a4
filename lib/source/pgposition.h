/* SPDX-License-Identifier: MIT */
/*
 * Where a database stands, and what a poll is to read since it stood
 * elsewhere. A stream's state is {"since":TIME} or {"xmin":ID}, with
 * "snapshot" and "cluster", by which it is known whether anything at all
 * happened since, and the "shape" of the table; {"unread":true} of one that
 * could not be read.
 */
#ifndef CONN_SOURCE_PGPOSITION_H
#define CONN_SOURCE_PGPOSITION_H

#include "source/pgstream.h"

enum { PG_SNAPSHOT = 1024 };

struct pgposition {
	struct timespec now;    /* the server's clock */
	/* what was committed later than this may bear a time from then on:
	 * now, or when the oldest open transaction began, or how far a standby
	 * has got */
	struct timespec since;
	char cluster[96];       /* "": this role may not know */
	char snapshot[PG_SNAPSHOT]; /* "": too long to keep, or a standby's */
	char xmin[24], xmax[24]; /* with their epochs */
};

/* Begins the transaction in which all is read. */
int pgposition_begin(struct pgposition *p, struct pgconn *g, struct err *e);

/* Was a table that we read written anew after the snapshot, or swapped for
 * another by name, as a part or in a view, so that it looks empty in it? */
int pgposition_rewritten(struct pgconn *g, bool *out, struct err *e);

/* What a poll is to read of a stream: status 2 if it cannot be polled, 3 if
 * there is no position, or, with a reset, one that is of no use; 75 if this
 * standby has not got so far. w: memory for part->w. */
int pgposition_part(const struct pgposition *p, struct pgconn *g,
    const struct request *rq, const struct pgstream *s, struct pgpart *part,
    struct window *w, struct err *e);

/* Writes the state of a stream, if it can be polled. */
void pgposition_emit(const struct pgposition *p, const struct pgstream *s);

/* Is it certainly what it was when the state was written: a table of the
 * server's own, and no transaction ended since? */
bool pgposition_same(const struct pgposition *p, const struct request *rq,
    const struct pgstream *s);

#endif

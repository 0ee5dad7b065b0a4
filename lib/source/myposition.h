/* SPDX-License-Identifier: MIT */
/* Where a database stands in time, and what a poll is to read since then. */
#ifndef CONN_SOURCE_MYPOSITION_H
#define CONN_SOURCE_MYPOSITION_H

#include "source/mystream.h"
#include "source/position.h"

enum { MY_NAIVE = 32 };

struct myposition {
	struct timespec now;    /* the server's clock */
	/* what was committed later than this may bear a time from then on:
	 * now, or when the oldest open transaction began; of a replica, less
	 * its delay */
	struct timespec since;
	bool lost;              /* a replica that does not follow */
	bool sees_others;       /* may this account know of transactions? */
};

/* A poll's part of a stream, with the memory for it. */
struct mywindow {
	struct window w;
	char low[MY_NAIVE], high[MY_NAIVE];
};

/* Begins the transaction in which all is read. */
int myposition_begin(struct myposition *p, struct myconn *g, struct err *e);
/* What a poll is to read of a stream: status 2 if it cannot be polled, 3 if
 * there is no position, or, with a reset, one that is of no use. */
int myposition_part(const struct myposition *p, struct myconn *g,
    const struct request *rq, const struct mystream *s, struct mypart *part,
    struct mywindow *w, struct err *e);
/* Writes the state of a stream, if it can be polled. */
void myposition_emit(const struct myposition *p, const struct sqltable *t);

#endif

/* SPDX-License-Identifier: MIT */
/* The rows of a SQL stream as lines of conn-driver(7). */
#ifndef CONN_SOURCE_SQLROWS_H
#define CONN_SOURCE_SQLROWS_H

#include "source/position.h"
#include "source/sqltable.h"

/* The values of the row that the database is at, by column of the result. */
struct sqlvalues {
	/* Adds it as a part of an id, escaped; false: it is NULL. */
	bool (*put_id)(void *ctx, struct buf *out, int column);
	/* The text of a timestamp, in scratch or the row's own memory; p NULL:
	 * there is none. */
	struct span (*stamp)(void *ctx, struct buf *scratch, int column);
	/* false: nobody can tell when it is */
	bool (*time)(void *ctx, int column, struct when *out);
	void (*put)(void *ctx, struct buf *out, int column); /* as JSON */
	/* What put will add at least; 0 if that is known to be little. */
	size_t (*size)(void *ctx, int column);
	/* In place of both: false, and nothing is added, if it is a text or
	 * blob of more bytes than room. */
	bool (*put_within)(void *ctx, struct buf *out, int column,
	    size_t room);
};

struct sqlrows {
	const struct sqltable *t;
	const struct window *w; /* NULL: all rows */
	const struct sqlvalues *values;
	void *ctx;
	struct buf id, stamp;   /* of the row */
};

/* The id of the row into r->id. false: a part of it is NULL. */
bool sqlrows_id(struct sqlrows *r);
/* Writes the row, if it is in the window: a document, without columns for one
 * its id; a fail if its id is NULL or it is too long. A row whose time nobody
 * can tell is in every window. */
void sqlrows_put(struct sqlrows *r);
/* Writes that none of the stream's rows can be read, which protects them. */
void sqlrows_unread(const struct sqltable *t);
void sqlrows_release(struct sqlrows *r);

#endif

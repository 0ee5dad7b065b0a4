/* SPDX-License-Identifier: MIT */
/* A stream of a MySQL source: what is read of it, and how. */
#ifndef CONN_SOURCE_MYSTREAM_H
#define CONN_SOURCE_MYSTREAM_H

#include "source/myconn.h"
#include "source/myvalue.h"
#include "source/sqlcheck.h"
#include "source/sqlrows.h"

struct mystream {
	struct sqltable t;
	enum mykind *base;      /* of its columns, as the server has them */
	bool *longs;            /* columns whose values may be megabytes */
	bool *compared;         /* those that equal what an id shows of them */
	bool base_table;        /* no view, no query */
	bool snapshot;          /* its engine has transactions */
	bool wide;              /* rows too long for a line are possible */
	int flag;               /* column of the result that says so; or -1 */
	struct buf sql;
	enum mykind *kind;      /* of the columns of the result */
	struct window window;   /* what we must look at ourselves */
};

/* What is to be read of a stream. */
struct mypart {
	bool slim;
	const struct window *w; /* NULL: any time */
	const char *low, *high; /* of w, for times without a zone; "" or NULL:
	                           does not end */
	size_t limit;           /* rows at most; 0: all */
	const char *where;      /* a condition; NULL: none */
};

/* Finds columns, id and timestamp, which keeps the table as it is until the
 * end of the transaction: status 2 if the settings do not fit, 75 if a table
 * that was listed is gone. No permission: sets unread. Release in any case. */
int mystream_init(struct mystream *p, struct myconn *g,
    const struct sqlstream *s, bool listed, struct err *e);
void mystream_release(struct mystream *p);
/* Finds the columns of a table only, and their declared types. */
int mystream_columns(struct mystream *p, struct myconn *g,
    const struct sqlstream *s, struct err *e);

/* Writes all rows. */
int mystream_read(struct mystream *p, struct myconn *g,
    const struct mypart *part, struct err *e);
/* Looks for NULL and doubles among the ids, as long as that may last. */
int mystream_ids(struct mystream *p, struct myconn *g, struct err *e);

/* What the values of a column are. */
enum mykind mykind_of(const MYSQL_FIELD *f);
/* What they are in JSON, of such a kind. */
enum sqlform mykind_form(const MYSQL_FIELD *f);
/* May they be null? */
bool mykind_null(const MYSQL_FIELD *f);
/* Is a value equal to a literal of what an id shows of it? */
bool mykind_compared(const MYSQL_FIELD *f);

/* Makes sql and places the columns in the result. */
void mystream_statement(struct mystream *p, const struct myconn *g,
    const struct mypart *part);
/* Adds what stands in FROM: the table, or the query in parentheses. */
void mystream_put_from(struct buf *sql, const struct mystream *p,
    const struct myconn *g);
/* What the timestamp's values are; MY_TEXT without one. */
enum mykind mystream_stamp(const struct mystream *p);
/* Does the server compare its timestamps with ours? */
bool mystream_compares(const struct mystream *p);

#endif

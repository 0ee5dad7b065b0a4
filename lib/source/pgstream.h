/* SPDX-License-Identifier: MIT */
/* A stream of PostgreSQL: its columns, its statement, its rows. */
#ifndef CONN_SOURCE_PGSTREAM_H
#define CONN_SOURCE_PGSTREAM_H

#include "source/pgtypes.h"
#include "source/sqlrows.h"

enum { PG_PARAMS = 3 };

struct pgstream {
	struct sqltable t;
	char oid[16];           /* of the table, as digits; "": a query */
	bool versions;          /* its rows have xmin */
	bool parts;             /* others are read as parts of it */
	bool wide;              /* rows too long for a line are possible */
	int flag;               /* column of the result that says so; or -1 */
	struct buf sql;
	char param[PG_PARAMS][128];
	int nparams;
	const struct pgtype **type; /* of the columns of the result */
	int ntypes;
	const struct pgtype *stamp; /* of the timestamp; NULL: none */
	struct window window;   /* what the client must look at itself */
};

/* What is to be read of a stream. */
struct pgpart {
	bool slim;
	bool versions;          /* of rows whose xmin is not older than age */
	int age;
	const struct window *w; /* NULL: any time */
	bool keep;              /* leave the cursor for pgstream_first */
};

/* Finds columns, id and timestamp: status 2 if the settings do not fit. */
int pgstream_init(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    const struct sqlstream *s, struct err *e);
void pgstream_release(struct pgstream *p);
/* Finds the columns of a table only. */
int pgstream_columns(struct pgstream *p, struct pgconn *g,
    struct pgtypes *types, const struct sqlstream *s, struct err *e);

/* Makes the statement and has the server plan it, which locks what it reads
 * until the end of the transaction. No permission: sets unread. */
int pgstream_look(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    const struct pgpart *part, struct err *e);
/* After a look that keeps: reads a row, if there is one; status 3 if its id is
 * NULL. */
int pgstream_first(struct pgstream *p, struct pgconn *g, struct err *e);
/* Writes all rows. */
int pgstream_read(struct pgstream *p, struct pgconn *g, struct err *e);

/* Does a savepoint, or goes back to it. */
int pgstream_save(struct pgconn *g, struct err *e);
int pgstream_back(struct pgconn *g, struct err *e);

/* Makes sql and its parameters, and places the columns in the result. */
void pgstream_statement(struct pgstream *p, const struct pgconn *g,
    const struct pgpart *part);
/* Adds what stands in FROM: the table, or the query in parentheses. */
void pgstream_put_from(struct buf *sql, const struct pgstream *p,
    const struct pgconn *g);

#endif

/* SPDX-License-Identifier: MIT */
/* A stream of a SQLite database: its statement, its columns, its rows. */
#ifndef CONN_SOURCE_SQLITESTREAM_H
#define CONN_SOURCE_SQLITESTREAM_H

#include "source/position.h"
#include "source/sqlitedb.h"
#include "source/sqltable.h"

struct sqlitestream {
	struct sqltable t;
	sqlite3_stmt *stmt;
};

/* Calls each for the tables with a primary key, or for all tables and views,
 * in the order of their names, until it fails. */
int sqlitestream_tables(struct sqlitedb *db, bool all,
    int (*each)(void *ctx, const struct sqlstream *s, struct err *e),
    void *ctx, struct err *e);

/* Finds the columns, the id and the timestamp: status 2 if the settings do not
 * fit the database. Release in any case. */
int sqlitestream_init(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlstream *s, struct err *e);
void sqlitestream_release(struct sqlitestream *t);

/* Finds the columns only. */
int sqlitestream_columns(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlstream *s, struct err *e);

/* Prepares the statement of a stream; slim: for id and timestamp only. w: only
 * what is in this window need be found, NULL: all; it outlives the
 * statement. */
int sqlitestream_prepare(struct sqlitestream *t, struct sqlitedb *db,
    bool slim, const struct window *w, struct err *e);

/* Writes all rows that are in the window. */
int sqlitestream_read(struct sqlitestream *t, struct sqlitedb *db,
    const struct window *w, struct err *e);
/* Looks at the ids of the rows, and says what is wrong with them. */
int sqlitestream_check(struct sqlitestream *t, struct sqlitedb *db,
    struct err *e);

#endif

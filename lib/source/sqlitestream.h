/* SPDX-License-Identifier: MIT */
/* A stream of a SQLite database: its statement, its columns, its rows. */
#ifndef CONN_SOURCE_SQLITESTREAM_H
#define CONN_SOURCE_SQLITESTREAM_H

#include "source/position.h"
#include "source/sqlitedb.h"

struct sqlitecolumn {
	char *name, *type;      /* type: as declared, or "any" */
	int key;                /* place in the primary key, from 1; 0: none */
};

struct sqlitestream {
	struct sqlstream s;     /* id filled in */
	struct sqlitecolumn *column; /* of the table or query */
	size_t ncolumns, capcolumns;
	sqlite3_stmt *stmt;
	int id[SQL_ID_COLUMNS]; /* columns of the result */
	int timestamp;          /* -1: none */
	int ndoc;               /* the first ones are the document's */
	struct buf *keys;       /* of each of those, "name": as JSON */
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

/* Makes the primary key the id, in its order; there may be none. */
void sqlitestream_key(struct sqlitestream *t);

/* Prepares the statement of a stream; slim: for id and timestamp only. */
int sqlitestream_prepare(struct sqlitestream *t, struct sqlitedb *db,
    bool slim, struct err *e);

/* Writes all rows that are in the window. */
int sqlitestream_read(struct sqlitestream *t, struct sqlitedb *db,
    const struct window *w, struct err *e);
/* Reads one row and writes nothing. Status 3 if it has no id. */
int sqlitestream_check(struct sqlitestream *t, struct sqlitedb *db,
    struct err *e);

#endif

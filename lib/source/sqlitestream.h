/* SPDX-License-Identifier: MIT */
/* A stream of a SQLite database: its statement, its columns, its rows. */
#ifndef CONN_SOURCE_SQLITESTREAM_H
#define CONN_SOURCE_SQLITESTREAM_H

#include "source/position.h"
#include "source/sqlitedb.h"
#include "source/sqlrun.h"

struct sqlitestream {
	struct sqltable t;
	sqlite3_stmt *stmt;
	struct window window;   /* of a poll */
	bool by_id;             /* the statement finds a row by its id */
};

/* What is to be read of a stream. */
struct sqlitepart {
	bool slim;
	const struct val *ids;  /* NULL: all */
};

/* The tables and views. */
int sqlitestream_tables(struct sqlitedb *db, struct sqlrun *r, struct err *e);

/* Finds the columns, the id and the timestamp: status 2 if the settings do not
 * fit the database. Release in any case. */
int sqlitestream_init(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlstream *s, struct err *e);
void sqlitestream_release(struct sqlitestream *t);

/* Finds the columns only. */
int sqlitestream_columns(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlstream *s, struct err *e);

/* Prepares the statement of a stream, which finds what is in the window, or
 * more. */
int sqlitestream_prepare(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlitepart *part, struct err *e);

/* Writes all rows that are in the window; those of ids, which may be NULL, or
 * more. */
int sqlitestream_read(struct sqlitestream *t, struct sqlitedb *db,
    const struct val *ids, struct err *e);
/* Looks at the ids of the rows, and says what is wrong with them. */
int sqlitestream_check(struct sqlitestream *t, struct sqlitedb *db,
    struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* A SQLite database that is read in one snapshot. */
#ifndef CONN_SOURCE_SQLITEDB_H
#define CONN_SOURCE_SQLITEDB_H

#include <sqlite3.h>

#include "source/sqlstream.h"

struct sqlitedb {
	sqlite3 *h;
	const char *path;       /* the caller's */
	bool query;             /* a user's is being prepared */
	bool wavers;            /* what was prepared calls a function that does
	                           not always give the same */
};

/* Opens it read-only and begins the transaction in which all is read; waits
 * up to `wait` seconds for a writer. */
int sqlitedb_open(struct sqlitedb *db, const char *path, double wait,
    struct err *e);
void sqlitedb_close(struct sqlitedb *db);
/* Does a writer append to a log, so that the file may be written meanwhile? */
bool sqlitedb_is_wal(struct sqlitedb *db);

/* err_set with what SQLite says: 75 for locks and memory, else 3. */
int sqlitedb_failed(const struct sqlitedb *db, struct err *e);

/* Prepares our own SQL. */
int sqlitedb_prepare(struct sqlitedb *db, const char *sql,
    sqlite3_stmt **out, struct err *e);
/* Prepares a user's: one statement that only reads, or status 2. */
int sqlitedb_prepare_query(struct sqlitedb *db, const struct sqlstream *s,
    sqlite3_stmt **out, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Polls of a table that has an index on its timestamp: which rows are in the
 * window is found by reading that index, then only these are read. Values of
 * all kinds may stand in one column, so SQLite cannot compare them; what does
 * is the same function that looks at the rows.
 */
#ifndef CONN_SOURCE_SQLITEINDEX_H
#define CONN_SOURCE_SQLITEINDEX_H

#include "source/sqlitestream.h"

/* Adds the WHERE to a SELECT of the table, if there is such an index; then its
 * statement is to be bound to the stream's window. */
bool sqliteindex_use(const struct sqlitestream *t, struct sqlitedb *db,
    struct buf *sql);
void sqliteindex_bind(struct sqlitestream *t);
/* A warning, and how to make it, if there could be one and is not. */
void sqliteindex_check(const struct sqlitestream *t, struct sqlitedb *db);

#endif

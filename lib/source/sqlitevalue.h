/* SPDX-License-Identifier: MIT */
/* Values of SQLite as JSON, as parts of ids and as times. */
#ifndef CONN_SOURCE_SQLITEVALUE_H
#define CONN_SOURCE_SQLITEVALUE_H

#include <sqlite3.h>

#include "json/text.h"
#include "source/when.h"

enum { SQLITE_EXACT = 53 };     /* bits of an integer that JSON readers keep */

/*
 * INTEGER: a number, beyond 2^53 a string. REAL: the shortest number that
 * reads back as the same, never without point or exponent; the infinities
 * are strings. TEXT: a string, what is not UTF-8 as U+FFFD. BLOB: base64.
 * false: a text or blob of more bytes than room; nothing is added.
 */
bool sqlitevalue_put(struct buf *out, sqlite3_stmt *s, int column,
    size_t room);

/* INTEGER, REAL: as above, but never in quotes. TEXT: its bytes, % and / and
 * what is not UTF-8 as %XX. BLOB: hex. false: NULL. */
bool sqlitevalue_put_id(struct buf *out, sqlite3_stmt *s, int column);

/* The text of a timestamp; p NULL: NULL or BLOB. In scratch, or the column's
 * own memory. */
struct span sqlitevalue_text(struct buf *scratch, sqlite3_stmt *s,
    int column);
/* TEXT: RFC 3339, a date. INTEGER, REAL (its fraction is cut): seconds since
 * 1970, from 1e11 on milliseconds, from 1e14 on microseconds, from 1e17 on
 * nanoseconds. false: none of these, or before 1980, which is taken for a
 * number of another kind. */
bool sqlitevalue_time(sqlite3_value *v, struct when *out);

#endif

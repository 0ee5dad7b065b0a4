/* SPDX-License-Identifier: MIT */
#include "source/sqliteindex.h"

#include "source/sqlitevalue.h"

enum answer { NOT_FIT, NO_INDEX, INDEXED };

/* Only a table with rowids fits. */
static const char look[] =
    "SELECT EXISTS (SELECT 1 FROM pragma_index_list(?1, 'main') AS l, "
    "pragma_index_xinfo(l.name, 'main') AS x WHERE l.partial = 0 AND "
    "x.seqno = 0 AND x.name = ?2 COLLATE NOCASE) FROM pragma_table_list "
    "WHERE schema = 'main' AND name = ?1 COLLATE NOCASE AND type = 'table' "
    "AND wr = 0";

static enum answer
find(const struct sqlitestream *t, struct sqlitedb *db)
{
	enum answer a = NOT_FIT;
	sqlite3_stmt *q = NULL;
	struct err ignored;

	if (t->t.s.timestamp == NULL || t->t.s.query != NULL ||
	    sqltable_find(&t->t, "rowid") >= 0 ||
	    sqlitedb_prepare(db, look, &q, &ignored) != 0)
		return NOT_FIT;
	sqlite3_bind_text(q, 1, t->t.s.table, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, t->t.s.timestamp, -1, SQLITE_STATIC);
	if (sqlite3_step(q) == SQLITE_ROW)
		a = sqlite3_column_int(q, 0) ? INDEXED : NO_INDEX;
	sqlite3_finalize(q);
	return a;
}

static const char pointer_kind[] = "conn_window";

static void
wanted(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct window *w = sqlite3_value_pointer(v[1], pointer_kind);
	struct when when;

	(void)n;
	sqlite3_result_int(c, w == NULL || !sqlitevalue_time(v[0], &when) ||
	    window_may_have(w, &when));
}

bool
sqliteindex_use(const struct sqlitestream *t, struct sqlitedb *db,
    struct buf *sql)
{
	if (find(t, db) != INDEXED || sqlite3_create_function_v2(db->h,
	    "conn_wanted", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL, wanted,
	    NULL, NULL, NULL) != SQLITE_OK)
		return false;
	buf_puts(sql, " WHERE rowid IN (SELECT rowid FROM main.");
	sqltable_put_name(sql, t->t.s.table, '"');
	buf_puts(sql, " WHERE conn_wanted(");
	sqltable_put_name(sql, t->t.s.timestamp, '"');
	buf_puts(sql, ", ?1))");
	return true;
}

void
sqliteindex_bind(struct sqlitestream *t)
{
	sqlite3_bind_pointer(t->stmt, 1, &t->window, pointer_kind, NULL);
}

void
sqliteindex_check(const struct sqlitestream *t, struct sqlitedb *db)
{
	struct buf b = { 0 }, name = { 0 };

	if (find(t, db) == NO_INDEX) {
		buf_printf(&b, "stream %s: each poll reads the whole table; "
		    "to change that: CREATE INDEX ", t->t.s.name);
		buf_puts(&name, t->t.s.table);
		buf_puts(&name, "_conn_timestamp");
		sqltable_put_name(&b, buf_cstr(&name), '"');
		buf_puts(&b, " ON ");
		sqltable_put_name(&b, t->t.s.table, '"');
		buf_putc(&b, '(');
		sqltable_put_name(&b, t->t.s.timestamp, '"');
		buf_putc(&b, ')');
		emit_check("timestamp", true, buf_cstr(&b));
	}
	buf_release(&b);
	buf_release(&name);
}

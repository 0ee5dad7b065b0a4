/* SPDX-License-Identifier: MIT */
#include "source/sqlitestream.h"

#include <strings.h>

#include "json/text.h"
#include "source/sqliteindex.h"
#include "source/sqlkeys.h"

/* ---- columns ---- */

/* By the affinity of a declared type: a value of another kind may be in the
 * column all the same, unless the table is STRICT. */
static enum sqlform
form_of(const char *type)
{
	static const struct {
		const char *part;
		enum sqlform form;
	} parts[] = { { "INT", SQLFORM_BIG }, { "CHAR", SQLFORM_TEXT },
		{ "CLOB", SQLFORM_TEXT }, { "TEXT", SQLFORM_TEXT },
		{ "BLOB", SQLFORM_ANY }, { "REAL", SQLFORM_FLOAT },
		{ "FLOA", SQLFORM_FLOAT }, { "DOUB", SQLFORM_FLOAT } };

	if (type == NULL || *type == '\0' || strcasecmp(type, "ANY") == 0)
		return SQLFORM_ANY;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strcasestr(type, parts[i].part) != NULL)
			return parts[i].form;
	return SQLFORM_SCALAR;
}

static void
add_column(struct sqltable *t, const char *name, const char *type, int key,
    bool null)
{
	struct sqlcolumn *c = sqltable_add(t, name, type, key);

	c->form = form_of(type);
	c->null = null;
}

/* Those that SELECT * gives: generated ones too, hidden ones not. */
static int
table_columns(void *ctx, struct sqltable *t, const char *table,
    struct err *e)
{
	struct sqlitedb *db = ctx;
	sqlite3_stmt *q;
	int r;

	if (sqlitedb_prepare(db, "SELECT name, type, pk, "
	    "\"notnull\" = 0 AND pk = 0 FROM pragma_table_xinfo(?1, 'main') "
	    "WHERE hidden <> 1 ORDER BY cid",
	    &q, e) != 0)
		return -1;
	sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
	while ((r = sqlite3_step(q)) == SQLITE_ROW)
		add_column(t, (const char *)sqlite3_column_text(q, 0),
		    (const char *)sqlite3_column_text(q, 1),
		    sqlite3_column_int(q, 2),
		    sqlite3_column_int(q, 3) != 0);
	if (r != SQLITE_DONE)
		sqlitedb_failed(db, e);
	sqlite3_finalize(q);
	if (r != SQLITE_DONE)
		return -1;
	return t->ncolumns > 0 ? 0 : sqlstream_wrong(&t->s, e,
	    "there is no table %s", table);
}

static int
query_columns(struct sqlitestream *t, struct sqlitedb *db, struct err *e)
{
	if (sqlitedb_prepare_query(db, &t->t.s, &t->stmt, e) != 0)
		return -1;
	for (int i = 0; i < sqlite3_column_count(t->stmt); i++) {
		const char *name = sqlite3_column_name(t->stmt, i);

		if (sqltable_find(&t->t, name) >= 0)
			return sqlstream_wrong(&t->t.s, e,
			    "query: two columns are named %s", name);
		add_column(&t->t, name,
		    sqlite3_column_decltype(t->stmt, i), 0, true);
	}
	return 0;
}

int
sqlitestream_columns(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlstream *s, struct err *e)
{
	*t = (struct sqlitestream){ 0 };
	sqltable_init(&t->t, s, true);
	return s->query != NULL ? query_columns(t, db, e) :
	    table_columns(db, &t->t, s->table, e);
}

static bool
is_rowid(const char *name)
{
	return sqlite3_stricmp(name, "rowid") == 0 ||
	    sqlite3_stricmp(name, "_rowid_") == 0 ||
	    sqlite3_stricmp(name, "oid") == 0;
}

int
sqlitestream_init(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlstream *s, struct err *e)
{
	if (sqlitestream_columns(t, db, s, e) != 0)
		return -1;
	return sqltable_borrow(&t->t, table_columns, db, e) != 0 ? -1 :
	    sqltable_settle(&t->t, is_rowid, e);
}

void
sqlitestream_release(struct sqlitestream *t)
{
	sqlite3_finalize(t->stmt);
	sqltable_release(&t->t);
	*t = (struct sqlitestream){ 0 };
}

/* ---- the statement ---- */

/* An id's text may be that of any kind of value. */
static void
put_keys(struct buf *sql, const struct sqltable *t)
{
	for (size_t i = 0; i < t->s.nid; i++) {
		buf_puts(sql, i > 0 ? " AND " : " WHERE ");
		sqltable_put_name(sql, t->s.id[i], '"');
		buf_puts(sql, " IN (?, ?, ?)");
	}
}

static int
prepare_table(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlitepart *part, struct err *e)
{
	struct buf sql = { 0 };
	bool window = false;
	int r;

	sqltable_select(&t->t, &sql, '"', part->slim);
	buf_puts(&sql, " FROM main.");
	sqltable_put_name(&sql, t->t.s.table, '"');
	t->by_id = part->ids != NULL && sqlkeys_indexed(&t->t);
	if (t->by_id)
		put_keys(&sql, &t->t);
	else if (t->window.on)
		window = sqliteindex_use(t, db, &sql);
	r = sqlitedb_prepare(db, buf_cstr(&sql), &t->stmt, e);
	buf_release(&sql);
	if (r == 0 && window)
		sqliteindex_bind(t);
	if (r != 0 && sqlite3_errcode(db->h) == SQLITE_ERROR)
		return sqlstream_wrong(&t->t.s, e, "%s",
		    sqlite3_errmsg(db->h));
	return r;
}

int
sqlitestream_prepare(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlitepart *part, struct err *e)
{
	if (t->t.s.query == NULL)
		return prepare_table(t, db, part, e);
	sqltable_place(&t->t, part->slim);
	return 0;
}

/* ---- tables ---- */

/* Not SQLite's own, and not those that hold what a virtual table shows. */
static const char list_sql[] =
    "SELECT l.name, CASE WHEN l.type <> 'table' THEN 'v' WHEN EXISTS "
    "(SELECT 1 FROM pragma_table_xinfo(l.name, 'main') WHERE pk > 0) "
    "THEN 'k' ELSE 'b' END FROM pragma_table_list AS l "
    "WHERE l.schema = 'main' AND l.type <> 'shadow' AND "
    "l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name";

int
sqlitestream_tables(struct sqlitedb *db, struct sqlrun *run, struct err *e)
{
	sqlite3_stmt *q;
	int code, r = 0;

	if (sqlitedb_prepare(db, list_sql, &q, e) != 0)
		return -1;
	while ((code = sqlite3_step(q)) == SQLITE_ROW && r == 0) {
		char kind = *(const char *)sqlite3_column_text(q, 1);

		r = sqlrun_table(run, span_of((const char *)
		    sqlite3_column_text(q, 0)), kind == 'k' ? SQL_KEYED :
		    kind == 'b' ? SQL_BARE : SQL_OTHER, e);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = sqlitedb_failed(db, e);
	sqlite3_finalize(q);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "source/sqlitestream.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/text.h"

/* ---- columns ---- */

static void
add_column(struct sqlitestream *t, const char *name, const char *type,
    int key)
{
	t->column = xgrow(t->column, &t->capcolumns, t->ncolumns + 1,
	    sizeof *t->column);
	t->column[t->ncolumns++] = (struct sqlitecolumn){ xstrdup(name),
		xstrdup(type && *type ? type : "any"), key };
}

/* Those that SELECT * gives: generated ones too, hidden ones not. */
static int
table_columns(struct sqlitestream *t, struct sqlitedb *db, const char *table,
    struct err *e)
{
	sqlite3_stmt *q;
	int r;

	if (sqlitedb_prepare(db, "SELECT name, type, pk FROM "
	    "pragma_table_xinfo(?1, 'main') WHERE hidden <> 1 ORDER BY cid",
	    &q, e) != 0)
		return -1;
	sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
	while ((r = sqlite3_step(q)) == SQLITE_ROW)
		add_column(t, (const char *)sqlite3_column_text(q, 0),
		    (const char *)sqlite3_column_text(q, 1),
		    sqlite3_column_int(q, 2));
	if (r != SQLITE_DONE)
		sqlitedb_failed(db, e);
	sqlite3_finalize(q);
	if (r != SQLITE_DONE)
		return -1;
	return t->ncolumns > 0 ? 0 : sqlstream_wrong(&t->s, e,
	    "there is no table %s", table);
}

/* -1: there is none. Names of SQL differ by more than case. */
static int
find_column(const struct sqlitestream *t, const char *name)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (sqlite3_stricmp(t->column[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int
query_columns(struct sqlitestream *t, struct sqlitedb *db, struct err *e)
{
	if (sqlitedb_prepare_query(db, &t->s, &t->stmt, e) != 0)
		return -1;
	for (int i = 0; i < sqlite3_column_count(t->stmt); i++) {
		const char *name = sqlite3_column_name(t->stmt, i);

		if (find_column(t, name) >= 0)
			return sqlstream_wrong(&t->s, e,
			    "query: two columns are named %s", name);
		add_column(t, name, sqlite3_column_decltype(t->stmt, i), 0);
	}
	return 0;
}

int
sqlitestream_columns(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlstream *s, struct err *e)
{
	*t = (struct sqlitestream){ .s = *s, .timestamp = -1 };
	return s->query != NULL ? query_columns(t, db, e) :
	    table_columns(t, db, s->table, e);
}

void
sqlitestream_key(struct sqlitestream *t)
{
	for (int k = 1; t->s.nid < SQL_ID_COLUMNS; k++) {
		size_t i = 0;

		while (i < t->ncolumns && t->column[i].key != k)
			i++;
		if (i == t->ncolumns)
			return;
		t->s.id[t->s.nid++] = t->column[i].name;
	}
}

/* A key column of one of the query's tables. */
static int
add_key(struct sqlitestream *t, const char *table, const char *name,
    struct err *e)
{
	int at = find_column(t, name);

	if (at < 0)
		return sqlstream_wrong(&t->s, e, "the query does not give %s, "
		    "a key column of %s; it needs id_columns", name, table);
	for (size_t i = 0; i < t->s.nid; i++)
		if (sqlite3_stricmp(t->s.id[i], name) == 0)
			return sqlstream_wrong(&t->s, e, "%s is a key column "
			    "of two tables; it needs id_columns", name);
	if (t->s.nid == SQL_ID_COLUMNS)
		return sqlstream_wrong(&t->s, e, "id has more than %d columns",
		    SQL_ID_COLUMNS);
	t->s.id[t->s.nid++] = t->column[at].name;
	return 0;
}

/* The tables of an advanced rule: are they there? Their keys are the id,
 * where it names none. */
static int
look_at_tables(struct sqlitestream *t, struct sqlitedb *db, struct err *e)
{
	const struct val *list = t->s.tables;
	bool wanted = t->s.nid == 0;
	int r = 0;

	for (size_t i = 0; list != NULL && r == 0 && i < list->n; i++) {
		struct sqlitestream k = { .s = t->s };
		const char *table = list->items[i]->str.p;

		k.s.nid = 0;
		r = table_columns(&k, db, table, e);
		if (r == 0 && wanted)
			sqlitestream_key(&k);
		for (size_t c = 0; r == 0 && c < k.s.nid; c++)
			r = add_key(t, table, k.s.id[c], e);
		if (r == 0 && wanted && k.s.nid == 0)
			r = sqlstream_wrong(&t->s, e, "%s has no primary key; "
			    "it needs id_columns", table);
		sqlitestream_release(&k);
	}
	return r;
}

static bool
is_rowid(const char *name)
{
	return sqlite3_stricmp(name, "rowid") == 0 ||
	    sqlite3_stricmp(name, "_rowid_") == 0 ||
	    sqlite3_stricmp(name, "oid") == 0;
}

static int
check_names(const struct sqlitestream *t, struct err *e)
{
	const struct sqlstream *s = &t->s;

	if (s->nid == 0)
		return sqlstream_wrong(s, e,
		    "%s has no primary key; it needs id", s->table);
	for (size_t i = 0; i < s->nid; i++)
		if (find_column(t, s->id[i]) < 0 &&
		    (s->query != NULL || !is_rowid(s->id[i])))
			return sqlstream_wrong(s, e, "id: there is no column "
			    "%s", s->id[i]);
	if (s->timestamp != NULL && find_column(t, s->timestamp) < 0)
		return sqlstream_wrong(s, e, "timestamp: there is no column "
		    "%s", s->timestamp);
	return 0;
}

int
sqlitestream_init(struct sqlitestream *t, struct sqlitedb *db,
    const struct sqlstream *s, struct err *e)
{
	if (sqlitestream_columns(t, db, s, e) != 0)
		return -1;
	if (look_at_tables(t, db, e) != 0)
		return -1;
	if (t->s.nid == 0)
		sqlitestream_key(t);
	return check_names(t, e);
}

void
sqlitestream_release(struct sqlitestream *t)
{
	sqlite3_finalize(t->stmt);
	for (int i = 0; t->keys != NULL && i < t->ndoc; i++)
		buf_release(&t->keys[i]);
	free(t->keys);
	while (t->ncolumns > 0) {
		free(t->column[--t->ncolumns].name);
		free(t->column[t->ncolumns].type);
	}
	free(t->column);
	*t = (struct sqlitestream){ 0 };
}

/* ---- the statement ---- */

static void
put_name(struct buf *sql, const char *name)
{
	buf_putc(sql, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"')
			buf_putc(sql, '"');
		buf_putc(sql, *name);
	}
	buf_putc(sql, '"');
}

/* One more column of the result; returns its place. */
static int
select_column(struct buf *sql, int *n, const char *name)
{
	buf_puts(sql, *n > 0 ? ", " : "SELECT ");
	put_name(sql, name);
	return (*n)++;
}

static int
prepare_table(struct sqlitestream *t, struct sqlitedb *db, bool slim,
    struct err *e)
{
	struct buf sql = { 0 };
	int n = 0, r;

	for (size_t i = 0; !slim && i < t->ncolumns; i++)
		select_column(&sql, &n, t->column[i].name);
	t->ndoc = n;
	for (size_t i = 0; i < t->s.nid; i++) {
		int at = slim ? -1 : find_column(t, t->s.id[i]);

		t->id[i] = at >= 0 ? at :
		    select_column(&sql, &n, t->s.id[i]);
	}
	if (t->s.timestamp != NULL)
		t->timestamp = slim ?
		    select_column(&sql, &n, t->s.timestamp) :
		    find_column(t, t->s.timestamp);
	buf_puts(&sql, " FROM main.");
	put_name(&sql, t->s.table);
	r = sqlitedb_prepare(db, buf_cstr(&sql), &t->stmt, e);
	buf_release(&sql);
	if (r != 0 && sqlite3_errcode(db->h) == SQLITE_ERROR)
		return sqlstream_wrong(&t->s, e, "%s",
		    sqlite3_errmsg(db->h));
	return r;
}

static void
place_query(struct sqlitestream *t, bool slim)
{
	t->ndoc = slim ? 0 : (int)t->ncolumns;
	for (size_t i = 0; i < t->s.nid; i++)
		t->id[i] = find_column(t, t->s.id[i]);
	if (t->s.timestamp != NULL)
		t->timestamp = find_column(t, t->s.timestamp);
}

int
sqlitestream_prepare(struct sqlitestream *t, struct sqlitedb *db, bool slim,
    struct err *e)
{
	if (t->s.query != NULL)
		place_query(t, slim);
	else if (prepare_table(t, db, slim, e) != 0)
		return -1;
	t->keys = xcalloc((size_t)t->ndoc, sizeof *t->keys);
	for (int i = 0; i < t->ndoc; i++) {
		buf_putc(&t->keys[i], i > 0 ? ',' : '{');
		json_put_cstring(&t->keys[i], t->column[i].name);
		buf_putc(&t->keys[i], ':');
	}
	return 0;
}

/* ---- tables ---- */

/* Not SQLite's own, and not those that hold what a virtual table shows. */
static const char list_keyed[] =
    "SELECT l.name FROM pragma_table_list AS l WHERE l.schema = 'main' AND "
    "l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND EXISTS "
    "(SELECT 1 FROM pragma_table_xinfo(l.name, 'main') WHERE pk > 0) "
    "ORDER BY l.name";
static const char list_all[] =
    "SELECT l.name FROM pragma_table_list AS l WHERE l.schema = 'main' AND "
    "l.type <> 'shadow' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "ORDER BY l.name";

int
sqlitestream_tables(struct sqlitedb *db, bool all,
    int (*each)(void *ctx, const struct sqlstream *s, struct err *e),
    void *ctx, struct err *e)
{
	sqlite3_stmt *q;
	int code, r = 0;

	if (sqlitedb_prepare(db, all ? list_all : list_keyed, &q, e) != 0)
		return -1;
	while ((code = sqlite3_step(q)) == SQLITE_ROW && r == 0) {
		struct sqlstream s = { 0 };

		s.name = s.table = (const char *)sqlite3_column_text(q, 0);
		r = each(ctx, &s, e);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = sqlitedb_failed(db, e);
	sqlite3_finalize(q);
	return r;
}

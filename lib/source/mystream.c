/* SPDX-License-Identifier: MIT */
#include "source/mystream.h"

#include <mysqld_error.h>
#include <stdlib.h>

/* A table that is shorter, by the server's estimate, has no row that is too
 * long for a line. */
#define WIDE_LEAST "67108864"

/* ---- columns ---- */

/* From a medium blob on. */
static bool
is_long(const MYSQL_FIELD *f)
{
	return f->length >= 0xffffff;
}

static void
add_columns(struct mystream *p, MYSQL_RES *r)
{
	unsigned n = mysql_num_fields(r);
	const MYSQL_FIELD *f = mysql_fetch_fields(r);

	p->base = xcalloc(n + 1, sizeof *p->base);
	p->longs = xcalloc(n + 1, sizeof *p->longs);
	p->compared = xcalloc(n + 1, sizeof *p->compared);
	for (unsigned i = 0; i < n; i++) {
		struct sqlcolumn *c = sqltable_add(&p->t, f[i].name, NULL, 0);

		c->form = mykind_form(&f[i]);
		c->null = mykind_null(&f[i]);
		p->base[i] = mykind_of(&f[i]);
		p->longs[i] = is_long(&f[i]);
		p->compared[i] = mykind_compared(&f[i]);
	}
}

/* Not to be read, or a fault of the config, or one of the server. */
static int
refused(struct mystream *p, struct myconn *g, bool listed, struct err *e)
{
	static const unsigned gone[] = { ER_NO_SUCH_TABLE,
		ER_BAD_TABLE_ERROR, 0 };
	static const char *const faults[] = { "42", "22", "21", "25" };
	struct err said = *e;

	if (myconn_denied(g)) {
		sqltable_refuse(&p->t, e);
		return 0;
	}
	if (p->t.s.query == NULL) {
		if (!myconn_is(g, gone))
			return -1;
		return listed ? err_set(e, ST_TEMP, "%.900s", said.text) :
		    sqlstream_wrong(&p->t.s, e, "there is no table %s in the "
		    "database %s", p->t.s.table, g->url.database);
	}
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (strncmp(g->sqlstate, faults[i], 2) == 0)
			return sqlstream_wrong(&p->t.s, e, "query: %.900s",
			    said.text);
	return -1;
}

/* The server opens what it would read, and keeps it from being altered. */
static int
look(struct mystream *p, struct myconn *g, bool listed, struct err *e)
{
	struct buf sql = { 0 };
	MYSQL_RES *r;

	buf_puts(&sql, "SELECT * FROM ");
	mystream_put_from(&sql, p, g);
	buf_puts(&sql, " LIMIT 0");
	r = myconn_query(g, buf_cstr(&sql), e);
	buf_release(&sql);
	if (r == NULL)
		return refused(p, g, listed, e);
	add_columns(p, r);
	mysql_free_result(r);
	return 0;
}

/* ---- what else is known of a table ---- */

static MYSQL_RES *
ask_table(struct myconn *g, const char *sql, const char *table,
    const char *rest, struct err *e)
{
	struct buf b = { 0 };
	MYSQL_RES *r;

	buf_puts(&b, sql);
	buf_puts(&b, " WHERE TABLE_SCHEMA = ");
	myconn_put_text(&b, g, span_of(g->url.database));
	buf_puts(&b, " AND TABLE_NAME = ");
	myconn_put_text(&b, g, span_of(table));
	buf_puts(&b, rest);
	r = myconn_query(g, buf_cstr(&b), e);
	buf_release(&b);
	return r;
}

/* A key with a column that SELECT * does not show becomes the id by its
 * names. */
static int
find_key(struct sqltable *t, struct myconn *g, const char *table,
    struct err *e)
{
	MYSQL_RES *r = ask_table(g, "SELECT COLUMN_NAME FROM "
	    "information_schema.STATISTICS", table,
	    " AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX", e);
	const char *names[SQL_ID_COLUMNS];
	bool shown = true;
	size_t n = 0;
	MYSQL_ROW row;

	if (r == NULL)
		return -1;
	while ((row = mysql_fetch_row(r)) != NULL && n < SQL_ID_COLUMNS) {
		int at = sqltable_find(t, row[0]);

		names[n++] = arena_strndup(&g->arena, span_of(row[0]));
		shown = shown && at >= 0;
		if (at >= 0)
			t->column[at].key = (int)n;
	}
	mysql_free_result(r);
	if (!shown && t->s.nid == 0) {
		memcpy(t->s.id, names, n * sizeof *names);
		t->s.nid = n;
	}
	return 0;
}

static int
find_types(struct sqltable *t, struct myconn *g, struct err *e)
{
	MYSQL_RES *r = ask_table(g, "SELECT COLUMN_NAME, COLUMN_TYPE FROM "
	    "information_schema.COLUMNS", t->s.table, "", e);
	MYSQL_ROW row;

	if (r == NULL)
		return -1;
	while ((row = mysql_fetch_row(r)) != NULL) {
		int at = sqltable_find(t, row[0]);

		if (at < 0 || row[1] == NULL)
			continue;
		free(t->column[at].type);
		t->column[at].type = xstrdup(row[1]);
	}
	mysql_free_result(r);
	return 0;
}

/* Of MySQL and MariaDB; others are read as they are then. */
static int
find_engine(struct mystream *p, struct myconn *g, struct err *e)
{
	MYSQL_RES *r = ask_table(g, "SELECT TABLE_TYPE <> 'VIEW', COALESCE("
	    "ENGINE IN ('InnoDB', 'ndbcluster', 'ROCKSDB', 'TokuDB'), 1), "
	    "COALESCE(DATA_LENGTH >= " WIDE_LEAST ", 0) "
	    "FROM information_schema.TABLES", p->t.s.table, "", e);
	MYSQL_ROW row;

	if (r == NULL)
		return -1;
	row = mysql_fetch_row(r);
	if (row != NULL) {
		p->base_table = *row[0] == '1';
		p->snapshot = *row[1] == '1';
		p->wide = *row[2] == '1';
	}
	mysql_free_result(r);
	return 0;
}

/* ---- a stream ---- */

static void
start(struct mystream *p, const struct sqlstream *s)
{
	*p = (struct mystream){ .flag = -1, .snapshot = true };
	sqltable_init(&p->t, s, true);
}

int
mystream_columns(struct mystream *p, struct myconn *g,
    const struct sqlstream *s, struct err *e)
{
	start(p, s);
	if (look(p, g, true, e) != 0)
		return -1;
	return p->t.unread ? 0 : find_key(&p->t, g, s->table, e) != 0 ? -1 :
	    find_types(&p->t, g, e);
}

/* Those of a table that an advanced rule names. */
static int
lend_columns(void *ctx, struct sqltable *k, const char *table, struct err *e)
{
	struct sqlstream s = { .name = k->s.name, .place = k->s.place,
		.table = table };
	struct mystream p;
	int r;

	start(&p, &s);
	r = look(&p, ctx, false, e);
	if (r == 0 && p.t.unread)
		r = err_set(e, ST_PERSON, "%s", p.t.why);
	for (size_t i = 0; r == 0 && i < p.t.ncolumns; i++)
		sqltable_add(k, p.t.column[i].name, NULL, 0);
	if (r == 0)
		r = find_key(k, ctx, table, e);
	mystream_release(&p);
	return r;
}

static bool
any(const char *name)
{
	(void)name;
	return true;
}

/* Columns that SELECT * does not show may be an id, if they are there. */
static int
check_hidden(const struct mystream *p, struct myconn *g, struct err *e)
{
	static const unsigned none[] = { ER_BAD_FIELD_ERROR, 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->t.s.nid; i++) {
		const char *name = p->t.s.id[i];
		struct buf sql = { 0 };
		MYSQL_RES *list;

		if (p->t.s.query != NULL || sqltable_find(&p->t, name) >= 0)
			continue;
		buf_puts(&sql, "SELECT ");
		sqltable_put_name(&sql, name, '`');
		buf_puts(&sql, " FROM ");
		mystream_put_from(&sql, p, g);
		buf_puts(&sql, " LIMIT 0");
		list = myconn_query(g, buf_cstr(&sql), e);
		if (list == NULL)
			r = myconn_is(g, none) ? sqlstream_wrong(&p->t.s, e,
			    "id: there is no column %s", name) : -1;
		mysql_free_result(list);
		buf_release(&sql);
	}
	return r;
}

int
mystream_init(struct mystream *p, struct myconn *g,
    const struct sqlstream *s, bool listed, struct err *e)
{
	start(p, s);
	if (look(p, g, listed, e) != 0)
		return -1;
	if (p->t.unread)
		return 0;
	if (s->query == NULL && (find_key(&p->t, g, s->table, e) != 0 ||
	    find_engine(p, g, e) != 0))
		return -1;
	if (sqltable_borrow(&p->t, lend_columns, g, e) != 0 ||
	    sqltable_settle(&p->t, any, e) != 0)
		return -1;
	return check_hidden(p, g, e);
}

void
mystream_release(struct mystream *p)
{
	sqltable_release(&p->t);
	buf_release(&p->sql);
	free(p->base);
	free(p->longs);
	free(p->compared);
	free(p->kind);
	*p = (struct mystream){ 0 };
}

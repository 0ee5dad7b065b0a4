/* SPDX-License-Identifier: MIT */
#include "source/mycheck.h"

#include <stdlib.h>

/* ---- grants ---- */

/* 'conn'@'%', as statements want it. */
static void
put_account(struct buf *b, struct myconn *g)
{
	struct err ignored;
	MYSQL_RES *r = myconn_query(g, "SELECT CURRENT_USER()", &ignored);
	MYSQL_ROW row = r != NULL ? mysql_fetch_row(r) : NULL;
	const char *name = row != NULL && row[0] != NULL ? row[0] : "",
	    *at = strrchr(name, '@');
	char *user = xstrndup((struct span){ name,
	    at != NULL ? (size_t)(at - name) : strlen(name) });

	myconn_put_text(b, g, span_of(user));
	buf_putc(b, '@');
	myconn_put_text(b, g, span_of(at != NULL ? at + 1 : "%"));
	free(user);
	mysql_free_result(r);
}

static void
check_grant(const struct mystream *p, struct myconn *g)
{
	struct buf b = { 0 };

	buf_puts(&b, p->t.why);
	if (p->t.s.query == NULL) {
		buf_puts(&b, "; GRANT SELECT ON ");
		mystream_put_from(&b, p, g);
		buf_puts(&b, " TO ");
		put_account(&b, g);
	}
	sqlcheck_say(&p->t, false, &b);
}

void
mycheck_database(struct myconn *g, const char *why)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s; name the streams, or GRANT SELECT ON ", why);
	sqltable_put_name(&b, g->url.database, '`');
	buf_puts(&b, ".* TO ");
	put_account(&b, g);
	emit_check("streams", false, buf_cstr(&b));
	buf_release(&b);
}

void
mycheck_activity(struct myconn *g)
{
	struct buf b = { 0 };

	buf_puts(&b, "this account cannot see when others' transactions "
	    "began, so a poll misses what one longer than overlap changed; "
	    "GRANT PROCESS ON *.* TO ");
	put_account(&b, g);
	emit_check("overlap", true, buf_cstr(&b));
	buf_release(&b);
}

/* ---- tables ---- */

static void
put_table(struct buf *sql, const struct mystream *p, struct myconn *g)
{
	buf_puts(sql, "TABLE_SCHEMA = ");
	myconn_put_text(sql, g, span_of(g->url.database));
	buf_puts(sql, " AND TABLE_NAME = ");
	myconn_put_text(sql, g, span_of(p->t.s.table));
}

/* Does this statement give a row? */
static int
ask(struct myconn *g, struct buf *sql, bool *out, struct err *e)
{
	MYSQL_RES *r = myconn_query(g, buf_cstr(sql), e);

	*out = r != NULL && mysql_num_rows(r) > 0;
	mysql_free_result(r);
	buf_release(sql);
	return r != NULL ? 0 : -1;
}

static int
check_timestamp(const struct mystream *p, struct myconn *g, struct err *e)
{
	struct buf sql = { 0 }, b = { 0 };
	bool found;

	buf_puts(&sql, "SELECT 1 FROM information_schema.STATISTICS WHERE ");
	put_table(&sql, p, g);
	buf_puts(&sql, " AND SEQ_IN_INDEX = 1 AND INDEX_TYPE = 'BTREE' AND "
	    "COLUMN_NAME = ");
	myconn_put_text(&sql, g, span_of(p->t.s.timestamp));
	if (ask(g, &sql, &found, e) != 0)
		return -1;
	if (found)
		return 0;
	buf_puts(&b, "no index begins with the timestamp, so each poll reads "
	    "the whole table; ALTER TABLE ");
	mystream_put_from(&b, p, g);
	buf_puts(&b, " ADD INDEX (");
	sqltable_put_name(&b, p->t.s.timestamp, '`');
	buf_putc(&b, ')');
	sqlcheck_say(&p->t, true, &b);
	return 0;
}

/* Are all columns of a unique index, which has no NULL, among the id's? */
static int
is_unique(const struct mystream *p, struct myconn *g, bool *out,
    struct err *e)
{
	struct buf sql = { 0 };

	buf_puts(&sql, "SELECT INDEX_NAME FROM information_schema.STATISTICS "
	    "WHERE ");
	put_table(&sql, p, g);
	buf_puts(&sql, " AND NON_UNIQUE = 0 GROUP BY INDEX_NAME HAVING "
	    "SUM(COALESCE(NULLABLE, '') = 'YES' OR COALESCE(COLUMN_NAME NOT "
	    "IN (");
	for (size_t i = 0; i < p->t.s.nid; i++) {
		buf_puts(&sql, i > 0 ? ", " : "");
		myconn_put_text(&sql, g, span_of(p->t.s.id[i]));
	}
	buf_puts(&sql, "), 1)) = 0");
	return ask(g, &sql, out, e);
}

static int
check_table(struct mystream *p, struct myconn *g, bool *unique,
    struct err *e)
{
	struct buf b = { 0 };

	if (!p->snapshot) {
		buf_puts(&b, "its engine has no transactions: it is read as "
		    "it is when its turn comes, not as of the snapshot");
		sqlcheck_say(&p->t, true, &b);
	}
	if (p->base_table && p->t.s.timestamp != NULL &&
	    check_timestamp(p, g, e) != 0)
		return -1;
	return is_unique(p, g, unique, e);
}

int
mycheck_stream(struct mystream *p, struct myconn *g, struct err *e)
{
	bool unique = false;

	if (p->t.unread) {
		check_grant(p, g);
		return 0;
	}
	if (p->t.s.query == NULL && check_table(p, g, &unique, e) != 0)
		return -1;
	return unique ? 0 : mystream_ids(p, g, e);
}

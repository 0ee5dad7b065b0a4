/* SPDX-License-Identifier: MIT */
#include "source/myposition.h"

#include <mysqld_error.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/opt.h"

/* ---- where it stands ---- */

static bool
parse_time(const char *text, struct timespec *out)
{
	return text != NULL && clock_parse(span_of(text), out);
}

/* A statement may wait for a lock on a table before its transaction begins, but
 * now() is when it began itself. What a replica writes has times of then. */
static const char waiting_sql[] = "SELECT UTC_TIMESTAMP(6) - "
    "INTERVAL MAX(TIME) + 1 SECOND FROM information_schema.PROCESSLIST "
    "WHERE COMMAND IN ('Query', 'Execute') AND USER <> 'system user' AND "
    "ID <> CONNECTION_ID()";

/*
 * Before the snapshot: a transaction that is open in it either was open when
 * this asked, or began after it, but the server may answer with what it knew a
 * tenth of a second ago. Its times are those of the machine's clock; the hour
 * that such a clock shows twice is taken for the earlier one.
 */
static const char oldest_sql[] = "SELECT IF(CONVERT_TZ(u - INTERVAL 1 HOUR, "
    "'+00:00', 'SYSTEM') = t, u - INTERVAL 1 HOUR, u) FROM (SELECT t, "
    "CONVERT_TZ(t, 'SYSTEM', '+00:00') AS u FROM (SELECT MIN(trx_started) "
    "AS t FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> "
    "CONNECTION_ID()) AS a) AS b";

static int
reach_back(struct myposition *p, struct myconn *g, const char *sql,
    struct err *e)
{
	static const unsigned unknown[] = { ER_UNKNOWN_TABLE, 0 };
	struct err told;
	MYSQL_RES *r = myconn_query(g, sql, &told);
	struct timespec t;
	MYSQL_ROW row;

	if (r == NULL) {
		if (myconn_denied(g) || myconn_is(g, unknown))
			return 0;
		*e = told;
		return -1;
	}
	p->sees_others = true;
	row = mysql_fetch_row(r);
	if (row != NULL && parse_time(row[0], &t) &&
	    clock_cmp(t, p->since) < 0)
		p->since = t;
	mysql_free_result(r);
	return 0;
}

/* One that waits no more when it is asked for has a transaction by then. */
static int
read_oldest(struct myposition *p, struct myconn *g, struct err *e)
{
	if (reach_back(p, g, waiting_sql, e) != 0)
		return -1;
	/* any account may ask for that, and is told of itself */
	p->sees_others = false;
	return reach_back(p, g, oldest_sql, e);
}

static int
read_clock(struct myposition *p, struct myconn *g, struct err *e)
{
	MYSQL_RES *r = myconn_query(g, "SELECT UTC_TIMESTAMP(6)", e);
	MYSQL_ROW row = r != NULL ? mysql_fetch_row(r) : NULL;
	bool good = row != NULL && parse_time(row[0], &p->now);

	mysql_free_result(r);
	p->since = p->now;
	p->since.tv_sec--;
	return r == NULL ? -1 : good ? 0 : err_set(e, ST_PERSON,
	    "the server's clock cannot be read");
}

/* ---- a replica ---- */

static const char *
column_of(MYSQL_RES *r, MYSQL_ROW row, const char *name)
{
	const MYSQL_FIELD *f = mysql_fetch_fields(r);

	for (unsigned i = 0; i < mysql_num_fields(r); i++)
		if (streq(f[i].name, name))
			return row[i];
	return NULL;
}

/* Of one source of several: NULL is the server's word for what it does not
 * know, since it does not follow. */
static void
take_delay(struct myposition *p, MYSQL_RES *r, MYSQL_ROW row)
{
	const char *text = column_of(r, row, "Seconds_Behind_Master");
	struct timespec t = p->now;
	uint64_t delay;

	if (text == NULL)
		text = column_of(r, row, "Seconds_Behind_Source");
	if (text == NULL || !opt_u64(text, INT32_MAX, &delay)) {
		p->lost = true;
		return;
	}
	t.tv_sec -= (time_t)delay + 1;
	if (clock_cmp(t, p->since) < 0)
		p->since = t;
}

/* What its source committed meanwhile will come with the times of then. */
static int
read_delay(struct myposition *p, struct myconn *g, struct err *e)
{
	static const char *const ways[] = { "SHOW ALL SLAVES STATUS",
		"SHOW REPLICA STATUS" };        /* MariaDB; MySQL */
	static const unsigned unknown[] = { ER_PARSE_ERROR, 0 };
	struct err told;
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;

	for (size_t i = 0; i < 2 && r == NULL; i++) {
		r = myconn_query(g, ways[i], &told);
		if (r == NULL && myconn_denied(g))
			return 0;
		if (r == NULL && !myconn_is(g, unknown)) {
			*e = told;
			return -1;
		}
	}
	while (r != NULL && (row = mysql_fetch_row(r)) != NULL)
		take_delay(p, r, row);
	mysql_free_result(r);
	return 0;
}

/* The snapshot is that of the first row: by then all tables are opened, and
 * none can take another's name any more with rows that came after it. */
int
myposition_begin(struct myposition *p, struct myconn *g, struct err *e)
{
	*p = (struct myposition){ 0 };
	if (read_clock(p, g, e) != 0 || read_oldest(p, g, e) != 0 ||
	    read_delay(p, g, e) != 0 ||
	    myconn_run(g, "SET SESSION TRANSACTION ISOLATION LEVEL "
	    "REPEATABLE READ", e) != 0)
		return -1;
	return myconn_run(g, "START TRANSACTION READ ONLY", e);
}

/* ---- what a poll reads ---- */

/* A time without zone is whose clock? The server's, or UTC: so from the
 * earlier, and to the later of both; and a clock that is set back at the end
 * of summer shows an hour twice. */
static void
put_naive(struct buf *sql, struct myconn *g, struct timespec t, bool low)
{
	char text[CLOCK_TEXT];
	struct buf x = { 0 };

	clock_format(t, 6, text);
	buf_printf(&x, "CAST('%.10s %.15s' AS DATETIME(6))", text, text + 11);
	buf_printf(sql, "COALESCE(%s(%s, COALESCE(CONVERT_TZ(%s, '+00:00', ",
	    low ? "LEAST" : "GREATEST", buf_cstr(&x), buf_cstr(&x));
	myconn_put_text(sql, g, span_of(g->zone));
	buf_printf(sql, "), %s %s INTERVAL 14 HOUR) %s INTERVAL 1 HOUR), %s)",
	    buf_cstr(&x), low ? "-" : "+", low ? "-" : "+", buf_cstr(&x));
	buf_release(&x);
}

/* Within what the server can calculate with. */
static struct timespec
bounded(struct timespec t)
{
	static const int64_t first = 86400, last = 253370764800;

	if (t.tv_sec < first)
		t = (struct timespec){ .tv_sec = first };
	if (t.tv_sec > last)
		t = (struct timespec){ .tv_sec = last };
	return t;
}

static int
naive_bounds(struct mywindow *w, struct myconn *g, struct err *e)
{
	struct buf sql = { 0 };
	MYSQL_ROW row;
	MYSQL_RES *r;

	buf_puts(&sql, "SELECT ");
	put_naive(&sql, g, w->w.from, true);
	buf_puts(&sql, ", ");
	put_naive(&sql, g, w->w.to, false);
	r = myconn_query(g, buf_cstr(&sql), e);
	buf_release(&sql);
	if (r == NULL)
		return -1;
	row = mysql_fetch_row(r);
	snprintf(w->low, sizeof w->low, "%s", row[0]);
	snprintf(w->high, sizeof w->high, "%s", row[1]);
	mysql_free_result(r);
	return 0;
}

/* A day is in the window if a part of it may be, on any clock. */
static void
date_bounds(struct mywindow *w)
{
	char text[CLOCK_TEXT];
	struct timespec t = w->w.from;

	t.tv_sec -= 86400;
	clock_format(t, 0, text);
	snprintf(w->low, sizeof w->low, "%.10s", text);
	t = w->w.to;
	t.tv_sec += 2 * 86400;
	clock_format(t, 0, text);
	snprintf(w->high, sizeof w->high, "%.10s", text);
}

int
myposition_part(const struct myposition *p, struct myconn *g,
    const struct request *rq, const struct mystream *s, struct mypart *part,
    struct mywindow *w, struct err *e)
{
	const struct sqlstream *set = &s->t.s;
	const struct val *state = val_get(rq->state, set->name);

	if (s->t.unread || (!window_explicit(rq) && position_unread(state)))
		return 0;
	if (set->timestamp == NULL)
		return sqlstream_wrong(set, e, "a poll needs timestamp");
	if (window_init(&w->w, rq, set->name, p->now, e) != 0)
		return -1;
	part->w = &w->w;
	part->low = w->low;
	part->high = w->high;
	if (!mystream_compares(s))
		return 0;
	w->w.from = bounded(w->w.from);
	w->w.to = bounded(w->w.to);
	if (mystream_stamp(s) == MY_DATE)
		date_bounds(w);
	return mystream_stamp(s) == MY_DATETIME ? naive_bounds(w, g, e) : 0;
}

void
myposition_emit(const struct myposition *p, const struct sqltable *t)
{
	if (t->unread)
		position_emit_unread(t->s.name);
	else if (t->s.timestamp != NULL)
		position_emit(t->s.name, p->since);
}

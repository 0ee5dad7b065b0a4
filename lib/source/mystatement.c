/* SPDX-License-Identifier: MIT */
/* The statement of a stream. */
#include "base/clock.h"
#include "source/mystream.h"
#include "stream/record.h"

static const char flag_name[] = "`conn:too long`";

/* ---- what is read ---- */

void
mystream_put_from(struct buf *sql, const struct mystream *p,
    const struct myconn *g)
{
	if (p->t.s.query != NULL) {
		sqltable_put_query(&p->t, sql);
		return;
	}
	sqltable_put_name(sql, g->url.database, '`');
	buf_putc(sql, '.');
	sqltable_put_name(sql, p->t.s.table, '`');
}

static bool
is_named(const struct mystream *p, const char *column)
{
	for (size_t i = 0; i < p->t.s.nid; i++)
		if (sqltable_find(&p->t, p->t.s.id[i]) ==
		    sqltable_find(&p->t, column))
			return true;
	return p->t.timestamp >= 0 && sqltable_find(&p->t,
	    p->t.s.timestamp) == sqltable_find(&p->t, column);
}

/* Rows may be too long for a line: they are then cut by the server. */
static bool
is_guarded(const struct mystream *p, const struct mypart *part)
{
	bool longs = false;

	for (size_t i = 0; i < p->t.ncolumns; i++)
		longs = longs || p->longs[i];
	return longs && p->wide && !part->slim && p->base_table;
}

/* Floats as the doubles that they are, or the server would round them to six
 * digits; geometry as text. */
static bool
is_converted(const struct mystream *p)
{
	for (size_t i = 0; i < p->t.ncolumns; i++)
		if (p->base[i] == MY_FLOAT || p->base[i] == MY_GEOMETRY)
			return true;
	return false;
}

static void
put_column(struct buf *sql, struct buf *sum, const struct mystream *p,
    size_t i, bool guard)
{
	struct buf name = { 0 };
	const char *n;

	sqltable_put_name(&name, p->t.column[i].name, '`');
	n = buf_cstr(&name);
	if (p->base[i] == MY_FLOAT)
		buf_printf(sql, "%s + 0e0 AS %s", n, n);
	else if (p->base[i] == MY_GEOMETRY)
		buf_printf(sql, "ST_AsText(%s) AS %s", n, n);
	else if (guard && p->longs[i] && !is_named(p, p->t.column[i].name))
		buf_printf(sql, "CASE WHEN LENGTH(%s) <= %d THEN %s END AS %s",
		    n, STREAM_LINE_MAX, n, n);
	else
		buf_puts(sql, n);
	if (guard && p->longs[i])
		buf_printf(sum, " + COALESCE(LENGTH(%s), 0)", n);
	buf_release(&name);
}

/* An id that SELECT * does not show must be shown here. */
static void
put_hidden(struct buf *sql, const struct mystream *p)
{
	for (size_t i = 0; i < p->t.s.nid; i++) {
		if (sqltable_find(&p->t, p->t.s.id[i]) >= 0)
			continue;
		buf_puts(sql, ", ");
		sqltable_put_name(sql, p->t.s.id[i], '`');
	}
}

/* The columns, some of them converted. */
static void
put_converted(struct buf *sql, const struct mystream *p,
    const struct myconn *g, bool guard)
{
	struct buf sum = { 0 };

	buf_putc(sql, '(');
	for (size_t i = 0; i < p->t.ncolumns; i++) {
		buf_puts(sql, i > 0 ? ", " : "SELECT ");
		put_column(sql, &sum, p, i, guard);
	}
	put_hidden(sql, p);
	if (guard)
		buf_printf(sql, ", 0%s > %d AS %s", buf_cstr(&sum),
		    STREAM_LINE_MAX, flag_name);
	buf_puts(sql, " FROM ");
	mystream_put_from(sql, p, g);
	buf_puts(sql, ") AS t");
	buf_release(&sum);
}

/* ---- conditions ---- */

enum mykind
mystream_stamp(const struct mystream *p)
{
	int at = p->t.s.timestamp != NULL ?
	    sqltable_find(&p->t, p->t.s.timestamp) : -1;

	return at >= 0 ? p->base[at] : MY_TEXT;
}

bool
mystream_compares(const struct mystream *p)
{
	enum mykind k = mystream_stamp(p);

	return k == MY_DATE || k == MY_DATETIME || k == MY_TIMESTAMP;
}

static void
put_bound(struct buf *sql, const char *column, const char *op,
    enum mykind k, struct timespec t, const char *naive)
{
	char text[CLOCK_TEXT];

	clock_format(t, 6, text);
	if (k == MY_TIMESTAMP)
		buf_printf(sql, "%s %s '%.10s %.15s'", column, op, text,
		    text + 11);
	else
		buf_printf(sql, "%s %s '%s'", column, op, naive);
}

/* Rows whose time nobody can tell are in every window: none, a zero date, or
 * before 1980. */
static void
put_window(struct buf *sql, const struct mystream *p,
    const struct mypart *part)
{
	enum mykind k = mystream_stamp(p);
	struct buf name = { 0 };
	const char *n;

	sqltable_put_name(&name, p->t.s.timestamp, '`');
	n = buf_cstr(&name);
	buf_puts(sql, " WHERE (");
	put_bound(sql, n, ">=", k, part->w->from, part->low);
	if (part->w->ends) {
		buf_puts(sql, " AND ");
		put_bound(sql, n, "<", k, part->w->to, part->high);
	}
	buf_printf(sql, " OR %s IS NULL OR %s < '1980-01-01 00:00:00')", n, n);
	buf_release(&name);
}

/* ---- all of it ---- */

void
mystream_statement(struct mystream *p, const struct myconn *g,
    const struct mypart *part)
{
	bool guard = is_guarded(p, part), where = part->w != NULL &&
	    mystream_compares(p), inner = guard || is_converted(p);

	p->flag = -1;
	buf_clear(&p->sql);
	p->window = part->w != NULL && !where ? *part->w :
	    (struct window){ 0 };
	if (p->t.s.query != NULL && !where && !inner && part->limit == 0 &&
	    part->where == NULL) {
		sqltable_place(&p->t, part->slim);
		buf_add_span(&p->sql, sqlstream_query(&p->t.s));
		return;
	}
	sqltable_select(&p->t, &p->sql, '`', part->slim);
	if (guard) {
		buf_printf(&p->sql, ", %s", flag_name);
		p->flag = 0;
	}
	buf_puts(&p->sql, " FROM ");
	if (inner)
		put_converted(&p->sql, p, g, guard);
	else
		mystream_put_from(&p->sql, p, g);
	if (where)
		put_window(&p->sql, p, part);
	else if (part->where != NULL)
		buf_printf(&p->sql, " WHERE %s", part->where);
	if (part->limit > 0)
		buf_printf(&p->sql, " LIMIT %zu", part->limit);
}

/* SPDX-License-Identifier: MIT */
/* The statement of a stream. */
#include <stdio.h>

#include "base/clock.h"
#include "source/pgstream.h"
#include "stream/record.h"

static const int64_t YEAR_1 = -62135596800;     /* 0001-01-01 */

/* ---- parameters ---- */

/* Its number in the statement. */
static int
param(struct pgstream *p, const char *text)
{
	snprintf(p->param[p->nparams], sizeof *p->param, "%s", text);
	return ++p->nparams;
}

static int
param_time(struct pgstream *p, struct timespec t)
{
	char text[CLOCK_TEXT];

	if (t.tv_sec < YEAR_1)
		return param(p, "-infinity");
	clock_format(t, 6, text);
	return param(p, text);
}

/* ---- conditions ---- */

struct moment {
	char op[3];             /* >= or < */
	const char *pick, *slack;
	int n;                  /* of the parameter */
	int zone;
};

/* A time without zone is whose clock? The server's, or UTC: so from the
 * earlier, and to the later of both; and a clock that is set back at the end
 * of summer shows an hour twice. */
static void
put_naive(struct buf *sql, const struct moment *m)
{
	buf_printf(sql, " %s %s($%d::timestamptz AT TIME ZONE 'UTC', "
	    "($%d::timestamptz AT TIME ZONE $%d::text) %s interval '1 hour')",
	    m->op, m->pick, m->n, m->n, m->zone, m->slack);
}

static void
put_bound(struct buf *sql, const struct pgstream *p, const struct moment *m)
{
	sqltable_put_name(sql, p->t.s.timestamp, '"');
	if (p->stamp->kind == PG_TIMESTAMPTZ)
		buf_printf(sql, " %s $%d::timestamptz", m->op, m->n);
	else if (p->stamp->kind == PG_TIMESTAMP)
		put_naive(sql, m);
	else
		buf_printf(sql, " %c= ($%d::timestamptz AT TIME ZONE 'UTC')"
		    "::date %s 1", m->op[0], m->n, m->slack);
}

/* Rows whose time nobody can tell are in every window. */
static void
put_window(struct buf *sql, struct pgstream *p, const struct pgconn *g,
    const struct window *w)
{
	struct moment from = { ">=", "least", "-", 0, 0 },
	    to = { "<", "greatest", "+", 0, 0 };

	from.n = param_time(p, w->from);
	if (w->ends)
		to.n = param_time(p, w->to);
	if (p->stamp->kind == PG_TIMESTAMP)
		from.zone = to.zone = param(p, g->zone);
	buf_puts(sql, " WHERE (");
	if (w->ends)
		buf_putc(sql, '(');
	put_bound(sql, p, &from);
	if (w->ends) {
		buf_puts(sql, " AND ");
		put_bound(sql, p, &to);
		buf_putc(sql, ')');
	}
	buf_puts(sql, " OR ");
	sqltable_put_name(sql, p->t.s.timestamp, '"');
	buf_puts(sql, " IS NULL OR ");
	sqltable_put_name(sql, p->t.s.timestamp, '"');
	buf_puts(sql, " < '1980-01-01')");
}

static bool
server_knows(const struct pgstream *p)
{
	return p->stamp->kind == PG_TIMESTAMPTZ ||
	    p->stamp->kind == PG_TIMESTAMP || p->stamp->kind == PG_DATE;
}

/* Rows that came with the part of the table that they are in are as old as
 * they were there, but what made it a part is not. */
static void
put_versions(struct buf *sql, const struct pgstream *p, int age)
{
	buf_printf(sql, " WHERE (pg_catalog.age(xmin) <= $%d::int", age);
	if (p->parts)
		buf_printf(sql, " OR tableoid IN (WITH RECURSIVE came(oid) AS "
		    "(SELECT inhrelid FROM pg_catalog.pg_inherits "
		    "WHERE pg_catalog.age(xmin) <= $%d::int "
		    "UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i "
		    "JOIN came ON came.oid = i.inhparent) "
		    "SELECT oid FROM came)", age);
	buf_putc(sql, ')');
}

static void
put_where(struct buf *sql, struct pgstream *p, const struct pgconn *g,
    const struct pgpart *part)
{
	char age[16];

	if (part->versions) {
		snprintf(age, sizeof age, "%d", part->age);
		put_versions(sql, p, param(p, age));
	} else if (part->w != NULL && server_knows(p)) {
		put_window(sql, p, g, part->w);
	} else if (part->w != NULL) {
		p->window = *part->w;
	}
}

/* ---- what is read ---- */

static void
put_table(struct buf *sql, const struct pgstream *p, const struct pgconn *g)
{
	sqltable_put_name(sql, g->schema, '"');
	buf_putc(sql, '.');
	sqltable_put_name(sql, p->t.s.table, '"');
}

void
pgstream_put_from(struct buf *sql, const struct pgstream *p,
    const struct pgconn *g)
{
	if (p->t.s.query != NULL)
		sqltable_put_query(&p->t, sql);
	else
		put_table(sql, p, g);
}

static bool
is_named(const struct pgstream *p, const char *column)
{
	for (size_t i = 0; i < p->t.s.nid; i++)
		if (streq(p->t.s.id[i], column))
			return true;
	return p->t.s.timestamp != NULL && streq(p->t.s.timestamp, column);
}

/* How many bytes it takes, or NULL for a type whose values are short. What a
 * text or bytea takes is told without reading it, of others only what they
 * take when compressed. */
static const char *
measure(const char *type)
{
	if (streq(type, "text") || streq(type, "bytea") ||
	    strncmp(type, "character varying", 17) == 0)
		return "octet_length";
	if (streq(type, "json") || streq(type, "jsonb") || streq(type, "xml") ||
	    strchr(type, '[') != NULL)
		return "pg_column_size";
	return NULL;
}

/* The table with its long columns cut out of rows that are too long, and a
 * column that says so: they would be carried over and held in memory for
 * nothing, or be more than the server itself can send. */
static void
put_guarded(struct buf *sql, const struct pgstream *p,
    const struct pgconn *g)
{
	struct buf sum = { 0 };

	buf_puts(sql, "(SELECT xmin, tableoid, ");
	for (size_t i = 0; i < p->t.ncolumns; i++) {
		const struct sqlcolumn *c = &p->t.column[i];
		const char *how = is_named(p, c->name) ? NULL :
		    measure(c->type);
		struct buf name = { 0 };

		sqltable_put_name(&name, c->name, '"');
		if (how != NULL) {
			buf_printf(sql, "CASE WHEN pg_catalog.%s(%s) <= %d "
			    "THEN %s END AS ", how, buf_cstr(&name),
			    STREAM_LINE_MAX, buf_cstr(&name));
			buf_printf(&sum, " + coalesce(pg_catalog.%s(%s), 0)",
			    how, buf_cstr(&name));
		}
		buf_add_span(sql, buf_span(&name));
		buf_puts(sql, ", ");
		buf_release(&name);
	}
	buf_printf(sql, "0::bigint%s > %d AS \"conn:too long\" FROM ",
	    buf_cstr(&sum), STREAM_LINE_MAX);
	put_table(sql, p, g);
	buf_puts(sql, ") AS t");
	buf_release(&sum);
}

static void
table_statement(struct pgstream *p, const struct pgconn *g,
    const struct pgpart *part)
{
	bool guard = p->wide && p->versions && !part->slim;
	size_t columns;

	sqltable_select(&p->t, &p->sql, '"', part->slim);
	columns = part->slim ? 0 : p->t.ncolumns;
	if (guard) {
		buf_puts(&p->sql, ", \"conn:too long\"");
		p->flag = (int)columns;
	}
	buf_puts(&p->sql, " FROM ");
	if (guard)
		put_guarded(&p->sql, p, g);
	else
		put_table(&p->sql, p, g);
	put_where(&p->sql, p, g, part);
}

void
pgstream_statement(struct pgstream *p, const struct pgconn *g,
    const struct pgpart *part)
{
	p->flag = -1;
	p->nparams = 0;
	buf_clear(&p->sql);
	if (p->t.s.query == NULL) {
		table_statement(p, g, part);
		return;
	}
	sqltable_place(&p->t, part->slim);
	if (part->w == NULL || !server_knows(p)) {
		buf_puts(&p->sql, p->t.s.query);
		p->window = part->w ? *part->w : (struct window){ 0 };
		return;
	}
	buf_puts(&p->sql, "SELECT * FROM ");
	sqltable_put_query(&p->t, &p->sql);
	put_where(&p->sql, p, g, part);
}

/* SPDX-License-Identifier: MIT */
/* The rows of a stream, one at a time as the server sends them. */
#include "source/pgstream.h"
#include "source/sqlvalue.h"
#include "stream/record.h"

struct row {
	const struct pgstream *p;
	const PGresult *r;      /* its row 0 */
};

static struct span
value(const struct row *w, int column)
{
	return (struct span){ PQgetvalue(w->r, 0, column),
		(size_t)PQgetlength(w->r, 0, column) };
}

static bool
put_id(void *ctx, struct buf *out, int column)
{
	const struct row *w = ctx;

	if (PQgetisnull(w->r, 0, column))
		return false;
	pgvalue_put_id(out, w->p->type[column], value(w, column));
	return true;
}

static struct span
stamp(void *ctx, struct buf *scratch, int column)
{
	const struct row *w = ctx;

	if (PQgetisnull(w->r, 0, column))
		return (struct span){ 0 };
	return pgvalue_stamp(scratch, w->p->type[column], value(w, column));
}

static bool
time_of(void *ctx, int column, struct when *out)
{
	const struct row *w = ctx;

	return !PQgetisnull(w->r, 0, column) &&
	    sqlvalue_time(value(w, column), out);
}

static void
put(void *ctx, struct buf *out, int column)
{
	const struct row *w = ctx;

	if (PQgetisnull(w->r, 0, column))
		buf_add(out, "null", 4);
	else
		pgvalue_put(out, w->p->type[column], value(w, column));
}

/* Bytea goes from two digits a byte to four thirds. */
static size_t
size(void *ctx, int column)
{
	const struct row *w = ctx;
	size_t n = (size_t)PQgetlength(w->r, 0, column);

	if (column == 0 && w->p->flag >= 0 &&
	    *PQgetvalue(w->r, 0, w->p->flag) == 't')
		return STREAM_LINE_MAX + 1;
	return w->p->type[column]->kind == PG_BYTEA ? n / 3 * 2 : n;
}

static const struct sqlvalues values = { .put_id = put_id, .stamp = stamp,
	.time = time_of, .put = put, .size = size };

/* ---- reading ---- */

static int
send(const struct pgstream *p, struct pgconn *g, struct err *e)
{
	const char *params[PG_PARAMS];

	for (int i = 0; i < PG_PARAMS; i++)
		params[i] = p->param[i];
	detail("stream %s: %.*s", p->t.s.name, (int)p->sql.n, p->sql.p);
	if (PQsendQueryParams(g->c, p->sql.p, p->nparams, NULL, params, NULL,
	    NULL, 0) != 1 || PQsetSingleRowMode(g->c) != 1)
		return pgconn_failed(g, NULL, p->t.s.name, e);
	return 0;
}

/* To the end, or to the first failure; libpq wants to be asked until NULL. */
static int
take_rows(struct sqlrows *rows, struct row *w, struct pgconn *g,
    struct err *e)
{
	int result = 0;
	PGresult *r;

	while ((r = PQgetResult(g->c)) != NULL) {
		w->r = r;
		switch (PQresultStatus(r)) {
		case PGRES_SINGLE_TUPLE:
			sqlrows_put(rows);
			break;
		case PGRES_TUPLES_OK:
			break;
		default:
			result = pgconn_failed(g, r, w->p->t.s.name, e);
		}
		PQclear(r);
	}
	return result;
}

/* What a row could not be read for, one of a function in a view, shows when
 * others were: they stay, the rest is protected. */
static int
permission_lost(struct pgstream *p, struct pgconn *g, struct err *e)
{
	if (!pgconn_is(g, "42501"))
		return -1;
	sqltable_refuse(&p->t, e);
	if (pgstream_back(g, e) != 0)
		return -1;
	sqlrows_unread(&p->t);
	return 0;
}

int
pgstream_read(struct pgstream *p, struct pgconn *g, struct err *e)
{
	struct row w = { .p = p };
	struct sqlrows rows = { .t = &p->t, .w = &p->window,
	    .values = &values, .ctx = &w };
	int result;

	buf_cstr(&p->sql);
	if (pgstream_save(g, e) != 0 || send(p, g, e) != 0)
		return -1;
	result = take_rows(&rows, &w, g, e);
	sqlrows_release(&rows);
	return result == 0 ? 0 : permission_lost(p, g, e);
}

int
pgstream_first(struct pgstream *p, struct pgconn *g, struct err *e)
{
	struct row w = { .p = p };
	struct sqlrows rows = { .t = &p->t, .values = &values, .ctx = &w };
	PGresult *r;
	bool good;

	if (p->t.unread)
		return 0;
	r = pgconn_query(g, e, "FETCH 1 FROM conn_look", 0, NULL);
	if (r == NULL)
		return -1;
	w.r = r;
	good = PQntuples(r) == 0 || sqlrows_id(&rows);
	PQclear(r);
	sqlrows_release(&rows);
	if (!good)
		return err_set(e, ST_PERSON, "stream %s: a row whose id is "
		    "NULL", p->t.s.name);
	return pgconn_run(g, "CLOSE conn_look", e);
}

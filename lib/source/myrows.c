/* SPDX-License-Identifier: MIT */
/* The rows of a stream, one at a time as the server sends them. */
#include <stdlib.h>

#include "source/mystream.h"
#include "stream/record.h"

/* Ids looked at by a check: no more than can be waited for. */
enum { IDS_MOST = 500000 };

struct row {
	const struct mystream *p;
	MYSQL_ROW v;
	const unsigned long *n;
};

static struct span
value(const struct row *w, int column)
{
	return (struct span){ w->v[column], w->n[column] };
}

static bool
put_id(void *ctx, struct buf *out, int column)
{
	const struct row *w = ctx;

	if (w->v[column] == NULL)
		return false;
	myvalue_put_id(out, w->p->kind[column], value(w, column));
	return true;
}

static struct span
stamp(void *ctx, struct buf *scratch, int column)
{
	const struct row *w = ctx;

	if (w->v[column] == NULL)
		return (struct span){ 0 };
	return myvalue_stamp(scratch, w->p->kind[column], value(w, column));
}

static bool
time_of(void *ctx, int column, struct when *out)
{
	const struct row *w = ctx;

	return w->v[column] != NULL && myvalue_time(w->p->kind[column],
	    value(w, column), out);
}

static void
put(void *ctx, struct buf *out, int column)
{
	const struct row *w = ctx;

	if (w->v[column] == NULL)
		buf_add(out, "null", 4);
	else
		myvalue_put(out, w->p->kind[column], value(w, column));
}

static size_t
size(void *ctx, int column)
{
	const struct row *w = ctx;
	int flag = w->p->flag;

	if (column == 0 && flag >= 0 && w->v[flag] != NULL &&
	    *w->v[flag] == '1')
		return STREAM_LINE_MAX + 1;
	return w->n[column];
}

static const struct sqlvalues values = { .put_id = put_id, .stamp = stamp,
	.time = time_of, .put = put, .size = size };

/* ---- reading ---- */

/* What was a float is a double in the result, but known by its name. */
static void
place_kinds(struct mystream *p, MYSQL_RES *r)
{
	unsigned n = mysql_num_fields(r);
	const MYSQL_FIELD *f = mysql_fetch_fields(r);

	free(p->kind);
	p->kind = xcalloc(n + 1, sizeof *p->kind);
	for (unsigned i = 0; i < n; i++) {
		int at = sqltable_find(&p->t, f[i].name);

		p->kind[i] = mykind_of(&f[i]);
		if (at >= 0 && p->base[at] == MY_FLOAT)
			p->kind[i] = MY_FLOAT;
	}
	if (p->flag >= 0)
		p->flag = (int)n - 1;
}

/* The server holds the rows until they are fetched. */
static MYSQL_RES *
send(struct mystream *p, struct myconn *g, const struct mypart *part,
    struct err *e)
{
	MYSQL_RES *r = NULL;

	mystream_statement(p, g, part);
	detail("stream %s: %.*s", p->t.s.name, (int)p->sql.n, p->sql.p);
	if (mysql_real_query(g->c, p->sql.p, p->sql.n) == 0)
		r = mysql_use_result(g->c);
	if (r == NULL)
		myconn_failed(g, p->t.s.name, e);
	else
		place_kinds(p, r);
	return r;
}

/* false: at the end, or with e. */
static bool
next(struct row *w, MYSQL_RES *r, struct myconn *g, struct err *e)
{
	w->v = mysql_fetch_row(r);
	if (w->v != NULL) {
		w->n = mysql_fetch_lengths(r);
		return true;
	}
	if (mysql_errno(g->c) != 0)
		myconn_failed(g, w->p->t.s.name, e);
	return false;
}

/* What a row could not be read for, one of a function in a view, shows when
 * others were: they stay, the rest is protected. */
static int
failed(struct mystream *p, struct myconn *g, struct err *e)
{
	if (!myconn_denied(g))
		return -1;
	sqltable_refuse(&p->t, e);
	sqlrows_unread(&p->t);
	return 0;
}

int
mystream_read(struct mystream *p, struct myconn *g,
    const struct mypart *part, struct err *e)
{
	struct row w = { .p = p };
	struct sqlrows rows = { .t = &p->t, .w = &p->window,
	    .values = &values, .ctx = &w };
	MYSQL_RES *r;

	r = send(p, g, part, e);
	while (r != NULL && next(&w, r, g, e))
		sqlrows_put(&rows);
	mysql_free_result(r);
	sqlrows_release(&rows);
	return e->status == 0 ? 0 : failed(p, g, e);
}

int
mystream_ids(struct mystream *p, struct myconn *g, struct err *e)
{
	struct row w = { .p = p };
	struct sqlrows rows = { .t = &p->t, .values = &values, .ctx = &w };
	struct sqlids ids = { 0 };
	MYSQL_RES *r = send(p, g, &(struct mypart){ .slim = true,
	    .limit = IDS_MOST }, e);
	int more = 1;

	while (r != NULL && more > 0 && next(&w, r, g, e))
		more = sqlids_add(&ids, &rows);
	/* reads what is left, which is not much */
	mysql_free_result(r);
	sqlrows_release(&rows);
	sqlids_report(&ids, &p->t, more < 0 ||
	    (more > 0 && ids.n < IDS_MOST));
	return e->status == 0 ? 0 : -1;
}

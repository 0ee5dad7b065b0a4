/* SPDX-License-Identifier: MIT */
#include "source/sqlrun.h"

#include <stdlib.h>

#include "source/position.h"
#include "source/sqlcheck.h"
#include "source/sqlkeys.h"
#include "source/sqlrows.h"

enum { SNAPSHOTS = 5 };

static void
forget_streams(struct sqlrun *r)
{
	while (r->n > 0) {
		r->db->forget(r->v[--r->n]);
		free(r->v[r->n]);
	}
	r->nbare = 0;
	r->timed = false;
}

/* ---- streams ---- */

static int
look_at_stream(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct sqlrun *r = ctx;

	r->timed = r->timed || s->timestamp != NULL;
	r->v = xgrow(r->v, &r->cap, r->n + 1, sizeof *r->v);
	r->v[r->n] = xcalloc(1, r->db->stream);
	return r->db->look(r, r->v[r->n++], s, e);
}

bool
sqlrun_infers(const struct sqlrun *r)
{
	return r->rq->ids == NULL && !streq(r->rq->verb, "poll");
}

void
sqlrun_keep(struct sqlrun *r, const char *name)
{
	r->bare = xgrow(r->bare, &r->capbare, r->nbare + 1, sizeof *r->bare);
	r->bare[r->nbare++] = name;
}

/* A table whose key was dropped, for a while or for good, is no stream any
 * more, but its rows are there. */
static int
look_at_listed(struct sqlrun *r, const struct sqlstream *s, enum sqlkind kind,
    struct err *e)
{
	if (kind == SQL_KEYED)
		return look_at_stream(r, s, e);
	if (kind == SQL_BARE)
		sqlrun_keep(r, s->name);
	return 0;
}

int
sqlrun_table(struct sqlrun *r, struct span name, enum sqlkind kind,
    struct err *e)
{
	struct sqlstream s = { 0 };

	s.name = s.table = arena_strndup(&r->names, name);
	return r->each(r, &s, kind, e);
}

static int
no_table(struct sqlrun *r, struct err *e)
{
	struct buf place = { 0 };

	r->db->put_place(r, &place);
	err_set(e, ST_PERSON, "there is no table with a primary key in %s",
	    buf_cstr(&place));
	buf_release(&place);
	return -1;
}

static int
look_at_all(struct sqlrun *r, struct err *e)
{
	if (!r->listed)
		return sqlstream_each(r->rq, look_at_stream, r, e);
	r->each = look_at_listed;
	if (r->db->tables(r, e) != 0)
		return -1;
	return r->n > 0 ? 0 : no_table(r, e);
}

static int
begin(struct sqlrun *r, struct err *e)
{
	return r->db->begin != NULL ? r->db->begin(r, e) : 0;
}

static int
look_in_snapshot(struct sqlrun *r, struct err *e)
{
	bool again = true;

	for (int i = 0; i < SNAPSHOTS && again; i++) {
		forget_streams(r);
		again = false;
		if (begin(r, e) != 0 || look_at_all(r, e) != 0)
			return -1;
		if (r->db->again != NULL && r->db->again(r, &again, e) != 0)
			return -1;
	}
	return again ? err_set(e, ST_TEMP, "tables are written anew again "
	    "and again") : 0;
}

/* ---- verbs ---- */

static int
with_database(const struct request *rq, int (*prepare)(struct sqlrun *r,
    struct err *e), int (*work)(struct sqlrun *r, struct err *e),
    struct err *e)
{
	const struct sqldb *db = rq->own;
	struct sqlrun r = { .db = db, .rq = rq, .own = xcalloc(1, db->own),
		.listed = rq->streams->n == 0 };
	int result = db->open(&r, e) != 0 || prepare(&r, e) != 0 ? -1 :
	    work(&r, e);

	forget_streams(&r);
	db->close(&r);
	free(r.v);
	free(r.bare);
	free(r.own);
	arena_release(&r.names);
	return result;
}

static void
keep_bare(const struct sqlrun *r)
{
	struct buf prefix = { 0 };

	for (size_t i = 0; i < r->nbare; i++) {
		buf_clear(&prefix);
		sqlstream_put_prefix(&prefix, r->bare[i]);
		emit_keep(buf_span(&prefix));
	}
	buf_release(&prefix);
}

static int
read_stream(struct sqlrun *r, struct sqltable *t, struct err *e)
{
	if (r->rq->ids != NULL && !sqlkeys_any(t, r->rq->ids))
		return 0;
	if (!t->unread)
		return r->db->read(r, t, e);
	sqlrows_unread(t);
	return 0;
}

static int
read_streams(struct sqlrun *r, struct err *e)
{
	bool part = r->rq->ids != NULL || window_explicit(r->rq);

	for (size_t i = 0; i < r->n; i++)
		if (read_stream(r, r->v[i], e) != 0)
			return -1;
	if (r->db->finish != NULL && r->db->finish(r, e) != 0)
		return -1;
	if (sqlrun_infers(r))
		keep_bare(r);
	for (size_t i = 0; i < r->n && !part && !r->rq->slim; i++)
		r->db->put_state(r, r->v[i]);
	return 0;
}

int
sqlrun_work(const struct request *rq, int (*work)(struct sqlrun *r,
    struct err *e), struct err *e)
{
	return with_database(rq, look_in_snapshot, work, e);
}

/* load, slim and poll differ in what was looked for */
int
sqlrun_read(const struct request *rq, struct err *e)
{
	return sqlrun_work(rq, read_streams, e);
}

static int
check_streams(struct sqlrun *r, struct err *e)
{
	struct sqlcheck c = { 0 };
	bool all = true;
	int result = 0;

	for (size_t i = 0; i < r->n && result == 0; i++) {
		all = all && !r->v[i]->unread;
		if (!r->v[i]->unread)
			sqlcheck_fields(&c, r->rq, r->v[i]);
		result = r->db->check(r, r->v[i], e);
	}
	sqlcheck_report(&c, r->rq, result == 0 && all);
	if (result == 0 && r->db->check_all != NULL)
		result = r->db->check_all(r, e);
	if (result == 0)
		sqlcheck_bare(r->bare, r->nbare);
	return result;
}

int
sqlrun_check(const struct request *rq, struct err *e)
{
	return sqlrun_work(rq, check_streams, e);
}

static int
discover_table(struct sqlrun *r, const struct sqlstream *s,
    enum sqlkind kind, struct err *e)
{
	struct sqltable *t = xcalloc(1, r->db->stream);
	struct buf b = { 0 };
	int result = r->db->columns(r, t, s, e);

	(void)kind;
	if (result == 0 && t->unread) {
		warn("%s", t->why);
	} else if (result == 0) {
		sqltable_key(t);
		sqltable_put_stream(&b, t);
		emit_raw(buf_span(&b));
	}
	buf_release(&b);
	r->db->forget(t);
	free(t);
	return result;
}

static int
discover(struct sqlrun *r, struct err *e)
{
	r->each = discover_table;
	return r->db->tables(r, e);
}

/* Of the streams that are asked for, as they would be read. */
static int
discover_streams(struct sqlrun *r, struct err *e)
{
	struct buf b = { 0 };

	(void)e;
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i]->unread) {
			warn("%s", r->v[i]->why);
			continue;
		}
		buf_clear(&b);
		sqltable_put_stream(&b, r->v[i]);
		emit_raw(buf_span(&b));
	}
	buf_release(&b);
	return 0;
}

int
sqlrun_discover(const struct request *rq, struct err *e)
{
	return rq->streams->n > 0 ? sqlrun_work(rq, discover_streams, e) :
	    with_database(rq, begin, discover, e);
}

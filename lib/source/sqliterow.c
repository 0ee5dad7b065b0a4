/* SPDX-License-Identifier: MIT */
/* The rows of a stream as lines of conn-driver(7). */
#include "source/sqlitestream.h"
#include "source/sqlitevalue.h"
#include "source/sqlrows.h"

static bool
put_id(void *ctx, struct buf *out, int column)
{
	return sqlitevalue_put_id(out, ctx, column);
}

static struct span
stamp(void *ctx, struct buf *scratch, int column)
{
	return sqlitevalue_text(scratch, ctx, column);
}

static bool
time_of(void *ctx, int column, struct timespec *out)
{
	return sqlitevalue_time(ctx, column, out);
}

static bool
put(void *ctx, struct buf *out, int column, size_t room)
{
	return sqlitevalue_put(out, ctx, column, room);
}

static const struct sqlvalues values = { .put_id = put_id,
	.stamp = stamp, .time = time_of, .put_within = put };

int
sqlitestream_read(struct sqlitestream *t, struct sqlitedb *db,
    const struct window *w, struct err *e)
{
	struct sqlrows r = { .t = &t->t, .w = w, .values = &values,
	    .ctx = t->stmt };
	int code;

	detail("stream %s: %s", t->t.s.name, sqlite3_sql(t->stmt));
	while ((code = sqlite3_step(t->stmt)) == SQLITE_ROW)
		sqlrows_put(&r);
	sqlrows_release(&r);
	return code == SQLITE_DONE ? 0 : sqlitedb_failed(db, e);
}

int
sqlitestream_check(struct sqlitestream *t, struct sqlitedb *db,
    struct err *e)
{
	struct sqlrows r = { .t = &t->t, .values = &values, .ctx = t->stmt };
	int code = sqlite3_step(t->stmt);
	bool good = code != SQLITE_ROW || sqlrows_id(&r);

	sqlrows_release(&r);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return sqlitedb_failed(db, e);
	return good ? 0 : err_set(e, ST_PERSON,
	    "stream %s: a row whose id is NULL", t->t.s.name);
}

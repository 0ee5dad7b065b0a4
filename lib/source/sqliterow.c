/* SPDX-License-Identifier: MIT */
/* The rows of a stream as lines of conn-driver(7). */
#include "source/sqlcheck.h"
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
	return sqlitevalue_time(sqlite3_column_value(ctx, column), out);
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
	struct sqlids ids = { 0 };
	int code, more = 1;

	while ((code = sqlite3_step(t->stmt)) == SQLITE_ROW && more > 0)
		more = sqlids_add(&ids, &r);
	sqlrows_release(&r);
	sqlids_report(&ids, &t->t, code == SQLITE_DONE);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 :
	    sqlitedb_failed(db, e);
}

/* SPDX-License-Identifier: MIT */
/* The rows of a stream as lines of conn-driver(7). */
#include "source/sqlcheck.h"
#include "source/sqlitestream.h"
#include "source/sqlitevalue.h"
#include "source/sqlkeys.h"
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
time_of(void *ctx, int column, struct when *out)
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

static int
step(struct sqlitestream *t, struct sqlrows *r)
{
	int code;

	while ((code = sqlite3_step(t->stmt)) == SQLITE_ROW)
		sqlrows_put(r);
	return code;
}

/* Every value that is written so in an id: a text, a number, a blob. */
static void
bind_part(sqlite3_stmt *s, int at, struct buf *part, struct buf *blob)
{
	struct span text = buf_span(part);
	int64_t whole;
	double real;

	sqlite3_bind_text64(s, at, text.p ? text.p : "", text.n,
	    SQLITE_TRANSIENT, SQLITE_UTF8);
	if (sqlkeys_is_integer(text, &whole))
		sqlite3_bind_int64(s, at + 1, whole);
	else if (sqlkeys_is_real(part, &real))
		sqlite3_bind_double(s, at + 1, real);
	buf_clear(blob);
	if (sqlkeys_is_hex(blob, text))
		sqlite3_bind_blob64(s, at + 2, blob->n > 0 ? blob->p : "",
		    blob->n, SQLITE_TRANSIENT);
}

static int
read_ids(struct sqlitestream *t, struct sqlrows *r, const struct val *ids)
{
	struct sqlkeys k;
	struct buf blob = { 0 };
	int code = SQLITE_DONE;

	sqlkeys_init(&k, &t->t, ids);
	while (code == SQLITE_DONE && sqlkeys_next(&k)) {
		sqlite3_reset(t->stmt);
		sqlite3_clear_bindings(t->stmt);
		for (size_t i = 0; i < k.n; i++)
			bind_part(t->stmt, (int)i * 3 + 1, &k.part[i], &blob);
		code = step(t, r);
	}
	sqlkeys_release(&k);
	buf_release(&blob);
	return code;
}

int
sqlitestream_read(struct sqlitestream *t, struct sqlitedb *db,
    const struct val *ids, struct err *e)
{
	struct sqlrows r = { .t = &t->t, .w = &t->window, .values = &values,
	    .ctx = t->stmt };
	int code;

	detail("stream %s: %s", t->t.s.name, sqlite3_sql(t->stmt));
	code = t->by_id ? read_ids(t, &r, ids) : step(t, &r);
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

/* SPDX-License-Identifier: MIT */
/* The rows of a stream as lines of conn-driver(7). */
#include <stdio.h>

#include "source/sqlitestream.h"
#include "source/sqlitevalue.h"
#include "stream/record.h"

struct reading {
	struct sqlitestream *t;
	const struct window *w;
	struct buf id, time;
};

/* false: a part of it is NULL. */
static bool
make_id(struct reading *r)
{
	const struct sqlitestream *t = r->t;

	buf_clear(&r->id);
	id_part(&r->id, span_of(t->s.name));
	for (size_t i = 0; i < t->s.nid; i++) {
		buf_putc(&r->id, '/');
		if (!sqlitevalue_put_id(&r->id, t->stmt, t->id[i]))
			return false;
	}
	return true;
}

/* A row whose time nobody can read may have changed. */
static bool
is_wanted(const struct reading *r)
{
	struct timespec when;

	return !r->w->on || r->t->timestamp < 0 ||
	    !sqlitevalue_time(r->t->stmt, r->t->timestamp, &when) ||
	    window_has(r->w, when);
}

/* Texts and blobs alone are more than a line may hold. */
static bool
is_too_long(const struct sqlitestream *t)
{
	size_t sum = 0;

	for (int i = 0; i < t->ndoc; i++) {
		int type = sqlite3_column_type(t->stmt, i);

		if (type == SQLITE_TEXT || type == SQLITE_BLOB)
			sum += (size_t)sqlite3_column_bytes(t->stmt, i);
	}
	return sum > STREAM_LINE_MAX;
}

static void
put_document(struct reading *r, struct span time)
{
	struct sqlitestream *t = r->t;
	struct buf *b = emit_begin(buf_span(&r->id), time, t->s.name);

	for (int i = 0; i < t->ndoc; i++) {
		buf_add_span(b, buf_span(&t->keys[i]));
		sqlitevalue_put(b, t->stmt, i);
	}
	buf_putc(b, '}');
	emit_end();
}

static void
put_row(struct reading *r)
{
	struct sqlitestream *t = r->t;
	struct span time = { 0 };

	if (!make_id(r)) {
		buf_clear(&r->id);
		buf_printf(&r->id, "stream %s: a row whose id is NULL",
		    t->s.name);
		emit_fail_all("null_id", buf_cstr(&r->id));
		return;
	}
	if (t->timestamp >= 0)
		time = sqlitevalue_text(&r->time, t->stmt, t->timestamp);
	if (t->ndoc == 0)
		emit_doc(buf_span(&r->id), time, t->s.name,
		    (struct span){ 0 });
	else if (is_too_long(t))
		emit_fail(buf_span(&r->id), "too_long",
		    "the row is over 64 MiB");
	else
		put_document(r, time);
}

int
sqlitestream_read(struct sqlitestream *t, struct sqlitedb *db,
    const struct window *w, struct err *e)
{
	struct reading r = { .t = t, .w = w };
	int code;

	detail("stream %s: %s", t->s.name, sqlite3_sql(t->stmt));
	while ((code = sqlite3_step(t->stmt)) == SQLITE_ROW)
		if (is_wanted(&r))
			put_row(&r);
	buf_release(&r.id);
	buf_release(&r.time);
	return code == SQLITE_DONE ? 0 : sqlitedb_failed(db, e);
}

int
sqlitestream_check(struct sqlitestream *t, struct sqlitedb *db,
    struct err *e)
{
	struct reading r = { .t = t };
	int code = sqlite3_step(t->stmt);
	bool good = code != SQLITE_ROW || make_id(&r);

	buf_release(&r.id);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return sqlitedb_failed(db, e);
	return good ? 0 : err_set(e, ST_PERSON,
	    "stream %s: a row whose id is NULL", t->s.name);
}

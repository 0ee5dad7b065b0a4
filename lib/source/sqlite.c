/* SPDX-License-Identifier: MIT */
/* Driver `sqlite`: tables and queries of a database; conn-source-sqlite(7). */
#include "base/clock.h"
#include "base/mem.h"
#include "source/sqladvanced.h"
#include "source/sqlitestream.h"

static const char spec[] = "{\"type\":\"sqlite\","
    "\"title\":\"SQLite database\",\"schema\":{\"type\":\"object\","
    "\"required\":[\"path\"],\"additionalProperties\":false,\"properties\":{"
    "\"path\":{\"type\":\"string\",\"minLength\":1,\"format\":\"path\","
    "\"title\":\"Database\",\"description\":\"The file of the database; "
    "it is read in one snapshot and never written.\"},"
    SQLADVANCED_SCHEMA "}},"
    "\"streams\":" SQLSTREAM_SCHEMA ","
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\",\"poll\"],"
    "\"slim_fields\":[],\"ids\":false,\"confirm\":false}";

/* One run: the database and what is done with each of its streams. */
struct run {
	const struct request *rq;
	struct sqlitedb db;
	struct timespec start;  /* before the snapshot */
	int (*stream)(struct run *, const struct sqlstream *, struct err *);
	size_t streams;
};

static int
each_stream(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct run *r = ctx;

	r->streams++;
	return r->stream(r, s, e);
}

static int
all_streams(struct run *r, struct err *e)
{
	const struct request *rq = r->rq;

	if (rq->streams->n > 0)
		return sqlstream_each(rq, each_stream, r, e);
	if (sqlitestream_tables(&r->db, false, each_stream, r, e) != 0)
		return -1;
	return r->streams > 0 ? 0 : err_set(e, ST_PERSON,
	    "%s: there is no table with a primary key", r->db.path);
}

static int
open_database(struct run *r, const struct request *rq, struct err *e)
{
	const char *path = val_cstr(val_get(rq->source, "path"));
	double wait = 600;

	*r = (struct run){ .rq = rq, .start = clock_wall() };
	if (path == NULL || *path == '\0')
		return source_wrong(e, "path", "missing");
	if (source_seconds(rq, "retry", &wait, e) != 0)
		return -1;
	return sqlitedb_open(&r->db, path, wait, e);
}

/* Do the settings fit? All of them, before the first row is written. */
static int
look_at_stream(struct run *r, const struct sqlstream *s, struct err *e)
{
	bool poll = streq(r->rq->verb, "poll");
	struct sqlitestream t;
	struct window w;
	int result;

	if (poll && s->timestamp == NULL)
		return sqlstream_wrong(s, e, "a poll needs timestamp");
	if (poll && window_init(&w, r->rq, s->name, r->start, e) != 0)
		return -1;
	result = sqlitestream_init(&t, &r->db, s, e);
	if (result == 0)
		result = sqlitestream_prepare(&t, &r->db, r->rq->slim, e);
	sqlitestream_release(&t);
	return result;
}

static int
with_database(const struct request *rq, int (*stream)(struct run *,
    const struct sqlstream *, struct err *), struct err *e)
{
	struct run r;
	int result = open_database(&r, rq, e);

	r.stream = look_at_stream;
	if (result == 0)
		result = all_streams(&r, e);
	r.stream = stream;
	if (result == 0)
		result = all_streams(&r, e);
	sqlitedb_close(&r.db);
	return result;
}

static int
read_stream(struct run *r, const struct sqlstream *s, struct err *e)
{
	static const struct window all;
	struct sqlitestream t;
	int result = sqlitestream_init(&t, &r->db, s, e);

	if (result == 0)
		result = sqlitestream_prepare(&t, &r->db, r->rq->slim, e);
	if (result == 0)
		result = sqlitestream_read(&t, &r->db, &all, e);
	if (result == 0 && s->timestamp != NULL && !r->rq->slim)
		position_emit(s->name, r->start);
	sqlitestream_release(&t);
	return result;
}

static int
poll_stream(struct run *r, const struct sqlstream *s, struct err *e)
{
	struct sqlitestream t;
	struct window w;
	int result;

	if (window_init(&w, r->rq, s->name, r->start, e) != 0)
		return -1;
	result = sqlitestream_init(&t, &r->db, s, e);
	if (result == 0)
		result = sqlitestream_prepare(&t, &r->db, false, e);
	if (result == 0)
		result = sqlitestream_read(&t, &r->db, &w, e);
	if (result == 0 && !window_explicit(r->rq))
		position_emit(s->name, r->start);
	sqlitestream_release(&t);
	return result;
}

static int
check_stream(struct run *r, const struct sqlstream *s, struct err *e)
{
	struct sqlitestream t;
	int result = sqlitestream_init(&t, &r->db, s, e);

	if (result == 0)
		result = sqlitestream_prepare(&t, &r->db, false, e);
	if (result == 0)
		result = sqlitestream_check(&t, &r->db, e);
	sqlitestream_release(&t);
	return result;
}

static int
check(const struct request *rq, struct err *e)
{
	return with_database(rq, check_stream, e);
}

static int
read_all(const struct request *rq, struct err *e)
{
	return with_database(rq, read_stream, e);
}

static int
poll_all(const struct request *rq, struct err *e)
{
	return with_database(rq, poll_stream, e);
}

static int
discover_table(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct run *r = ctx;
	struct sqlitestream t;
	struct buf b = { 0 };
	int result = sqlitestream_columns(&t, &r->db, s, e);

	if (result == 0) {
		sqltable_key(&t.t);
		sqltable_put_stream(&b, &t.t);
		emit_raw(buf_span(&b));
	} else if (sqlite3_errcode(r->db.h) == SQLITE_ERROR) {
		/* a view or a virtual table of which something is missing */
		warn("%s: %s", s->name, sqlite3_errmsg(r->db.h));
		result = 0;
	}
	buf_release(&b);
	sqlitestream_release(&t);
	return result;
}

static int
discover(const struct request *rq, struct err *e)
{
	struct run r;
	int result = open_database(&r, rq, e);

	if (result == 0)
		result = sqlitestream_tables(&r.db, true, discover_table, &r,
		    e);
	sqlitedb_close(&r.db);
	return result;
}

static int
ready(struct arena *a, struct request *rq, struct err *e)
{
	return sqladvanced_ready(a, rq, "main", e);
}

static const char *
libraries(void)
{
	return xasprintf("sqlite %s\n", sqlite3_libversion());
}

int
main(int argc, char **argv)
{
	static const struct source sqlite = {
		.type = "sqlite", .spec = spec, .libraries = libraries,
		.ready = ready,
		.check = check, .discover = discover, .read = read_all,
		.poll = poll_all
	};

	return source_main(&sqlite, argc, argv);
}

/* SPDX-License-Identifier: MIT */
/* Driver `sqlite`: tables and queries of a database; conn-source-sqlite(7). */
#include "base/clock.h"
#include "base/mem.h"
#include "source/sqladvanced.h"
#include "source/sqlcheck.h"
#include "source/sqlitefile.h"
#include "source/sqliteindex.h"
#include "source/sqlitestream.h"

static const char spec[] = "{\"type\":\"sqlite\","
    "\"title\":\"SQLite database\",\"schema\":{\"type\":\"object\","
    "\"required\":[\"path\"],\"additionalProperties\":false,\"properties\":{"
    "\"path\":{\"type\":\"string\",\"minLength\":1,\"format\":\"path\","
    "\"title\":\"Database\",\"description\":\"The file of the database; "
    "it is read in one snapshot and never written.\"},"
    SQLADVANCED_SCHEMA "}},"
    "\"streams\":" SQLSTREAM_SCHEMA ","
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\",\"poll\","
    "\"changed\"],"
    "\"slim_fields\":[],\"ids\":false,\"confirm\":false}";

/* One run: the database and what is done with each of its streams. */
struct run {
	const struct request *rq;
	struct sqlitefile file; /* looked at before the snapshot */
	struct sqlitedb db;
	struct timespec start;  /* before the snapshot */
	int (*stream)(struct run *, const struct sqlstream *, struct err *);
	size_t streams;
	struct sqlcheck check;
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

static const char *
path_of(const struct request *rq, struct err *e)
{
	const char *path = val_cstr(val_get(rq->source, "path"));

	if (path != NULL && *path != '\0')
		return path;
	source_wrong(e, "path", "missing");
	return NULL;
}

static int
open_database(struct run *r, const struct request *rq, struct err *e)
{
	const char *path = path_of(rq, e);
	double wait = 600;

	*r = (struct run){ .rq = rq, .start = clock_wall(), .file.fd = -1 };
	if (path == NULL || source_seconds(rq, "retry", &wait, e) != 0)
		return -1;
	sqlitefile_look(&r->file, path);
	if (sqlitedb_open(&r->db, path, wait, e) != 0)
		return -1;
	sqlitefile_locked(&r->file);
	return 0;
}

static void
close_database(struct run *r)
{
	sqlitedb_close(&r->db);
	sqlitefile_close(&r->file);
}

/* Without a log our lock keeps every writer away who knows of locks. */
static int
check_untouched(struct run *r, struct err *e)
{
	if (sqlitedb_is_wal(&r->db) || sqlitefile_untouched(&r->file))
		return 0;
	return err_set(e, ST_TEMP, "%s: it was overwritten while it was read",
	    r->db.path);
}

/* Only streams with a timestamp can be polled, but of any it can be told
 * whether something changed. */
static void
put_state(struct run *r, const struct sqlstream *s)
{
	bool sure = r->file.sure && !r->db.wavers;
	struct buf b = { 0 };
	char since[CLOCK_TEXT];

	if (s->timestamp == NULL && !sure)
		return;
	buf_putc(&b, '{');
	if (s->timestamp != NULL) {
		clock_format(r->start, 9, since);
		json_put_key(&b, "since");
		json_put_cstring(&b, since);
	}
	if (r->file.file[0] != '\0') {
		json_put_key(&b, "file");
		json_put_cstring(&b, r->file.file);
	}
	if (sure) {
		json_put_key(&b, "commit");
		json_put_cstring(&b, r->file.commit);
	}
	buf_putc(&b, '}');
	emit_state(s->name, buf_span(&b));
	buf_release(&b);
}

/* The saved position says nothing about a file that took the place of the one
 * it is of, and nothing of rows without a timestamp. */
static int
check_position(struct run *r, const struct sqlstream *s, struct err *e)
{
	const struct val *saved = val_get(r->rq->state, s->name);
	struct span file = val_str(val_get(saved, "file"));

	if (window_explicit(r->rq) || saved == NULL)
		return s->timestamp != NULL ? 0 :
		    sqlstream_wrong(s, e, "a poll needs timestamp");
	if (s->timestamp != NULL && (file.n == 0 ||
	    sqlitefile_same(&r->file, file)))
		return 0;
	emit_reset();
	if (s->timestamp == NULL)
		return err_set(e, ST_PERSON, "stream %s has no timestamp; run "
		    "a full sync", s->name);
	return err_set(e, ST_PERSON, "%s: another file than in the last run; "
	    "run a full sync", r->db.path);
}

/* Do the settings fit? All of them, before the first row is written. */
static int
look_at_stream(struct run *r, const struct sqlstream *s, struct err *e)
{
	bool poll = streq(r->rq->verb, "poll");
	struct sqlitestream t;
	struct window w;
	int result;

	if (poll && check_position(r, s, e) != 0)
		return -1;
	if (poll && window_init(&w, r->rq, s->name, r->start, e) != 0)
		return -1;
	result = sqlitestream_init(&t, &r->db, s, e);
	if (result == 0)
		result = sqlitestream_prepare(&t, &r->db, r->rq->slim, NULL,
		    e);
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
	if (result == 0)
		result = check_untouched(&r, e);
	sqlcheck_report(&r.check, rq, result == 0);
	close_database(&r);
	return result;
}

static int
read_stream(struct run *r, const struct sqlstream *s, struct err *e)
{
	static const struct window all;
	struct sqlitestream t;
	int result = sqlitestream_init(&t, &r->db, s, e);

	if (result == 0)
		result = sqlitestream_prepare(&t, &r->db, r->rq->slim, NULL,
		    e);
	if (result == 0)
		result = sqlitestream_read(&t, &r->db, &all, e);
	if (result == 0 && !r->rq->slim)
		put_state(r, s);
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
		result = sqlitestream_prepare(&t, &r->db, false, &w, e);
	if (result == 0)
		result = sqlitestream_read(&t, &r->db, &w, e);
	if (result == 0 && !window_explicit(r->rq))
		put_state(r, s);
	sqlitestream_release(&t);
	return result;
}

static int
check_stream(struct run *r, const struct sqlstream *s, struct err *e)
{
	struct sqlitestream t;
	int result = sqlitestream_init(&t, &r->db, s, e);

	if (result == 0)
		result = sqlitestream_prepare(&t, &r->db, true, NULL, e);
	if (result == 0)
		result = sqlitestream_check(&t, &r->db, e);
	if (result == 0) {
		sqlcheck_fields(&r->check, r->rq, &t.t);
		sqliteindex_check(&t, &r->db);
	}
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
	close_database(&r);
	return result;
}

enum answer { SAME, CHANGED, UNKNOWN };

static enum answer
compare(const struct sqlitefile *f, const struct val *saved)
{
	struct span file = val_str(val_get(saved, "file"));
	struct span commit = val_str(val_get(saved, "commit"));

	if (commit.n == 0)
		return UNKNOWN;
	if (!span_is(commit, f->commit))
		return CHANGED;
	return span_is(file, f->file) ? SAME : UNKNOWN;
}

static enum answer
compare_all(const struct request *rq, const struct sqlitefile *f)
{
	enum answer all = SAME, one;
	size_t n = rq->streams->n > 0 || rq->state == NULL ? rq->streams->n :
	    rq->state->n;

	for (size_t i = 0; i < n; i++) {
		one = compare(f, rq->streams->n == 0 ?
		    rq->state->members[i].value :
		    val_get(rq->state, val_cstr(val_get(rq->streams->items[i],
		    "name"))));
		if (one == CHANGED || all == SAME)
			all = one;
	}
	return n > 0 ? all : UNKNOWN;
}

/* Opens nothing but the file: what SQLite would do to do that is dearer than
 * the answer. */
static int
changed(const struct request *rq, struct err *e)
{
	static const struct span text[] = {
		[SAME] = SPAN("{\"changed\":false}"),
		[CHANGED] = SPAN("{\"changed\":true}"),
		[UNKNOWN] = SPAN("{\"changed\":null}")
	};
	const char *path = path_of(rq, e);
	struct sqlitefile f;

	if (path == NULL)
		return -1;
	sqlitefile_look(&f, path);
	emit_raw(text[f.commit[0] == '\0' ? UNKNOWN : compare_all(rq, &f)]);
	sqlitefile_close(&f);
	return 0;
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
		.poll = poll_all, .changed = changed
	};

	return source_main(&sqlite, argc, argv);
}

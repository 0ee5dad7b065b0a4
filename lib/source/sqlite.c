/* SPDX-License-Identifier: MIT */
/* Driver `sqlite`: tables and queries of a database; conn-source-sqlite(7). */
#include "base/clock.h"
#include "source/sqladvanced.h"
#include "source/sqlitefile.h"
#include "source/sqliteindex.h"
#include "source/sqlitestream.h"
#include "source/sqlrun.h"

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
    "\"slim_fields\":[],\"ids\":true,\"confirm\":false}";

/* One run. */
struct own {
	struct sqlitefile file; /* looked at before the snapshot */
	struct sqlitedb db;
	struct timespec start;  /* before the snapshot */
};

static struct sqlitestream *
stream_of(struct sqltable *t)
{
	return (struct sqlitestream *)t;
}

static void
forget(struct sqltable *t)
{
	sqlitestream_release(stream_of(t));
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
open_database(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;
	const char *path = path_of(r->rq, e);
	double wait = 600;

	o->start = clock_wall();
	o->file.fd = -1;
	if (path == NULL || source_seconds(r->rq, "retry", &wait, e) != 0)
		return -1;
	sqlitefile_look(&o->file, path);
	if (sqlitedb_open(&o->db, path, wait, e) != 0)
		return -1;
	sqlitefile_locked(&o->file);
	return 0;
}

static void
close_database(struct sqlrun *r)
{
	struct own *o = r->own;

	sqlitedb_close(&o->db);
	sqlitefile_close(&o->file);
}

static void
put_place(struct sqlrun *r, struct buf *out)
{
	const struct own *o = r->own;

	buf_puts(out, o->db.path);
}

/* Without a log our lock keeps every writer away who knows of locks. */
static int
check_untouched(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;

	if (sqlitedb_is_wal(&o->db) || sqlitefile_untouched(&o->file))
		return 0;
	return err_set(e, ST_TEMP, "%s: it was overwritten while it was read",
	    o->db.path);
}

/* Only streams with a timestamp can be polled, but of any it can be told
 * whether something changed. */
static void
put_state(struct sqlrun *r, const struct sqltable *t)
{
	const struct own *o = r->own;
	const struct sqlstream *s = &t->s;
	bool sure = o->file.sure && !o->db.wavers;
	struct buf b = { 0 };
	char since[CLOCK_TEXT];

	if (s->timestamp == NULL && !sure)
		return;
	buf_putc(&b, '{');
	if (s->timestamp != NULL) {
		clock_format(o->start, 9, since);
		json_put_key(&b, "since");
		json_put_cstring(&b, since);
	}
	if (o->file.file[0] != '\0') {
		json_put_key(&b, "file");
		json_put_cstring(&b, o->file.file);
	}
	if (o->file.counted) {
		json_put_key(&b, "counter");
		json_put_u64(&b, o->file.counter);
	}
	if (sure) {
		json_put_key(&b, "commit");
		json_put_cstring(&b, o->file.commit);
	}
	buf_putc(&b, '}');
	emit_state(s->name, buf_span(&b));
	buf_release(&b);
}

/* NULL: it is the file that the saved state is of, or has become of it. */
static const char *
replaced(const struct sqlitefile *f, const struct val *saved)
{
	struct span file = val_str(val_get(saved, "file"));
	uint64_t counter;

	if (file.n > 0 && !sqlitefile_same(f, file))
		return "another file than in the last run";
	if (val_u64(val_get(saved, "counter"), UINT32_MAX, &counter) &&
	    sqlitefile_older(f, (uint32_t)counter))
		return "older than in the last run";
	return NULL;
}

/* The saved position says nothing about a file that took the place of the one
 * it is of, and nothing of rows without a timestamp. */
static int
check_position(struct sqlrun *r, const struct sqlstream *s, struct err *e)
{
	const struct own *o = r->own;
	const struct val *saved = val_get(r->rq->state, s->name);
	const char *why;

	if (window_explicit(r->rq) || saved == NULL)
		return s->timestamp != NULL ? 0 :
		    sqlstream_wrong(s, e, "a poll needs timestamp");
	why = replaced(&o->file, saved);
	if (s->timestamp != NULL && why == NULL)
		return 0;
	emit_reset();
	if (s->timestamp == NULL)
		return err_set(e, ST_PERSON, "stream %s has no timestamp; run "
		    "a full sync", s->name);
	return err_set(e, ST_PERSON, "%s: %s; run a full sync", o->db.path,
	    why);
}

/* ---- streams ---- */

static int
tables(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;

	return sqlitestream_tables(&o->db, r, e);
}

static int
columns(struct sqlrun *r, struct sqltable *t, const struct sqlstream *s,
    struct err *e)
{
	struct own *o = r->own;

	if (sqlitestream_columns(stream_of(t), &o->db, s, e) == 0)
		return 0;
	if (sqlite3_errcode(o->db.h) != SQLITE_ERROR)
		return -1;
	/* a view or a virtual table of which something is missing */
	err_set(e, ST_PERSON, "%s: %s", s->name, sqlite3_errmsg(o->db.h));
	sqltable_refuse(t, e);
	return 0;
}

static int
look(struct sqlrun *r, struct sqltable *t, const struct sqlstream *s,
    struct err *e)
{
	struct own *o = r->own;
	struct sqlitestream *p = stream_of(t);
	struct sqlitepart part = { .ids = r->rq->ids,
		.slim = r->rq->slim || streq(r->rq->verb, "check") };
	struct window w = { 0 };

	if (streq(r->rq->verb, "poll") && (check_position(r, s, e) != 0 ||
	    window_init(&w, r->rq, s->name, o->start, e) != 0))
		return -1;
	if (sqlitestream_init(p, &o->db, s, e) != 0)
		return -1;
	p->window = w;
	return sqlitestream_prepare(p, &o->db, &part, e);
}

/* ---- verbs ---- */

static int
read_stream(struct sqlrun *r, struct sqltable *t, struct err *e)
{
	struct own *o = r->own;

	return sqlitestream_read(stream_of(t), &o->db, r->rq->ids, e);
}

static int
check_stream(struct sqlrun *r, struct sqltable *t, struct err *e)
{
	struct own *o = r->own;

	if (sqlitestream_check(stream_of(t), &o->db, e) != 0)
		return -1;
	sqliteindex_check(stream_of(t), &o->db);
	return 0;
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

static const struct sqldb db = {
	.own = sizeof(struct own), .stream = sizeof(struct sqlitestream),
	.open = open_database, .tables = tables, .put_place = put_place,
	.columns = columns, .look = look, .read = read_stream,
	.finish = check_untouched, .put_state = put_state,
	.check = check_stream, .check_all = check_untouched,
	.forget = forget, .close = close_database
};

int
main(int argc, char **argv)
{
	static const struct source sqlite = {
		.type = "sqlite", .needs = SANDBOX_FILES,
		.spec = spec, .libraries = libraries,
		.ready = ready, .own = &db,
		.check = sqlrun_check, .discover = sqlrun_discover,
		.read = sqlrun_read, .poll = sqlrun_read, .changed = changed
	};

	return source_main(&sqlite, argc, argv);
}

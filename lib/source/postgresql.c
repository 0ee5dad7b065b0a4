/* SPDX-License-Identifier: MIT */
/* Driver `postgresql`: tables and queries of a database;
 * conn-source-postgresql(7). */
#include <stdlib.h>

#include "base/mem.h"
#include "source/pgcheck.h"
#include "source/pgids.h"
#include "source/pgposition.h"
#include "source/sqladvanced.h"
#include "source/sqlcheck.h"

enum { SNAPSHOTS = 5 };

static const char spec[] = "{\"type\":\"postgresql\","
    "\"title\":\"PostgreSQL database\",\"schema\":{\"type\":\"object\","
    "\"required\":[\"url\"],\"additionalProperties\":false,\"properties\":{"
    "\"url\":{\"type\":\"string\",\"pattern\":\"^postgres(ql)?://\","
    "\"title\":\"Database\",\"description\":\"postgresql://USER@HOST:PORT/"
    "DATABASE?OPTION=VALUE, with the options of libpq.\"},"
    "\"password\":{\"type\":\"string\",\"secret\":true,"
    "\"title\":\"Password\",\"description\":\"Without it the password file "
    "of libpq is asked.\"},"
    "\"schema\":{\"type\":\"string\",\"minLength\":1,\"default\":\"public\","
    "\"title\":\"Schema\",\"description\":\"Where the tables are.\"},"
    "\"row_security\":{\"type\":\"boolean\",\"default\":false,"
    "\"title\":\"Row security\",\"description\":\"Read tables some rows "
    "of which policies hide from this role; what is hidden counts as "
    "deleted. Without it such tables are not read.\"},"
    "\"ca\":{\"type\":\"string\",\"format\":\"path\","
    "\"title\":\"Certificates\",\"description\":\"A PEM file of those that "
    "are trusted; the server's is then verified, with its host name.\"},"
    "\"cert\":{\"type\":\"string\",\"format\":\"path\","
    "\"title\":\"Certificate\",\"description\":\"A PEM file with ours, for "
    "servers that ask for one.\"},"
    "\"key\":{\"type\":\"string\",\"format\":\"path\","
    "\"title\":\"Key\",\"description\":\"A PEM file with the key of the "
    "certificate.\"}," SQLADVANCED_SCHEMA "}},"
    "\"streams\":" SQLSTREAM_SCHEMA ","
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\",\"poll\","
    "\"changed\"],\"slim_fields\":[],\"ids\":true,\"confirm\":false}";

/* One run. The streams are found, locked and planned before the first row. */
struct run {
	const struct request *rq;
	struct pgconn g;
	struct pgtypes types;
	struct pgposition at;
	struct pgstream *v;
	size_t n, cap;
	struct arena names;
	bool keep;              /* cursors for a look at the first row */
};

static void
forget_streams(struct run *r)
{
	while (r->n > 0)
		pgstream_release(&r->v[--r->n]);
}

static void
run_release(struct run *r)
{
	forget_streams(r);
	free(r->v);
	pgtypes_release(&r->types);
	arena_release(&r->names);
	pgconn_close(&r->g);
}

/* ---- streams ---- */

static int
look_at_stream(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct run *r = ctx;
	struct pgpart part = { .slim = r->rq->slim, .keep = r->keep };
	struct window w;
	struct pgstream *p;

	r->v = xgrow(r->v, &r->cap, r->n + 1, sizeof *r->v);
	p = &r->v[r->n++];
	if (pgstream_init(p, &r->g, &r->types, s, e) != 0)
		return -1;
	if ((streq(r->rq->verb, "poll") || streq(r->rq->verb, "changed")) &&
	    pgposition_part(&r->at, &r->g, r->rq, p, &part, &w, e) != 0)
		return -1;
	if (pgstream_look(p, &r->g, &r->types, &part, e) != 0)
		return -1;
	return r->keep ? pgstream_first(p, &r->g, e) : 0;
}

#define HAS_KEY "EXISTS (SELECT FROM pg_catalog.pg_index AS i " \
	"WHERE i.indrelid = c.oid AND i.indisprimary)"

static const char tables_sql[] =
    "SELECT c.relname FROM pg_catalog.pg_class AS c "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE n.nspname = $1 AND NOT c.relispartition AND CASE $2 "
    "WHEN 'all' THEN c.relkind IN ('r', 'p', 'v', 'm', 'f') "
    "ELSE c.relkind IN ('r', 'p') AND " HAS_KEY " = ($2 = 'keyed') END "
    "ORDER BY c.relname COLLATE \"C\"";

/* which: those that are "keyed" by a primary key, or "bare" of one, or "all",
 * views too. */
static int
each_table(struct run *r, const char *which,
    int (*each)(void *ctx, const struct sqlstream *s, struct err *e),
    struct err *e)
{
	const char *params[] = { r->g.schema, which };
	PGresult *list = pgconn_query(&r->g, e, tables_sql, 2, params);
	int result = list == NULL ? -1 : 0;

	for (int i = 0; result == 0 && i < PQntuples(list); i++) {
		struct sqlstream s = { 0 };

		s.name = s.table = arena_strndup(&r->names,
		    span_of(PQgetvalue(list, i, 0)));
		result = each(r, &s, e);
	}
	PQclear(list);
	return result;
}

static int
look_at_all(struct run *r, struct err *e)
{
	if (r->rq->streams->n > 0)
		return sqlstream_each(r->rq, look_at_stream, r, e);
	if (each_table(r, "keyed", look_at_stream, e) != 0)
		return -1;
	return r->n > 0 ? 0 : err_set(e, ST_PERSON, "there is no table with "
	    "a primary key in the schema %s", r->g.schema);
}

/* A table that was written anew between the snapshot and our lock on it is
 * empty in the snapshot: then take another one. */
static int
begin(struct run *r, struct err *e)
{
	bool rewritten = true;

	for (int i = 0; i < SNAPSHOTS && rewritten; i++) {
		if (i > 0 && pgconn_run(&r->g, "ROLLBACK", e) != 0)
			return -1;
		forget_streams(r);
		if (pgposition_begin(&r->at, &r->g, e) != 0 ||
		    look_at_all(r, e) != 0 ||
		    pgposition_rewritten(&r->g, &rewritten, e) != 0)
			return -1;
	}
	return rewritten ? err_set(e, ST_TEMP, "tables are written anew "
	    "again and again") : 0;
}

/* Parts of a table are locked only when they are read. */
static int
finish(struct run *r, struct err *e)
{
	bool rewritten;

	if (pgposition_rewritten(&r->g, &rewritten, e) != 0)
		return -1;
	if (rewritten)
		return err_set(e, ST_TEMP, "a table was written anew while it "
		    "was read");
	return pgconn_run(&r->g, "COMMIT", e);
}

/* ---- verbs ---- */

static int
with_streams(const struct request *rq, bool keep,
    int (*work)(struct run *, struct err *), struct err *e)
{
	struct run r = { .rq = rq, .keep = keep };
	int result = pgconn_open(&r.g, rq, e);

	if (result == 0)
		result = begin(&r, e);
	if (result == 0)
		result = work(&r, e);
	run_release(&r);
	return result;
}

static int
keep(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct buf prefix = { 0 };

	(void)ctx;
	(void)e;
	id_part(&prefix, span_of(s->name));
	buf_putc(&prefix, '/');
	emit_keep(buf_span(&prefix));
	buf_release(&prefix);
	return 0;
}

/* A table whose key was dropped, for a while or for good, is no stream any
 * more, but its rows are there. */
static int
keep_keyless(struct run *r, struct err *e)
{
	return r->rq->streams->n > 0 || r->rq->ids != NULL ||
	    streq(r->rq->verb, "poll") ? 0 : each_table(r, "bare", keep, e);
}

static int
read_streams(struct run *r, struct err *e)
{
	bool part = r->rq->ids != NULL || window_explicit(r->rq);

	for (size_t i = 0; i < r->n; i++)
		if ((r->rq->ids == NULL ||
		    pgids_only(&r->v[i], &r->g, r->rq->ids)) &&
		    pgstream_read(&r->v[i], &r->g, e) != 0)
			return -1;
	if (keep_keyless(r, e) != 0 || finish(r, e) != 0)
		return -1;
	for (size_t i = 0; i < r->n && !part && !r->rq->slim; i++)
		pgposition_emit(&r->at, &r->v[i]);
	return 0;
}

/* load, slim and poll differ in what was looked for */
static int
read_all(const struct request *rq, struct err *e)
{
	return with_streams(rq, false, read_streams, e);
}

static int
check_streams(struct run *r, struct err *e)
{
	struct sqlcheck c = { 0 };
	bool timed = false, all = true;

	for (size_t i = 0; i < r->n; i++) {
		all = all && !r->v[i].unread;
		sqlcheck_fields(&c, r->rq, &r->v[i].t);
		timed = timed || r->v[i].t.s.timestamp != NULL;
		if (pgcheck_stream(&r->v[i], &r->g, e) != 0)
			return -1;
	}
	sqlcheck_report(&c, r->rq, all);
	if (timed && pgcheck_activity(&r->g, e) != 0)
		return -1;
	return r->rq->streams->n > 0 ? 0 : pgcheck_keys(&r->g, e);
}

static int
check(const struct request *rq, struct err *e)
{
	return with_streams(rq, true, check_streams, e);
}

static int
answer(struct run *r, struct err *e)
{
	bool same = true;

	(void)e;
	/* what a policy hides may depend on anything */
	for (size_t i = 0; i < r->n; i++)
		same = same && !r->g.policies &&
		    pgposition_same(&r->at, r->rq, &r->v[i]);
	emit_raw(span_of(same ? "{\"changed\":false}" :
	    "{\"changed\":null}"));
	return 0;
}

static int
changed(const struct request *rq, struct err *e)
{
	return with_streams(rq, false, answer, e);
}

static int
discover_table(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct run *r = ctx;
	struct pgstream p;
	struct buf b = { 0 };
	int result = pgstream_columns(&p, &r->g, &r->types, s, e);

	if (result == 0) {
		sqltable_key(&p.t);
		sqltable_put_stream(&b, &p.t);
		emit_raw(buf_span(&b));
	}
	buf_release(&b);
	pgstream_release(&p);
	return result;
}

static int
discover(const struct request *rq, struct err *e)
{
	struct run r = { .rq = rq };
	int result = pgconn_open(&r.g, rq, e);

	if (result == 0)
		result = pgposition_begin(&r.at, &r.g, e);
	if (result == 0)
		result = each_table(&r, "all", discover_table, e);
	run_release(&r);
	return result;
}

/* The older form of advanced rules names the database. */
static int
ready(struct arena *a, struct request *rq, struct err *e)
{
	const char *url = val_cstr(val_get(rq->source, "url")), *name = "";
	PQconninfoOption *all = PQconninfoParse(url ? url : "", NULL);

	for (PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++)
		if (streq(o->keyword, "dbname") && o->val != NULL)
			name = arena_strndup(a, span_of(o->val));
	PQconninfoFree(all);
	return sqladvanced_ready(a, rq, name, e);
}

static const char *
libraries(void)
{
	int v = PQlibVersion();

	return xasprintf("libpq %d.%d\n", v / 10000, v % 10000);
}

int
main(int argc, char **argv)
{
	static const struct source postgresql = {
		.type = "postgresql", .spec = spec, .libraries = libraries,
		.ready = ready,
		.check = check, .discover = discover, .read = read_all,
		.poll = read_all, .changed = changed
	};

	return source_main(&postgresql, argc, argv);
}

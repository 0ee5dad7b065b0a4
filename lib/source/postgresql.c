/* SPDX-License-Identifier: MIT */
/* Driver `postgresql`: tables and queries of a database;
 * conn-source-postgresql(7). */
#include "source/pgcheck.h"
#include "source/pgids.h"
#include "source/pgposition.h"
#include "source/sqladvanced.h"
#include "source/sqlrun.h"

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

/* One run. */
struct own {
	struct pgconn g;
	struct pgtypes types;
	struct pgposition at;
};

static struct pgstream *
stream_of(struct sqltable *t)
{
	return (struct pgstream *)t;
}

static void
forget(struct sqltable *t)
{
	pgstream_release(stream_of(t));
}

static int
open_database(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;

	return pgconn_open(&o->g, r->rq, e);
}

static void
close_database(struct sqlrun *r)
{
	struct own *o = r->own;

	pgtypes_release(&o->types);
	pgconn_close(&o->g);
}

static bool
is_verb(const struct sqlrun *r, const char *verb)
{
	return streq(r->rq->verb, verb);
}

/* ---- streams ---- */

static int
begin(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;

	return pgposition_begin(&o->at, &o->g, e);
}

/* A table that was written anew between the snapshot and our lock on it is
 * empty in the snapshot: then take another one. */
static int
again(struct sqlrun *r, bool *out, struct err *e)
{
	struct own *o = r->own;

	if (pgposition_rewritten(&o->g, out, e) != 0)
		return -1;
	return *out ? pgconn_run(&o->g, "ROLLBACK", e) : 0;
}

static int
columns(struct sqlrun *r, struct sqltable *t, const struct sqlstream *s,
    struct err *e)
{
	struct own *o = r->own;

	return pgstream_columns(stream_of(t), &o->g, &o->types, s, e);
}

/* A check looks at the first row, too. */
static int
look(struct sqlrun *r, struct sqltable *t, const struct sqlstream *s,
    struct err *e)
{
	struct own *o = r->own;
	struct pgstream *p = stream_of(t);
	struct pgpart part = { .slim = r->rq->slim,
		.keep = is_verb(r, "check") };
	struct window w;

	if (pgstream_init(p, &o->g, &o->types, s, e) != 0)
		return -1;
	if (is_verb(r, "poll") &&
	    pgposition_part(&o->at, &o->g, r->rq, p, &part, &w, e) != 0)
		return -1;
	if (pgstream_look(p, &o->g, &o->types, &part, e) != 0)
		return -1;
	return part.keep ? pgstream_first(p, &o->g, e) : 0;
}

static const char tables_sql[] =
    "SELECT c.relname, CASE WHEN c.relkind NOT IN ('r', 'p') THEN 'v' "
    "WHEN EXISTS (SELECT FROM pg_catalog.pg_index AS i "
    "WHERE i.indrelid = c.oid AND i.indisprimary) THEN 'k' ELSE 'b' END "
    "FROM pg_catalog.pg_class AS c "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE n.nspname = $1 AND NOT c.relispartition AND "
    "c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname COLLATE \"C\"";

static int
tables(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;
	PGresult *list = pgconn_query(&o->g, e, tables_sql, 1, &o->g.schema);
	int result = list == NULL ? -1 : 0;

	for (int i = 0; result == 0 && i < PQntuples(list); i++) {
		char kind = *PQgetvalue(list, i, 1);

		result = sqlrun_table(r, span_of(PQgetvalue(list, i, 0)),
		    kind == 'k' ? SQL_KEYED : kind == 'b' ? SQL_BARE :
		    SQL_OTHER, e);
	}
	PQclear(list);
	return result;
}

static void
put_place(struct sqlrun *r, struct buf *out)
{
	const struct own *o = r->own;

	buf_printf(out, "the schema %s", o->g.schema);
}

/* ---- verbs ---- */

static int
read_stream(struct sqlrun *r, struct sqltable *t, struct err *e)
{
	struct own *o = r->own;
	struct pgstream *p = stream_of(t);

	return r->rq->ids != NULL && !pgids_only(p, &o->g, r->rq->ids) ? 0 :
	    pgstream_read(p, &o->g, e);
}

/* Parts of a table are locked only when they are read. */
static int
finish(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;
	bool rewritten;

	if (pgposition_rewritten(&o->g, &rewritten, e) != 0)
		return -1;
	if (rewritten)
		return err_set(e, ST_TEMP, "a table was written anew while it "
		    "was read");
	return pgconn_run(&o->g, "COMMIT", e);
}

static void
put_state(struct sqlrun *r, const struct sqltable *t)
{
	const struct own *o = r->own;

	pgposition_emit(&o->at, (const struct pgstream *)t);
}

static int
check_stream(struct sqlrun *r, struct sqltable *t, struct err *e)
{
	struct own *o = r->own;

	return pgcheck_stream(stream_of(t), &o->g, e);
}

static int
check_all(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;

	return r->timed ? pgcheck_activity(&o->g, e) : 0;
}

static int
answer(struct sqlrun *r, struct err *e)
{
	const struct own *o = r->own;
	bool same = true;

	(void)e;
	/* what a policy hides may depend on anything */
	for (size_t i = 0; i < r->n; i++)
		same = same && !o->g.policies &&
		    pgposition_same(&o->at, r->rq, stream_of(r->v[i]));
	emit_raw(span_of(same ? "{\"changed\":false}" :
	    "{\"changed\":null}"));
	return 0;
}

static int
changed(const struct request *rq, struct err *e)
{
	return sqlrun_work(rq, answer, e);
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

static const struct sqldb db = {
	.own = sizeof(struct own), .stream = sizeof(struct pgstream),
	.open = open_database, .begin = begin, .again = again,
	.tables = tables, .put_place = put_place, .columns = columns,
	.look = look, .read = read_stream, .finish = finish,
	.put_state = put_state, .check = check_stream, .check_all = check_all,
	.forget = forget, .close = close_database
};

int
main(int argc, char **argv)
{
	static const struct source postgresql = {
		.type = "postgresql", .needs = SANDBOX_NET,
		.spec = spec, .libraries = libraries,
		.ready = ready, .own = &db,
		.check = sqlrun_check, .discover = sqlrun_discover,
		.read = sqlrun_read, .poll = sqlrun_read, .changed = changed
	};

	return source_main(&postgresql, argc, argv);
}

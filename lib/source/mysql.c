/* SPDX-License-Identifier: MIT */
/* Driver `mysql`: tables and queries of a MySQL or MariaDB database;
 * conn-source-mysql(7). */
#include <mysqld_error.h>
#include <stdlib.h>

#include "source/mycheck.h"
#include "source/sqladvanced.h"

static const char spec[] = "{\"type\":\"mysql\","
    "\"title\":\"MySQL or MariaDB database\",\"schema\":{"
    "\"type\":\"object\",\"required\":[\"url\"],"
    "\"additionalProperties\":false,\"properties\":{"
    "\"url\":{\"type\":\"string\",\"pattern\":\"^(mysql|mariadb)://\","
    "\"title\":\"Database\",\"description\":\"mysql://USER@HOST:PORT/"
    "DATABASE?OPTION=VALUE; options: socket, ssl-mode.\"},"
    "\"password\":{\"type\":\"string\",\"secret\":true,"
    "\"title\":\"Password\",\"description\":\"Of the user in the url.\"},"
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
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\",\"poll\"],"
    "\"slim_fields\":[],\"ids\":false,\"confirm\":false}";

/* What is read of one stream. */
struct unit {
	struct mystream s;
	struct mypart part;
	struct mywindow w;
};

/* One run. The streams are found and held before the first row. */
struct run {
	const struct request *rq;
	struct myconn g;
	struct myposition at;
	struct unit **v;
	size_t n, cap;
	bool listed;            /* the streams are the tables there are */
	bool partial;           /* of which this account sees only some */
	struct err why;
	char listing;           /* of a table: k has a primary key, b has none,
	                           v is a view */
	const char **bare;      /* those that have none */
	size_t nbare, capbare;
};

static void
run_release(struct run *r)
{
	while (r->n > 0) {
		mystream_release(&r->v[--r->n]->s);
		free(r->v[r->n]);
	}
	free(r->v);
	free(r->bare);
	myconn_close(&r->g);
}

/* ---- streams ---- */

static int
look_at_stream(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct run *r = ctx;
	struct unit *u = xcalloc(1, sizeof *u);

	r->v = xgrow(r->v, &r->cap, r->n + 1, sizeof(struct unit *));
	r->v[r->n++] = u;
	u->part.slim = r->rq->slim;
	if (mystream_init(&u->s, &r->g, s, r->listed, e) != 0)
		return -1;
	return !streq(r->rq->verb, "poll") ? 0 : myposition_part(&r->at, &r->g,
	    r->rq, &u->s, &u->part, &u->w, e);
}

static const char tables_sql[] = "SELECT TABLE_NAME, CASE WHEN TABLE_TYPE = "
    "'VIEW' THEN 'v' WHEN TABLE_NAME IN (SELECT TABLE_NAME FROM "
    "information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY' AND "
    "TABLE_SCHEMA = %s) THEN 'k' ELSE 'b' END FROM "
    "information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', "
    "'SYSTEM VERSIONED', 'VIEW') AND TABLE_SCHEMA = %s "
    "ORDER BY CAST(TABLE_NAME AS BINARY)";

/* Tables and views; listing says what each of them is. */
static int
each_table(struct run *r,
    int (*each)(void *ctx, const struct sqlstream *s, struct err *e),
    struct err *e)
{
	struct buf sql = { 0 }, name = { 0 };
	MYSQL_RES *list;
	MYSQL_ROW row;
	int result = 0;

	myconn_put_text(&name, &r->g, r->g.url.database);
	buf_printf(&sql, tables_sql, buf_cstr(&name), buf_cstr(&name));
	list = myconn_query(&r->g, buf_cstr(&sql), e);
	buf_release(&sql);
	buf_release(&name);
	if (list == NULL)
		return -1;
	while (result == 0 && (row = mysql_fetch_row(list)) != NULL) {
		struct sqlstream s = { 0 };

		s.name = s.table = arena_strndup(&r->g.arena,
		    span_of(row[0]));
		r->listing = *row[1];
		result = each(r, &s, e);
	}
	mysql_free_result(list);
	return result;
}

/* A table whose key was dropped, for a while or for good, is no stream any
 * more, but its rows are there. */
static int
look_at_listed(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct run *r = ctx;

	if (r->listing == 'k')
		return look_at_stream(r, s, e);
	if (r->listing == 'b') {
		r->bare = xgrow(r->bare, &r->capbare, r->nbare + 1,
		    sizeof *r->bare);
		r->bare[r->nbare++] = s->name;
	}
	return 0;
}

static void
keep_bare(const struct run *r)
{
	struct buf prefix = { 0 };

	for (size_t i = 0; i < r->nbare; i++) {
		buf_clear(&prefix);
		id_part(&prefix, span_of(r->bare[i]));
		buf_putc(&prefix, '/');
		emit_keep(buf_span(&prefix));
	}
	buf_release(&prefix);
}

/*
 * The server lists only what this account may see. One that has rights to the
 * whole database is told that a table is not there, any other that it may not
 * read it, there or not: then a table may be missing in the list.
 */
static int
look_for_all(struct run *r, struct err *e)
{
	static const unsigned none[] = { ER_NO_SUCH_TABLE, 0 };
	struct err told = { 0 };
	struct buf sql = { 0 };
	MYSQL_RES *list;

	buf_puts(&sql, "SELECT 1 FROM ");
	sqltable_put_name(&sql, r->g.url.database, '`');
	buf_puts(&sql, ".`conn:no such table` LIMIT 0");
	list = myconn_query(&r->g, buf_cstr(&sql), &told);
	buf_release(&sql);
	if (list == NULL && !myconn_is(&r->g, none) && !myconn_denied(&r->g)) {
		*e = told;
		return -1;
	}
	r->partial = list == NULL && myconn_denied(&r->g);
	err_set(&r->why, ST_PERSON, "this account sees only those tables of "
	    "the database %s that it may read", r->g.url.database);
	mysql_free_result(list);
	return 0;
}

static int
look_at_all(struct run *r, struct err *e)
{
	if (r->rq->streams->n > 0)
		return sqlstream_each(r->rq, look_at_stream, r, e);
	r->listed = true;
	if (look_for_all(r, e) != 0 ||
	    each_table(r, look_at_listed, e) != 0)
		return -1;
	return r->n > 0 ? 0 : err_set(e, ST_PERSON, "there is no table with "
	    "a primary key in the database %s", r->g.url.database);
}

/* ---- verbs ---- */

static int
with_streams(const struct request *rq,
    int (*work)(struct run *, struct err *), struct err *e)
{
	struct run r = { .rq = rq };
	int result = myconn_open(&r.g, rq, e);

	if (result == 0)
		result = myposition_begin(&r.at, &r.g, e);
	if (result == 0)
		result = look_at_all(&r, e);
	if (result == 0)
		result = work(&r, e);
	run_release(&r);
	return result;
}

static int
read_streams(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++)
		if (mystream_read(&r->v[i]->s, &r->g, &r->v[i]->part, e) != 0)
			return -1;
	if (!streq(r->rq->verb, "poll"))
		keep_bare(r);
	if (r->partial)
		emit_fail_all("permission", r->why.text);
	for (size_t i = 0; i < r->n; i++)
		if (!r->rq->slim && !window_explicit(r->rq))
			myposition_emit(&r->at, &r->v[i]->s);
	return 0;
}

/* load, slim and poll differ in what was looked for */
static int
read_all(const struct request *rq, struct err *e)
{
	return with_streams(rq, read_streams, e);
}

static int
check_streams(struct run *r, struct err *e)
{
	struct sqlcheck fields = { 0 };
	bool timed = false, known = true;
	int result = 0;

	for (size_t i = 0; i < r->n && result == 0; i++) {
		struct mystream *s = &r->v[i]->s;

		timed = timed || s->t.s.timestamp != NULL;
		known = known && !s->unread;
		if (!s->unread)
			sqlcheck_fields(&fields, r->rq, &s->t);
		result = mycheck_stream(s, &r->g, e);
	}
	sqlcheck_report(&fields, r->rq, result == 0 && known);
	if (result == 0 && timed && !r->at.sees_others)
		mycheck_activity(&r->g);
	if (result == 0 && r->partial)
		mycheck_database(&r->g, r->why.text);
	return result != 0 || !r->listed ? result : mycheck_keys(&r->g, e);
}

static int
check(const struct request *rq, struct err *e)
{
	return with_streams(rq, check_streams, e);
}

static int
discover_table(void *ctx, const struct sqlstream *s, struct err *e)
{
	struct run *r = ctx;
	struct mystream p;
	struct buf b = { 0 };
	int result = mystream_columns(&p, &r->g, s, e);

	if (result == 0 && p.unread) {
		warn("%s", p.why);
	} else if (result == 0) {
		sqltable_key(&p.t);
		sqltable_put_stream(&b, &p.t);
		emit_raw(buf_span(&b));
	}
	buf_release(&b);
	mystream_release(&p);
	return result;
}

static int
discover(const struct request *rq, struct err *e)
{
	struct run r = { .rq = rq };
	int result = myconn_open(&r.g, rq, e);

	if (result == 0)
		result = each_table(&r, discover_table, e);
	run_release(&r);
	return result;
}

/* The older form of advanced rules names the database. */
static int
ready(struct arena *a, struct request *rq, struct err *e)
{
	struct myurl u;
	struct err ignored = { 0 };

	if (myurl_read(&u, a, val_cstr(val_get(rq->source, "url")), false,
	    &ignored) != 0)
		u.database = "";
	return sqladvanced_ready(a, rq, u.database, e);
}

static const char *
libraries(void)
{
	return xasprintf("libmariadb %s\n", mysql_get_client_info());
}

int
main(int argc, char **argv)
{
	static const struct source mysql = {
		.type = "mysql", .spec = spec, .libraries = libraries,
		.ready = ready,
		.check = check, .discover = discover, .read = read_all,
		.poll = read_all
	};

	return source_main(&mysql, argc, argv);
}

/* SPDX-License-Identifier: MIT */
/* Driver `mysql`: tables and queries of a MySQL or MariaDB database;
 * conn-source-mysql(7). */
#include <mysqld_error.h>

#include "base/clock.h"
#include "source/mycheck.h"
#include "source/myids.h"
#include "source/sqladvanced.h"
#include "source/sqlrun.h"

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
    "\"slim_fields\":[],\"ids\":true,\"confirm\":false}";

/* No name of a table is away for as long as that. */
static const double AWAY = 1, LIST_AGAIN = 0.1;

/* What is read of one stream. */
struct unit {
	struct mystream s;
	struct mypart part;
	struct mywindow w;
};

/* One run. */
struct own {
	struct myconn g;
	struct myposition at;
	bool partial;           /* this account sees only some tables */
	bool missed;            /* a table was not in the list */
	double listed;          /* when */
	struct err why;
};

static struct unit *
unit_of(struct sqltable *t)
{
	return (struct unit *)t;
}

static void
forget(struct sqltable *t)
{
	mystream_release(&unit_of(t)->s);
}

static int
open_database(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;

	return myconn_open(&o->g, r->rq, e);
}

static void
close_database(struct sqlrun *r)
{
	struct own *o = r->own;

	myconn_close(&o->g);
}

/* ---- streams ---- */

static int
columns(struct sqlrun *r, struct sqltable *t, const struct sqlstream *s,
    struct err *e)
{
	struct own *o = r->own;

	return mystream_columns(&unit_of(t)->s, &o->g, s, e);
}

static int
look(struct sqlrun *r, struct sqltable *t, const struct sqlstream *s,
    struct err *e)
{
	struct own *o = r->own;
	struct unit *u = unit_of(t);

	u->part.slim = r->rq->slim;
	if (s->timestamp != NULL && o->at.lost)
		return err_set(e, ST_TEMP, "stream %s: this replica does not "
		    "follow its source, so its delay is not known (RESET "
		    "SLAVE ALL where it is none any more)", s->name);
	if (mystream_init(&u->s, &o->g, s, r->listed, e) != 0)
		return -1;
	return !streq(r->rq->verb, "poll") ? 0 : myposition_part(&o->at, &o->g,
	    r->rq, &u->s, &u->part, &u->w, e);
}

static const char tables_sql[] = "SELECT TABLE_NAME, CASE WHEN TABLE_TYPE = "
    "'VIEW' THEN 'v' WHEN TABLE_NAME IN (SELECT TABLE_NAME FROM "
    "information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY' AND "
    "TABLE_SCHEMA = %s) THEN 'k' ELSE 'b' END FROM "
    "information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', "
    "'SYSTEM VERSIONED', 'VIEW') AND TABLE_SCHEMA = %s "
    "ORDER BY CAST(TABLE_NAME AS BINARY)";

static int
tables(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;
	struct buf sql = { 0 }, name = { 0 };
	MYSQL_RES *list;
	MYSQL_ROW row;
	int result = 0;

	myconn_put_text(&name, &o->g, span_of(o->g.url.database));
	buf_printf(&sql, tables_sql, buf_cstr(&name), buf_cstr(&name));
	list = myconn_query(&o->g, buf_cstr(&sql), e);
	buf_release(&sql);
	buf_release(&name);
	if (list == NULL)
		return -1;
	while (result == 0 && (row = mysql_fetch_row(list)) != NULL)
		result = sqlrun_table(r, span_of(row[0]), *row[1] == 'k' ?
		    SQL_KEYED : *row[1] == 'b' ? SQL_BARE : SQL_OTHER, e);
	mysql_free_result(list);
	return result;
}

static void
put_place(struct sqlrun *r, struct buf *out)
{
	const struct own *o = r->own;

	buf_printf(out, "the database %s", o->g.url.database);
}

/*
 * The server lists only what this account may see. One that has rights to the
 * whole database is told that a table is not there, any other that it may not
 * read it, there or not: then a table may be missing in the list.
 */
static int
look_for_all(struct own *o, struct err *e)
{
	static const unsigned none[] = { ER_NO_SUCH_TABLE, 0 };
	struct err told = { 0 };
	struct buf sql = { 0 };
	MYSQL_RES *list;

	buf_puts(&sql, "SELECT 1 FROM ");
	sqltable_put_name(&sql, o->g.url.database, '`');
	buf_puts(&sql, ".`conn:no such table` LIMIT 0");
	list = myconn_query(&o->g, buf_cstr(&sql), &told);
	buf_release(&sql);
	if (list == NULL && !myconn_is(&o->g, none) && !myconn_denied(&o->g)) {
		*e = told;
		return -1;
	}
	o->partial = list == NULL && myconn_denied(&o->g);
	err_set(&o->why, ST_PERSON, "this account sees only those tables of "
	    "the database %s that it may read", o->g.url.database);
	mysql_free_result(list);
	return 0;
}

static int
begin(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;

	if (myposition_begin(&o->at, &o->g, e) != 0)
		return -1;
	o->listed = clock_mono();
	return r->listed ? look_for_all(o, e) : 0;
}

static bool
is_listed(const struct sqlrun *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (streq(r->v[i]->s.name, name))
			return true;
	for (size_t i = 0; i < r->nbare; i++)
		if (streq(r->bare[i], name))
			return true;
	return false;
}

static int
look_for_missed(struct sqlrun *r, const struct sqlstream *s,
    enum sqlkind kind, struct err *e)
{
	struct own *o = r->own;

	(void)e;
	o->missed = o->missed || (kind != SQL_OTHER && !is_listed(r, s->name));
	return 0;
}

/* A table that is renamed while the server lists them may be in the list by
 * neither name, nor the one that takes its place; once they are opened, those
 * that are listed are renamed no more. */
static int
again(struct sqlrun *r, bool *out, struct err *e)
{
	struct own *o = r->own;

	o->missed = false;
	r->each = look_for_missed;
	if (r->listed && tables(r, e) != 0)
		return -1;
	*out = o->missed;
	return 0;
}

/* ---- verbs ---- */

static int
read_stream(struct sqlrun *r, struct sqltable *t, struct err *e)
{
	struct own *o = r->own;
	struct unit *u = unit_of(t);

	return r->rq->ids != NULL ?
	    myids_read(&u->s, &o->g, &u->part, r->rq->ids, e) :
	    mystream_read(&u->s, &o->g, &u->part, e);
}

static int
keep_missed(struct sqlrun *r, const struct sqlstream *s, enum sqlkind kind,
    struct err *e)
{
	(void)e;
	if (kind != SQL_OTHER && !is_listed(r, s->name))
		sqlrun_keep(r, s->name);
	return 0;
}

/* ALTER TABLE may put a copy in a table's place, and RENAME TABLE another one:
 * it is in no list for a moment then, and there may be no other name that could
 * be waited for. Meanwhile no table is kept from being altered. */
static int
look_for_late(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;
	int result = myconn_run(&o->g, "COMMIT", e);

	r->each = keep_missed;
	while (result == 0) {
		bool last = clock_mono() - o->listed >= AWAY;

		result = tables(r, e);
		if (last)
			return result;
		clock_sleep(LIST_AGAIN);
	}
	return result;
}

static int
finish(struct sqlrun *r, struct err *e)
{
	const struct own *o = r->own;

	if (o->partial)
		emit_fail_all("permission", o->why.text);
	else if (r->listed && sqlrun_infers(r))
		return look_for_late(r, e);
	return 0;
}

static void
put_state(struct sqlrun *r, const struct sqltable *t)
{
	const struct own *o = r->own;

	myposition_emit(&o->at, t);
}

static int
check_stream(struct sqlrun *r, struct sqltable *t, struct err *e)
{
	struct own *o = r->own;

	return mycheck_stream(&unit_of(t)->s, &o->g, e);
}

static int
check_all(struct sqlrun *r, struct err *e)
{
	struct own *o = r->own;

	(void)e;
	if (r->timed && !o->at.sees_others)
		mycheck_activity(&o->g);
	if (o->partial)
		mycheck_database(&o->g, o->why.text);
	return 0;
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

static const struct sqldb db = {
	.own = sizeof(struct own), .stream = sizeof(struct unit),
	.open = open_database, .begin = begin, .again = again,
	.tables = tables, .put_place = put_place, .columns = columns,
	.look = look,
	.read = read_stream, .finish = finish, .put_state = put_state,
	.check = check_stream, .check_all = check_all, .forget = forget,
	.close = close_database
};

int
main(int argc, char **argv)
{
	static const struct source mysql = {
		.type = "mysql", .needs = SANDBOX_NET,
		.spec = spec, .libraries = libraries,
		.ready = ready, .own = &db,
		.check = sqlrun_check, .discover = sqlrun_discover,
		.read = sqlrun_read, .poll = sqlrun_read
	};

	return source_main(&mysql, argc, argv);
}

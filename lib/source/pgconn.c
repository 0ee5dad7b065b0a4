/* SPDX-License-Identifier: MIT */
#include "source/pgconn.h"

#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "source/pghosts.h"
#include "source/sqlconnect.h"
#include "source/sqltable.h"

enum { PARAMETERS = 16, PG_17 = 170000 };

/* ---- errors ---- */

bool
pgconn_is(const struct pgconn *g, const char *sqlstate)
{
	return span_starts(span_of(g->sqlstate), span_of(sqlstate));
}

/* Connections, resources, a server that goes or comes, a cancelled, dead-
 * locked or timed out statement, a snapshot too old, a standby's conflict. */
static bool
is_passing(const struct pgconn *g)
{
	static const char *const states[] = { "08", "53", "57", "40", "55P03",
		"55006", "72000", "25P03", "58030" };

	if (g->sqlstate[0] == '\0')
		return true;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (pgconn_is(g, states[i]))
			return true;
	return false;
}

/* The first line of a message of libpq, without its own severity. */
static struct span
first_line(const char *text)
{
	struct span s = { text, strcspn(text, "\n") };

	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

static void
keep_state(struct pgconn *g, const char *sqlstate)
{
	snprintf(g->sqlstate, sizeof g->sqlstate, "%s",
	    sqlstate ? sqlstate : "");
}

int
pgconn_failed(struct pgconn *g, const PGresult *r, const char *what,
    struct err *e)
{
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	struct span s;

	keep_state(g, PQresultErrorField(r, PG_DIAG_SQLSTATE));
	s = first_line(text ? text : PQerrorMessage(g->c));
	return err_set(e, is_passing(g) ? ST_TEMP : ST_PERSON, "%s%s%.*s",
	    what ? what : "", what ? ": " : "", (int)s.n, s.p);
}

/* ---- statements ---- */

PGresult *
pgconn_query(struct pgconn *g, struct err *e, const char *sql, int nparams,
    const char *const *params)
{
	PGresult *r = PQexecParams(g->c, sql, nparams, NULL, params, NULL, NULL,
	    0);
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return r;
	pgconn_failed(g, r, NULL, e);
	PQclear(r);
	return NULL;
}

int
pgconn_run(struct pgconn *g, const char *sql, struct err *e)
{
	PGresult *r = pgconn_query(g, e, sql, 0, NULL);
	bool good = r != NULL;

	PQclear(r);
	return good ? 0 : -1;
}

/* ---- connecting ---- */

struct parameters {
	const char *key[PARAMETERS], *value[PARAMETERS];
	size_t n;
};

static void
add(struct parameters *p, const char *key, const char *value)
{
	if (value == NULL)
		return;
	p->key[p->n] = key;
	p->value[p->n++] = value;
}

/* What stands before dbname can be set otherwise by the URL. */
static void
parameters_init(struct parameters *p, const struct val *source,
    const struct pghosts *hosts)
{
	const char *ca = val_cstr(val_get(source, "ca"));

	*p = (struct parameters){ 0 };
	add(p, "fallback_application_name", "conn");
	add(p, "keepalives_idle", "60");
	add(p, "keepalives_interval", "10");
	add(p, "keepalives_count", "6");
	add(p, "sslmode", ca ? "verify-full" : NULL);
	add(p, "dbname", val_cstr(val_get(source, "url")));
	for (int i = 0; i < PG_LISTS; i++)
		add(p, pghosts_keys[i], hosts->list[i]);
	add(p, "client_encoding", "UTF8");
	add(p, "password", val_cstr(val_get(source, "password")));
	add(p, "sslrootcert", ca);
	add(p, "sslcert", val_cstr(val_get(source, "cert")));
	add(p, "sslkey", val_cstr(val_get(source, "key")));
}

static bool
is_state_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

/* "... FATAL:  28P01: password ..." as the verbose form has it. */
static struct span
find_state(struct pgconn *g, const char *text)
{
	const char *p = strstr(text, "FATAL:  ");
	size_t n = 0;

	keep_state(g, NULL);
	if (p == NULL)
		return first_line(text);
	p += strlen("FATAL:  ");
	while (n < PG_STATE_LEN && is_state_char(p[n]))
		n++;
	if (n < PG_STATE_LEN || p[n] != ':')
		return first_line(text);
	memcpy(g->sqlstate, p, PG_STATE_LEN);
	g->sqlstate[PG_STATE_LEN] = '\0';
	return first_line(p + n + 2);
}

/* Does libpq itself say that trying again helps nothing? */
static bool
is_own_fault(const char *text)
{
	static const char *const words[] = { "certificate", "private key",
		"no password supplied", "does not support SSL",
		"server does not support", "SSL error", "service file",
		"definition of service", "SCRAM", "authentication method",
		"invalid", "could not load", "could not parse", "missing" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(text, words[i]) != NULL)
			return true;
	return false;
}

static int
connect_failed(struct pgconn *g, struct err *e)
{
	const char *text = PQerrorMessage(g->c);
	struct span s = find_state(g, text);
	bool passing = g->sqlstate[0] != '\0' ? is_passing(g) :
	    !is_own_fault(text);

	return err_set(e, passing ? ST_TEMP : ST_PERSON,
	    "cannot connect: %.*s", (int)s.n, s.p);
}

/* Until it is connected or has failed; false: or a host is silent. libpq's own
 * timeout counts for the blocking call only, and it goes to the next host by
 * itself if one refuses. */
static bool
drive(PGconn *c, double patience)
{
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;
	const char *host = NULL, *port = NULL;
	double end = 0;

	while (s == PGRES_POLLING_READING || s == PGRES_POLLING_WRITING) {
		struct pollfd p = { .fd = PQsocket(c), .events =
		    s == PGRES_POLLING_READING ? POLLIN : POLLOUT };

		if (PQhost(c) != host || PQport(c) != port)
			end = clock_mono() + patience;
		host = PQhost(c);
		port = PQport(c);
		if (p.fd < 0)
			return true;
		if (end <= clock_mono())
			return false;
		poll(&p, 1, (int)((end - clock_mono()) * 1e3) + 1);
		s = PQconnectPoll(c);
	}
	return true;
}

/* Without the hosts that were silent; *again if there is one more now. */
static int
connect_once(struct pgconn *g, const struct val *source,
    struct pghosts *hosts, bool *again, struct err *e)
{
	struct parameters p;
	bool answered = true;
	double patience;

	*again = false;
	parameters_init(&p, source, hosts);
	g->c = PQconnectStartParams(p.key, p.value, 1);
	if (g->c == NULL)
		return err_set(e, ST_TEMP, "cannot connect: out of memory");
	/* the only way to the SQLSTATE of a refused connection */
	PQsetErrorVerbosity(g->c, PQERRORS_VERBOSE);
	patience = pghosts_patience(g->c);
	if (PQstatus(g->c) != CONNECTION_BAD)
		answered = drive(g->c, patience);
	if (PQstatus(g->c) == CONNECTION_OK) {
		PQsetErrorVerbosity(g->c, PQERRORS_DEFAULT);
		return 0;
	}
	if (!answered) {
		err_set(e, ST_TEMP, "cannot connect: no answer in %.0f s",
		    patience);
		*again = pghosts_drop(hosts, g->c);
	} else {
		connect_failed(g, e);
	}
	PQfinish(g->c);
	g->c = NULL;
	return -1;
}

static int
try_connect(void *ctx, const struct request *rq, struct err *e)
{
	struct pghosts hosts = { 0 };
	bool again;
	int r;

	while ((r = connect_once(ctx, rq->source, &hosts, &again, e)) != 0 &&
	    again)
		detail("%s; the next host", e->text);
	pghosts_release(&hosts);
	return r;
}

/* ---- the session ---- */

static void
ignore_notice(void *ctx, const PGresult *r)
{
	(void)ctx;
	(void)r;
}

/* How long a statement waits for a lock; 0 would be: for ever. */
static int
read_patience(struct pgconn *g, const struct request *rq, struct err *e)
{
	double retry;

	if (sqlconnect_retry(rq, &retry, e) != 0)
		return -1;
	g->lock_ms = retry >= 2e6 ? 2000000000 : (int)(retry * 1e3) + 1;
	return 0;
}

/* What the role, the database or the server set by default must not change
 * what is read. For this transaction only: a pooler gives the session to
 * others when it ends. */
static void
put_settings(struct buf *sql, const struct pgconn *g)
{
	static const char *const settings[] = { "DateStyle = 'ISO, YMD'",
		"IntervalStyle = 'iso_8601'", "TimeZone = 'UTC'",
		"extra_float_digits = 1", "bytea_output = 'hex'",
		"xmloption = 'content'",
		"standard_conforming_strings = on", "statement_timeout = 0",
		"idle_in_transaction_session_timeout = 0" };
	/* bytes that are not of the encoding must not end the run */
	const char *encoding = PQparameterStatus(g->c, "server_encoding");
	bool raw = encoding != NULL && streq(encoding, "SQL_ASCII");

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		buf_printf(sql, "; SET LOCAL %s", settings[i]);
	if (PQserverVersion(g->c) >= PG_17)
		buf_puts(sql, "; SET LOCAL transaction_timeout = 0");
	/* off: the server refuses what it would have to filter */
	buf_printf(sql, "; SET LOCAL row_security = %s", g->policies ? "on" :
	    "off");
	buf_printf(sql, "; SET LOCAL client_encoding = '%s'; SET LOCAL "
	    "lock_timeout = %d; SET LOCAL search_path = ",
	    raw ? "SQL_ASCII" : "UTF8", g->lock_ms);
	sqltable_put_name(sql, g->schema, '"');
}

int
pgconn_begin(struct pgconn *g, struct err *e)
{
	struct buf sql = { 0 };
	PGresult *r;
	int result = 0;

	buf_puts(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	put_settings(&sql, g);
	r = PQexec(g->c, buf_cstr(&sql));
	buf_release(&sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		result = pgconn_failed(g, r, NULL, e);
	PQclear(r);
	return result;
}

static int
ask_server(struct pgconn *g, struct err *e)
{
	PGresult *r = pgconn_query(g, e, "SELECT "
	    "pg_catalog.current_setting('TimeZone'), "
	    "pg_catalog.pg_is_in_recovery(), EXISTS (SELECT FROM "
	    "pg_catalog.pg_namespace WHERE nspname = $1)", 1, &g->schema);

	if (r == NULL)
		return -1;
	snprintf(g->zone, sizeof g->zone, "%s", PQgetvalue(r, 0, 0));
	g->standby = streq(PQgetvalue(r, 0, 1), "t");
	if (!streq(PQgetvalue(r, 0, 2), "t"))
		source_wrong(e, "schema", "there is no schema %s", g->schema);
	PQclear(r);
	return e->status != 0 ? -1 : 0;
}

/* What the front program could not see, since libpq decodes it. */
static bool
holds_password(const char *url)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL);
	bool found = false;

	for (PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++)
		found = found || (o->val != NULL &&
		    (streq(o->keyword, "password") ||
		    streq(o->keyword, "sslpassword")));
	PQconninfoFree(all);
	return found;
}

int
pgconn_open(struct pgconn *g, const struct request *rq, struct err *e)
{
	const char *url = val_cstr(val_get(rq->source, "url"));

	*g = (struct pgconn){ .schema = val_cstr(val_get(rq->source,
	    "schema")), .policies = val_bool(val_get(rq->source,
	    "row_security"), false) };
	if (g->schema == NULL)
		g->schema = "public";
	if (url == NULL || (strncmp(url, "postgresql://", 13) != 0 &&
	    strncmp(url, "postgres://", 11) != 0))
		return source_wrong(e, "url", "not postgresql://...");
	if (holds_password(url))
		return source_wrong(e, "url", "a password in a URL; it has a "
		    "key of its own");
	if (sqlconnect(rq, try_connect, g, e) != 0)
		return -1;
	PQsetNoticeReceiver(g->c, ignore_notice, NULL);
	return read_patience(g, rq, e) != 0 ? -1 : ask_server(g, e);
}

void
pgconn_close(struct pgconn *g)
{
	PQfinish(g->c);
	g->c = NULL;
}

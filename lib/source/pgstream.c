/* SPDX-License-Identifier: MIT */
#include "source/pgstream.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* Less in a table's own storage for long values cannot be made into a line
 * that is too long, however well it is compressed: 64 MiB / 256. */
#define TOAST_LEAST "262144"

/* ---- columns ---- */

static const char table_sql[] =
    "SELECT c.oid, f.versions, f.long >= " TOAST_LEAST ", f.n > 1 "
    "FROM pg_catalog.pg_class AS c "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
    "CROSS JOIN LATERAL (WITH RECURSIVE family(oid) AS (SELECT c.oid UNION "
    "SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN family AS f "
    "ON f.oid = i.inhparent) SELECT bool_and(t.relkind = 'p' OR (t.relkind "
    "IN ('r', 'm') AND a.amname = 'heap')) AS versions, sum(coalesce("
    "pg_catalog.pg_relation_size(t.reltoastrelid), 0)) AS long, "
    "count(*) AS n "
    "FROM family JOIN pg_catalog.pg_class AS t USING (oid) "
    "LEFT JOIN pg_catalog.pg_am AS a ON a.oid = t.relam) AS f "
    "WHERE n.nspname = $1 AND c.relname = $2 AND "
    "c.relkind IN ('r', 'p', 'v', 'm', 'f')";

static const char columns_sql[] =
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), "
    "coalesce(pg_catalog.array_position(i.indkey::int2[], a.attnum) - "
    "pg_catalog.array_lower(i.indkey::int2[], 1) + 1, 0), a.atttypid, "
    "NOT a.attnotnull "
    "FROM pg_catalog.pg_attribute AS a LEFT JOIN pg_catalog.pg_index AS i "
    "ON i.indrelid = a.attrelid AND i.indisprimary "
    "WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped "
    "ORDER BY a.attnum";

static int
find_table(struct pgstream *p, struct pgconn *g, const char *table,
    struct err *e)
{
	const char *params[] = { g->schema, table };
	PGresult *r = pgconn_query(g, e, table_sql, 2, params);
	bool found;

	if (r == NULL)
		return -1;
	found = PQntuples(r) == 1;
	if (found) {
		snprintf(p->oid, sizeof p->oid, "%s", PQgetvalue(r, 0, 0));
		p->versions = *PQgetvalue(r, 0, 1) == 't';
		p->wide = *PQgetvalue(r, 0, 2) == 't';
		p->parts = *PQgetvalue(r, 0, 3) == 't';
	}
	PQclear(r);
	return found ? 0 : sqlstream_wrong(&p->t.s, e,
	    "there is no table %s in the schema %s", table, g->schema);
}

static int
take_type(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    struct sqlcolumn *c, Oid oid, struct err *e)
{
	const struct pgtype *t = pgtypes_get(types, g, oid, e);

	if (t == NULL)
		return -1;
	c->form = pgvalue_form(t);
	if (p->t.s.timestamp != NULL && streq(c->name, p->t.s.timestamp))
		p->stamp = t;
	return 0;
}

static int
table_columns(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    struct err *e)
{
	const char *oid = p->oid;
	PGresult *r;
	int result = 0;

	if (find_table(p, g, p->t.s.table, e) != 0)
		return -1;
	r = pgconn_query(g, e, columns_sql, 1, &oid);
	if (r == NULL)
		return -1;
	for (int i = 0; i < PQntuples(r) && result == 0; i++) {
		struct sqlcolumn *c = sqltable_add(&p->t,
		    PQgetvalue(r, i, 0), PQgetvalue(r, i, 1),
		    (int)strtol(PQgetvalue(r, i, 2), NULL, 10));

		c->null = *PQgetvalue(r, i, 4) == 't';
		result = take_type(p, g, types, c,
		    (Oid)strtoul(PQgetvalue(r, i, 3), NULL, 10), e);
	}
	PQclear(r);
	return result;
}

struct lender {
	struct pgconn *g;
	struct pgtypes *types;
};

/* Those of a table that an advanced rule names. */
static int
lend_columns(void *ctx, struct sqltable *k, const char *table, struct err *e)
{
	const struct lender *l = ctx;
	struct sqlstream s = k->s;
	struct pgstream p = { 0 };
	int result;

	s.table = table;
	sqltable_init(&p.t, &s, false);
	result = table_columns(&p, l->g, l->types, e);
	for (size_t i = 0; result == 0 && i < p.t.ncolumns; i++)
		sqltable_add(k, p.t.column[i].name, p.t.column[i].type,
		    p.t.column[i].key);
	pgstream_release(&p);
	return result;
}

/* Of the cursor that declare made of the query. */
static int
query_columns(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    struct err *e)
{
	PGresult *r = PQdescribePortal(g->c, "conn_look");
	int result = 0;

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		result = pgconn_failed(g, r, NULL, e);
	for (int i = 0; result == 0 && i < PQnfields(r); i++) {
		const char *name = PQfname(r, i);
		struct sqlcolumn *c;

		if (sqltable_find(&p->t, name) >= 0)
			result = sqlstream_wrong(&p->t.s, e,
			    "query: two columns are named %s", name);
		c = sqltable_add(&p->t, name, NULL, 0);
		c->null = true;
		if (result == 0)
			result = take_type(p, g, types, c, PQftype(r, i), e);
	}
	PQclear(r);
	return result;
}

/* ---- planning ---- */

int
pgstream_save(struct pgconn *g, struct err *e)
{
	return pgconn_run(g, "SAVEPOINT conn_stream", e);
}

int
pgstream_back(struct pgconn *g, struct err *e)
{
	return pgconn_run(g, "ROLLBACK TO SAVEPOINT conn_stream", e);
}

/* A query that is wrong is the config's fault; a table that is gone is one
 * that was dropped since it was found. */
static int
refused(struct pgstream *p, struct pgconn *g, struct err *e)
{
	static const char *const faults[] = { "42", "22", "0A", "25006", "3F",
		"2F", "54", "08P01" };
	struct err said = *e;

	if (pgconn_is(g, "42501")) {
		sqltable_refuse(&p->t, e);
		return pgstream_back(g, e);
	}
	if (p->t.s.query == NULL)
		return pgconn_is(g, "42") ? err_set(e, ST_TEMP,
		    "stream %s: %.900s", p->t.s.name, said.text) : -1;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (pgconn_is(g, faults[i]))
			return sqlstream_wrong(&p->t.s, e, "query: %.900s",
			    said.text);
	return -1;
}

static void
param_pointers(const struct pgstream *p, const char *v[PG_PARAMS])
{
	for (int i = 0; i < PG_PARAMS; i++)
		v[i] = p->param[i];
}

/* Only what reads can be a cursor, and only one statement. */
static int
declare(struct pgstream *p, struct pgconn *g, const char *sql, int nparams,
    struct err *e)
{
	const char *params[PG_PARAMS];
	struct buf b = { 0 };
	PGresult *r;

	param_pointers(p, params);
	if (pgstream_save(g, e) != 0)
		return -1;
	buf_puts(&b, "DECLARE conn_look NO SCROLL CURSOR FOR ");
	buf_puts(&b, sql);
	r = pgconn_query(g, e, buf_cstr(&b), nparams, params);
	buf_release(&b);
	if (r == NULL)
		return refused(p, g, e);
	PQclear(r);
	return 0;
}

int
pgstream_columns(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    const struct sqlstream *s, struct err *e)
{
	*p = (struct pgstream){ 0 };
	sqltable_init(&p->t, s, false);
	if (s->query == NULL)
		return table_columns(p, g, types, e);
	if (declare(p, g, s->query, 0, e) != 0)
		return -1;
	if (p->t.unread)
		return 0;
	if (query_columns(p, g, types, e) != 0)
		return -1;
	return pgconn_run(g, "CLOSE conn_look", e);
}

int
pgstream_init(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    const struct sqlstream *s, struct err *e)
{
	if (pgstream_columns(p, g, types, s, e) != 0)
		return -1;
	if (p->t.unread)
		return 0;
	return sqltable_borrow(&p->t, lend_columns,
	    &(struct lender){ g, types }, e) != 0 ? -1 :
	    sqltable_settle(&p->t, NULL, e);
}

void
pgstream_release(struct pgstream *p)
{
	sqltable_release(&p->t);
	buf_release(&p->sql);
	free(p->type);
	*p = (struct pgstream){ 0 };
}

static int
result_types(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    struct err *e)
{
	PGresult *r = PQdescribePortal(g->c, "conn_look");
	int result = 0;

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		result = pgconn_failed(g, r, NULL, e);
	p->ntypes = PQnfields(r);
	p->type = xcalloc((size_t)p->ntypes + 1,
	    sizeof(const struct pgtype *));
	for (int i = 0; result == 0 && i < p->ntypes; i++) {
		p->type[i] = pgtypes_get(types, g, PQftype(r, i), e);
		if (p->type[i] == NULL)
			result = -1;
	}
	PQclear(r);
	return result;
}

int
pgstream_look(struct pgstream *p, struct pgconn *g, struct pgtypes *types,
    const struct pgpart *part, struct err *e)
{
	if (p->t.unread)
		return 0;
	pgstream_statement(p, g, part);
	if (declare(p, g, buf_cstr(&p->sql), p->nparams, e) != 0)
		return -1;
	if (p->t.unread)
		return 0;
	if (result_types(p, g, types, e) != 0)
		return -1;
	return part->keep ? 0 : pgconn_run(g, "CLOSE conn_look", e);
}

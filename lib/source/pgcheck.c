/* SPDX-License-Identifier: MIT */
#include "source/pgcheck.h"

#include "source/sqlcheck.h"

/* ---- grants ---- */

static int
has_policies(const struct pgstream *p, struct pgconn *g, bool *out,
    struct err *e)
{
	const char *oid = p->oid;
	PGresult *r;

	*out = false;
	if (*oid == '\0')
		return 0;
	r = pgconn_query(g, e, "SELECT pg_catalog.row_security_active("
	    "$1::oid)", 1, &oid);
	if (r == NULL)
		return -1;
	*out = *PQgetvalue(r, 0, 0) == 't';
	PQclear(r);
	return 0;
}

static int
check_grant(const struct pgstream *p, struct pgconn *g, struct err *e)
{
	struct buf b = { 0 };
	bool policies;

	if (has_policies(p, g, &policies, e) != 0)
		return -1;
	buf_puts(&b, p->t.why);
	if (policies && !g->policies) {
		buf_puts(&b, "; ALTER ROLE ");
		sqltable_put_name(&b, PQuser(g->c), '"');
		buf_puts(&b, " BYPASSRLS, or set row_security, if what they "
		    "hide shall be deleted from the index");
	} else if (p->t.s.query == NULL) {
		buf_puts(&b, "; GRANT SELECT ON ");
		pgstream_put_from(&b, p, g);
		buf_puts(&b, " TO ");
		sqltable_put_name(&b, PQuser(g->c), '"');
	}
	sqlcheck_say(&p->t, false, &b);
	return 0;
}

/* Rows that a policy hides are as good as deleted. */
static int
check_policies(const struct pgstream *p, struct pgconn *g, struct err *e)
{
	struct buf b = { 0 };
	bool policies;

	if (has_policies(p, g, &policies, e) != 0)
		return -1;
	if (policies) {
		buf_puts(&b, "row security is on for this role; rows that "
		    "its policies hide are not read, and deleted from the "
		    "index");
		sqlcheck_say(&p->t, true, &b);
	}
	return 0;
}

/* ---- indexes ---- */

/* Is there a valid index over the whole table that begins with the column? */
static const char index_sql[] =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_index AS i "
    "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND "
    "a.attnum = i.indkey[0] JOIN pg_catalog.pg_class AS c ON "
    "c.oid = i.indexrelid JOIN pg_catalog.pg_am AS m ON m.oid = c.relam "
    "WHERE i.indrelid = $1::oid AND a.attname = $2 AND i.indisvalid AND "
    "i.indpred IS NULL AND m.amname IN ('btree', 'brin')), "
    "relkind FROM pg_catalog.pg_class WHERE oid = $1::oid";

static int
check_timestamp(const struct pgstream *p, struct pgconn *g, struct err *e)
{
	const char *params[] = { p->oid, p->t.s.timestamp };
	PGresult *r = pgconn_query(g, e, index_sql, 2, params);
	struct buf b = { 0 };

	if (r == NULL)
		return -1;
	if (*PQgetvalue(r, 0, 0) == 'f' &&
	    strchr("rpm", *PQgetvalue(r, 0, 1)) != NULL) {
		buf_puts(&b, "no index begins with the timestamp, so each "
		    "poll reads the whole table; CREATE INDEX ");
		buf_puts(&b, *PQgetvalue(r, 0, 1) == 'p' ? "ON " :
		    "CONCURRENTLY ON ");
		pgstream_put_from(&b, p, g);
		buf_puts(&b, " (");
		sqltable_put_name(&b, p->t.s.timestamp, '"');
		buf_putc(&b, ')');
		sqlcheck_say(&p->t, true, &b);
	}
	PQclear(r);
	return 0;
}

/* ---- ids ---- */

/* All columns of a unique index over the whole table are among the id's. */
static const char unique_sql[] =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE "
    "i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND "
    "i.indimmediate AND i.indpred IS NULL AND NOT EXISTS (SELECT FROM "
    "pg_catalog.unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k "
    "WHERE k NOT IN (SELECT a.attnum FROM pg_catalog.pg_attribute AS a "
    "WHERE a.attrelid = i.indrelid AND a.attname = ANY ($2::text[]))))";

/* An array of names, as the server writes it. */
static void
put_array(struct buf *b, const struct sqlstream *s)
{
	buf_putc(b, '{');
	for (size_t i = 0; i < s->nid; i++) {
		buf_puts(b, i > 0 ? ",\"" : "\"");
		for (const char *c = s->id[i]; *c != '\0'; c++) {
			if (*c == '"' || *c == '\\')
				buf_putc(b, '\\');
			buf_putc(b, *c);
		}
		buf_putc(b, '"');
	}
	buf_putc(b, '}');
}

static int
is_unique(const struct pgstream *p, struct pgconn *g, bool *out,
    struct err *e)
{
	struct buf names = { 0 };
	const char *params[2] = { p->oid };
	PGresult *r;

	*out = false;
	if (p->t.s.query != NULL)
		return 0;
	put_array(&names, &p->t.s);
	params[1] = buf_cstr(&names);
	r = pgconn_query(g, e, unique_sql, 2, params);
	buf_release(&names);
	if (r == NULL)
		return -1;
	*out = *PQgetvalue(r, 0, 0) == 't';
	PQclear(r);
	return 0;
}

static void
put_doubles(struct buf *sql, const struct pgstream *p, const struct pgconn *g)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < p->t.s.nid; i++) {
		buf_puts(&list, i > 0 ? ", " : "");
		sqltable_put_name(&list, p->t.s.id[i], '"');
	}
	buf_printf(sql, "SELECT %s FROM ", buf_cstr(&list));
	pgstream_put_from(sql, p, g);
	buf_printf(sql, " GROUP BY %s HAVING count(*) > 1 LIMIT 1",
	    buf_cstr(&list));
	buf_release(&list);
}

/* Looks for rows with the same id where no index rules them out. A query that
 * cannot be put in parentheses, or takes too long, is not known. */
static int
check_doubles(const struct pgstream *p, struct pgconn *g, struct err *e)
{
	struct buf sql = { 0 }, b = { 0 };
	struct err ignored = { 0 };
	PGresult *r = NULL;
	bool unique;

	if (is_unique(p, g, &unique, e) != 0 || unique)
		return unique ? 0 : e->status != 0 ? -1 : 0;
	put_doubles(&sql, p, g);
	if (pgstream_save(g, e) != 0 ||
	    pgconn_run(g, "SET LOCAL statement_timeout = '60s'", e) != 0)
		return -1;
	r = pgconn_query(g, &ignored, buf_cstr(&sql), 0, NULL);
	if (r == NULL)
		buf_puts(&b, "no index makes the id unique, and whether it is "
		    "could not be found out; ");
	else if (PQntuples(r) > 0)
		buf_puts(&b, "several rows have the same id, of which the "
		    "last one counts; ");
	if (b.n > 0) {
		buf_add_span(&b, buf_span(&sql));
		sqlcheck_say(&p->t, true, &b);
	}
	PQclear(r);
	buf_release(&sql);
	return pgstream_back(g, e);
}

/* ---- all of it ---- */

int
pgcheck_stream(const struct pgstream *p, struct pgconn *g, struct err *e)
{
	if (p->t.unread)
		return check_grant(p, g, e);
	if (check_policies(p, g, e) != 0)
		return -1;
	if (p->t.s.query == NULL && p->t.s.timestamp != NULL &&
	    check_timestamp(p, g, e) != 0)
		return -1;
	return check_doubles(p, g, e);
}

int
pgcheck_activity(struct pgconn *g, struct err *e)
{
	PGresult *r = pgconn_query(g, e, "SELECT pg_catalog.pg_has_role("
	    "'pg_read_all_stats', 'USAGE')", 0, NULL);
	struct buf b = { 0 };

	if (r == NULL)
		return -1;
	if (*PQgetvalue(r, 0, 0) == 'f') {
		buf_puts(&b, "this role cannot see when others' transactions "
		    "began, so a poll misses what one longer than overlap "
		    "changed; GRANT pg_read_all_stats TO ");
		sqltable_put_name(&b, PQuser(g->c), '"');
		emit_check("overlap", true, buf_cstr(&b));
	}
	buf_release(&b);
	PQclear(r);
	return 0;
}

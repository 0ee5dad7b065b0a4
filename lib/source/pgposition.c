/* SPDX-License-Identifier: MIT */
#include "source/pgposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"

/* Half of the ids are in the past; leave some for the time of the run. */
static const uint64_t XID_AGE_MOST = ((uint64_t)1 << 31) - 100000000;

/* ---- where it stands ---- */

#define AS_TEXT(time) "pg_catalog.to_char(" time " AT TIME ZONE 'UTC', " \
	"'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

/*
 * Before the snapshot: a transaction that is open in the snapshot either was
 * open when its statement asked, or began after it. Background workers have
 * types of any name.
 */
static const char clock_sql[] = "SELECT " AS_TEXT("now()") ", "
    AS_TEXT("least(now(), "
    "(SELECT min(xact_start) FROM pg_catalog.pg_stat_activity "
    "WHERE datname = pg_catalog.current_database() AND "
    "pid <> pg_catalog.pg_backend_pid() AND "
    "backend_type NOT IN ('autovacuum worker', 'walsender')), "
    "(SELECT min(prepared) FROM pg_catalog.pg_prepared_xacts "
    "WHERE database = pg_catalog.current_database()), "
    "CASE WHEN pg_catalog.pg_is_in_recovery() THEN "
    "coalesce(pg_catalog.pg_last_xact_replay_timestamp(), "
    "pg_catalog.to_timestamp(0)) END)");

/* Transaction ids mean the same in one timeline of one cluster only. */
static const char cluster_sql[] = "SELECT s.system_identifier || '/' || "
    "CASE WHEN pg_catalog.pg_is_in_recovery() THEN "
    "(pg_catalog.pg_control_recovery()).min_recovery_end_timeline ELSE "
    "('x' || pg_catalog.left(pg_catalog.pg_walfile_name("
    "pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::int END || '/' || d.oid "
    "FROM pg_catalog.pg_control_system() AS s, pg_catalog.pg_database AS d "
    "WHERE d.datname = pg_catalog.current_database()";

static const char snapshot_sql[] = "SELECT s::text, "
    "pg_catalog.pg_snapshot_xmin(s), pg_catalog.pg_snapshot_xmax(s) "
    "FROM pg_catalog.pg_current_snapshot() AS s";

static int
read_clock(struct pgposition *p, struct pgconn *g, struct err *e)
{
	PGresult *r = pgconn_query(g, e, clock_sql, 0, NULL);
	bool good;

	if (r == NULL)
		return -1;
	good = clock_parse(span_of(PQgetvalue(r, 0, 0)), &p->now) &&
	    clock_parse(span_of(PQgetvalue(r, 0, 1)), &p->since);
	PQclear(r);
	return good ? 0 : err_set(e, ST_PERSON, "the server's clock cannot "
	    "be read");
}

static int
read_cluster(struct pgposition *p, struct pgconn *g, struct err *e)
{
	PGresult *r = pgconn_query(g, e, cluster_sql, 0, NULL);

	if (r == NULL && !pgconn_is(g, "42501"))
		return -1;
	if (r != NULL && PQntuples(r) == 1)
		snprintf(p->cluster, sizeof p->cluster, "%s",
		    PQgetvalue(r, 0, 0));
	PQclear(r);
	return 0;
}

static int
read_snapshot(struct pgposition *p, struct pgconn *g, struct err *e)
{
	PGresult *r = pgconn_query(g, e, snapshot_sql, 0, NULL);
	const char *text;

	if (r == NULL)
		return -1;
	text = PQgetvalue(r, 0, 0);
	/* on a standby it does not name the transactions that are open */
	if (!g->standby && strlen(text) < sizeof p->snapshot)
		snprintf(p->snapshot, sizeof p->snapshot, "%s", text);
	snprintf(p->xmin, sizeof p->xmin, "%s", PQgetvalue(r, 0, 1));
	snprintf(p->xmax, sizeof p->xmax, "%s", PQgetvalue(r, 0, 2));
	PQclear(r);
	return 0;
}

int
pgposition_begin(struct pgposition *p, struct pgconn *g, struct err *e)
{
	*p = (struct pgposition){ 0 };
	if (read_clock(p, g, e) != 0 || read_cluster(p, g, e) != 0 ||
	    pgconn_begin(g, e) != 0)
		return -1;
	return read_snapshot(p, g, e);
}

/* What the catalog shows in the snapshot was deleted or replaced since. */
#define GONE_SINCE(row) "pg_catalog.age(" row ".xmax) <= pg_catalog.age(" \
	"pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::xid)"

/* Tables are read in the snapshot, but their names, their parts and what views
 * are made of as they are now: of one that was swapped for another, the rows
 * that the other got meanwhile would be missing. pg_class is read in the
 * snapshot, pg_relation_filenode and pg_identify_object look at now. */
static const char rewritten_sql[] = "SELECT FROM pg_catalog.pg_locks AS l "
    "LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation "
    "LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE l.pid = pg_catalog.pg_backend_pid() AND "
    "l.locktype = 'relation' AND l.relation >= 16384 AND "
    "(c.oid IS NULL OR c.relfilenode <> coalesce("
    "pg_catalog.pg_relation_filenode(c.oid), 0) OR "
    "(c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND "
    "(pg_catalog.pg_identify_object('pg_catalog.pg_class'::regclass, c.oid, "
    "0)).identity <> pg_catalog.format('%I.%I', n.nspname, c.relname)) OR "
    "EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = "
    "c.oid AND " GONE_SINCE("i") ") OR "
    "EXISTS (SELECT FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = "
    "c.oid AND " GONE_SINCE("w") ")) LIMIT 1";

int
pgposition_rewritten(struct pgconn *g, bool *out, struct err *e)
{
	PGresult *r = pgconn_query(g, e, rewritten_sql, 0, NULL);

	if (r == NULL)
		return -1;
	*out = PQntuples(r) > 0;
	PQclear(r);
	return 0;
}

/* ---- what a poll reads ---- */

/* Which table it is, what names its rows and what they are made of, so that
 * another one of its name is noticed, and a column that came or went: then all
 * documents change, though no row did. */
static void
make_shape(const struct pgstream *s, char out[HASH_HEX + 1])
{
	struct buf b = { 0 };

	buf_puts(&b, s->oid);
	for (size_t i = 0; i < s->t.s.nid; i++)
		buf_add(&b, s->t.s.id[i], strlen(s->t.s.id[i]) + 1);
	buf_putc(&b, '/');
	for (size_t i = 0; i < s->t.ncolumns; i++) {
		const struct sqlcolumn *c = &s->t.column[i];

		buf_add(&b, c->name, strlen(c->name) + 1);
		buf_add(&b, c->type, strlen(c->type) + 1);
	}
	hash_hex(hash128(b.p, b.n), out);
	buf_release(&b);
}

static bool
is_reshaped(const struct pgstream *s, const struct val *state)
{
	const char *shape = val_cstr(val_get(state, "shape"));
	char now[HASH_HEX + 1];

	make_shape(s, now);
	return shape != NULL && !streq(shape, now);
}

static int
useless(struct err *e, const char *stream, const char *why)
{
	emit_reset();
	return err_set(e, ST_PERSON, "stream %s: %s; run a full sync", stream,
	    why);
}

/* Another timeline is a standby that took over, or a backup that was
 * restored: what had been committed last may be gone, and its ids be in use
 * again. */
static bool
is_foreign(const struct pgposition *p, const struct val *state)
{
	const char *cluster = val_cstr(val_get(state, "cluster"));

	return !streq(cluster ? cluster : "", p->cluster);
}

static int
ask_age(struct pgconn *g, uint64_t xid, int *age, struct err *e)
{
	char text[16];
	const char *param = text;
	PGresult *r;

	snprintf(text, sizeof text, "%" PRIu32, (uint32_t)xid);
	r = pgconn_query(g, e, "SELECT pg_catalog.age($1::text::xid)", 1,
	    &param);
	if (r == NULL)
		return -1;
	*age = (int)strtol(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	return 0;
}

static int
version_part(const struct pgposition *p, struct pgconn *g,
    const struct val *state, const char *stream, struct pgpart *part,
    struct err *e)
{
	const char *text = val_cstr(val_get(state, "xmin"));
	uint64_t now = strtoull(p->xmax, NULL, 10), xid;

	if (text == NULL || *text < '0' || *text > '9')
		return position_missing(stream, e);
	xid = strtoull(text, NULL, 10);
	if (is_foreign(p, state))
		return useless(e, stream, "the saved position is of another "
		    "cluster or timeline");
	if (xid > now && g->standby)
		return err_set(e, ST_TEMP, "stream %s: this standby is behind "
		    "the saved position", stream);
	if (xid > now)
		return useless(e, stream, "the saved position is later than "
		    "the database's");
	if (now - xid > XID_AGE_MOST)
		return useless(e, stream, "the saved position is too long ago");
	part->versions = true;
	return ask_age(g, xid, &part->age, e);
}

int
pgposition_part(const struct pgposition *p, struct pgconn *g,
    const struct request *rq, const struct pgstream *s, struct pgpart *part,
    struct window *w, struct err *e)
{
	const char *name = s->t.s.name;
	const struct val *state = val_get(rq->state, name);

	if (s->t.unread || (position_unread(state) &&
	    !window_explicit(rq)))
		return 0;
	if (!window_explicit(rq) && is_reshaped(s, state))
		return useless(e, name, "it is another table, or its columns "
		    "have changed");
	if (s->t.s.timestamp != NULL) {
		part->w = w;
		return window_init(w, rq, name, p->now, e);
	}
	if (!s->versions)
		return sqlstream_wrong(&s->t.s, e,
		    "a poll needs timestamp");
	if (window_explicit(rq))
		return sqlstream_wrong(&s->t.s, e,
		    "since and until need timestamp");
	return version_part(p, g, state, name, part, e);
}

void
pgposition_emit(const struct pgposition *p, const struct pgstream *s)
{
	char time[CLOCK_TEXT], shape[HASH_HEX + 1];
	struct buf b = { 0 };

	buf_putc(&b, '{');
	if (s->t.unread) {
		buf_puts(&b, "\"unread\":true");
	} else if (s->t.s.timestamp != NULL) {
		clock_format(p->since, 6, time);
		buf_printf(&b, "\"since\":\"%s\"", time);
	} else if (s->versions) {
		buf_printf(&b, "\"xmin\":\"%s\"", p->xmin);
	}
	if (b.n > 1) {
		if (!s->t.unread) {
			make_shape(s, shape);
			buf_printf(&b, ",\"shape\":\"%s\"", shape);
		}
		buf_printf(&b, ",\"cluster\":\"%s\",\"snapshot\":\"%s\"}",
		    p->cluster, p->snapshot);
		emit_state(s->t.s.name, buf_span(&b));
	}
	buf_release(&b);
}

bool
pgposition_same(const struct pgposition *p, const struct request *rq,
    const struct pgstream *s)
{
	const struct val *state = val_get(rq->state, s->t.s.name);
	const char *snapshot = val_cstr(val_get(state, "snapshot"));

	return s->versions && snapshot != NULL && *snapshot != '\0' &&
	    *p->cluster != '\0' && !is_foreign(p, state) &&
	    streq(snapshot, p->snapshot) && !is_reshaped(s, state) &&
	    !position_unread(state);
}

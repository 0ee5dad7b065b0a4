/* SPDX-License-Identifier: MIT */
#include "source/pgtypes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum { OID_TEXT = 25, OID_CHAR = 18, OID_NAME = 19, OID_BPCHAR = 1042,
	OID_VARCHAR = 1043, OID_UUID = 2950, OID_DIGITS = 16 };

static Oid
oid_of(const char *text)
{
	return (Oid)strtoul(text, NULL, 10);
}

static struct pgtype *
add(struct pgtypes *t, Oid oid, enum pgkind kind)
{
	struct pgtype *new = xcalloc(1, sizeof *new);

	*new = (struct pgtype){ .oid = oid, .kind = kind, .delimiter = ',' };
	t->v = xgrow(t->v, &t->cap, t->n + 1, sizeof(struct pgtype *));
	t->v[t->n++] = new;
	return new;
}

/* Those that need no question. */
static bool
is_plain(Oid oid)
{
	switch (oid) {
	case OID_TEXT:
	case OID_CHAR:
	case OID_NAME:
	case OID_BPCHAR:
	case OID_VARCHAR:
	case OID_UUID:
		return true;
	default:
		return pgvalue_kind(oid) != PG_TEXT;
	}
}

static PGresult *
ask(struct pgconn *g, const char *sql, Oid oid, struct err *e)
{
	char text[OID_DIGITS];
	const char *param = text;

	snprintf(text, sizeof text, "%u", oid);
	return pgconn_query(g, e, sql, 1, &param);
}

static const struct pgtype *
make_array(struct pgtypes *t, struct pgconn *g, Oid oid, Oid of,
    struct err *e)
{
	const struct pgtype *elem = pgtypes_get(t, g, of, e);
	struct pgtype *new;

	if (elem == NULL)
		return NULL;
	new = add(t, oid, PG_ARRAY);
	new->elem = elem;
	return new;
}

static const struct pgtype *
make_composite(struct pgtypes *t, struct pgconn *g, Oid oid, Oid relation,
    struct err *e)
{
	PGresult *r = ask(g, "SELECT attname, atttypid FROM "
	    "pg_catalog.pg_attribute WHERE attrelid = $1::oid AND attnum > 0 "
	    "AND NOT attisdropped ORDER BY attnum", relation, e);
	struct pgtype *new;

	if (r == NULL)
		return NULL;
	new = add(t, oid, PG_COMPOSITE);
	new->field = xcalloc((size_t)PQntuples(r) + 1, sizeof *new->field);
	for (int i = 0; i < PQntuples(r); i++) {
		struct pgfield *f = &new->field[new->nfields++];

		f->name = xstrdup(PQgetvalue(r, i, 0));
		f->type = pgtypes_get(t, g, oid_of(PQgetvalue(r, i, 1)), e);
		if (f->type == NULL) {
			PQclear(r);
			return NULL;
		}
	}
	PQclear(r);
	return new;
}

/* Row 0: typtype, typelem of an array or 0, typrelid, typbasetype, typdelim */
static const struct pgtype *
make(struct pgtypes *t, struct pgconn *g, Oid oid, PGresult *r, struct err *e)
{
	Oid elem = oid_of(PQgetvalue(r, 0, 1));
	struct pgtype *new;

	switch (*PQgetvalue(r, 0, 0)) {
	case 'd':
		return pgtypes_get(t, g, oid_of(PQgetvalue(r, 0, 3)), e);
	case 'c':
		return make_composite(t, g, oid, oid_of(PQgetvalue(r, 0, 2)),
		    e);
	default:
		if (elem != 0)
			return make_array(t, g, oid, elem, e);
	}
	new = add(t, oid, PG_TEXT);
	new->delimiter = *PQgetvalue(r, 0, 4);
	return new;
}

const struct pgtype *
pgtypes_get(struct pgtypes *t, struct pgconn *g, Oid oid, struct err *e)
{
	const struct pgtype *found;
	PGresult *r;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i]->oid == oid)
			return t->v[i];
	if (is_plain(oid))
		return add(t, oid, pgvalue_kind(oid));
	/* int2vector and such look like arrays, but have no braces */
	r = ask(g, "SELECT typtype, CASE WHEN typcategory = 'A' AND "
	    "typlen = -1 AND typname NOT IN ('int2vector', 'oidvector') "
	    "THEN typelem ELSE 0 END, typrelid, typbasetype, typdelim FROM "
	    "pg_catalog.pg_type WHERE oid = $1::oid", oid, e);
	if (r == NULL)
		return NULL;
	found = PQntuples(r) == 1 ? make(t, g, oid, r, e) :
	    add(t, oid, PG_TEXT);
	PQclear(r);
	return found;
}

void
pgtypes_release(struct pgtypes *t)
{
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->v[i]->nfields; k++)
			free(t->v[i]->field[k].name);
		free(t->v[i]->field);
		free(t->v[i]);
	}
	free(t->v);
	*t = (struct pgtypes){ 0 };
}

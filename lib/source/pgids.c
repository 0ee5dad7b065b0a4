/* SPDX-License-Identifier: MIT */
/* Rows by their ids. */
#include "source/pgids.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "source/sqlkeys.h"

enum { OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25,
	OID_VARCHAR = 1043, OID_NUMERIC = 1700, OID_UUID = 2950 };

enum encoding { UTF8, RAW, OTHER };

/* A column of the id, with its value in each of the ids, as an array. */
struct key {
	const char *name;
	unsigned oid;
	const char *type;       /* NULL: not compared */
	struct buf array;
};

struct keys {
	struct key *v;
	size_t n;
	enum encoding encoding;
	bool found;             /* some id may be of a row */
	bool open;              /* not all can be asked for */
};

/* ---- values ---- */

/* As what it is compared in the server; NULL: its text may have more than one
 * value, or none. */
static const char *
compared_as(unsigned oid)
{
	switch (oid) {
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
		return "int8";
	case OID_TEXT:
	case OID_VARCHAR:
		return "text";
	case OID_NUMERIC:
		return "numeric";
	case OID_UUID:
		return "uuid";
	default:
		return NULL;
	}
}

static bool
is_numeric(struct span s)
{
	return span_is(s, "NaN") || span_is(s, "Infinity") ||
	    span_is(s, "-Infinity") || sqlkeys_is_decimal(s);
}

static bool
is_uuid(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr(i == 8 || i == 13 || i == 18 || i == 23 ? "-" :
		    "0123456789abcdef", s.p[i]) == NULL)
			return false;
	return s.n == 36;
}

/* Can it be in such a column? Else the server would refuse all of it. */
static bool
fits(const struct key *k, struct span part)
{
	int64_t ignored;

	switch (k->oid) {
	case OID_NUMERIC:
		return is_numeric(part);
	case OID_UUID:
		return is_uuid(part);
	case OID_TEXT:
	case OID_VARCHAR:
		return part.n == 0 || memchr(part.p, '\0', part.n) == NULL;
	default:
		return sqlkeys_is_integer(part, &ignored);
	}
}

/* Characters that the database may not know cannot be asked for. */
static bool
can_be_sent(enum encoding encoding, struct span s)
{
	if (encoding == OTHER) {
		for (size_t i = 0; i < s.n; i++)
			if ((unsigned char)s.p[i] >= 0x80)
				return false;
	}
	return encoding == RAW || utf8_valid(s.p, s.n);
}

static void
add_element(struct buf *array, struct span s)
{
	buf_puts(array, array->n > 0 ? ",\"" : "\"");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_putc(array, '\\');
		if (s.p[i] == '\'')
			buf_putc(array, '\'');
		buf_putc(array, s.p[i]);
	}
	buf_putc(array, '"');
}

/* ---- ids ---- */

static void
add_id(struct keys *keys, const struct sqlkeys *id)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->v[i].type != NULL &&
		    !fits(&keys->v[i], buf_span(&id->part[i])))
			return;
	keys->found = true;
	for (size_t i = 0; i < keys->n; i++) {
		struct span part = buf_span(&id->part[i]);

		if (keys->v[i].type == NULL)
			continue;
		if (!can_be_sent(keys->encoding, part))
			keys->open = true;
		add_element(&keys->v[i].array, part);
	}
}

static void
add_ids(struct keys *keys, const struct pgstream *p, const struct val *ids)
{
	struct sqlkeys k;

	sqlkeys_init(&k, &p->t, ids);
	while (sqlkeys_next(&k))
		add_id(keys, &k);
	sqlkeys_release(&k);
}

/* ---- the statement ---- */

static void
keys_init(struct keys *keys, const struct pgstream *p, const struct pgconn *g)
{
	const char *encoding = PQparameterStatus(g->c, "server_encoding");

	*keys = (struct keys){ .n = p->t.s.nid, .encoding =
	    encoding == NULL ? OTHER : streq(encoding, "UTF8") ? UTF8 :
	    streq(encoding, "SQL_ASCII") ? RAW : OTHER };
	keys->v = xcalloc(keys->n, sizeof *keys->v);
	for (size_t i = 0; i < keys->n && p->t.s.query == NULL; i++) {
		keys->v[i].name = p->t.s.id[i];
		keys->v[i].oid = p->type[p->t.id[i]]->oid;
		keys->v[i].type = compared_as(keys->v[i].oid);
	}
}

static void
keys_release(struct keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		buf_release(&keys->v[i].array);
	free(keys->v);
}

static void
put_keys(struct buf *sql, const struct keys *keys)
{
	struct buf names = { 0 }, arrays = { 0 };

	for (size_t i = 0; i < keys->n; i++) {
		const struct key *k = &keys->v[i];

		if (k->type == NULL)
			continue;
		buf_puts(&names, names.n > 0 ? ", " : "");
		sqltable_put_name(&names, k->name, '"');
		buf_puts(&arrays, arrays.n > 0 ? ", '{" : "'{");
		buf_add_span(&arrays, buf_span(&k->array));
		buf_printf(&arrays, "}'::pg_catalog.%s[]", k->type);
	}
	if (names.n > 0) {
		/* of several arrays it goes by this name only */
		buf_puts(sql, " WHERE (");
		buf_add_span(sql, buf_span(&names));
		buf_puts(sql, ") IN (SELECT * FROM unnest(");
		buf_add_span(sql, buf_span(&arrays));
		buf_puts(sql, "))");
	}
	buf_release(&names);
	buf_release(&arrays);
}

bool
pgids_only(struct pgstream *p, const struct pgconn *g, const struct val *ids)
{
	struct keys keys;
	bool found;

	keys_init(&keys, p, g);
	add_ids(&keys, p, ids);
	found = keys.found;
	if (found && !keys.open)
		put_keys(&p->sql, &keys);
	keys_release(&keys);
	return found;
}

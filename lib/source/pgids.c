/* SPDX-License-Identifier: MIT */
/* Rows by their ids. */
#include "source/pgids.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25,
	OID_VARCHAR = 1043, OID_NUMERIC = 1700, OID_UUID = 2950,
	NUMERIC_MOST = 1000 };

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
	struct buf *part;       /* of one id */
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
is_int8(const char *s)
{
	char *end;

	errno = 0;
	strtoll(s, &end, 10);
	return (*s == '-' || (*s >= '0' && *s <= '9')) && *end == '\0' &&
	    end > s && errno == 0;
}

static bool
is_numeric(struct span s)
{
	if (span_is(s, "NaN") || span_is(s, "Infinity") ||
	    span_is(s, "-Infinity"))
		return true;
	return s.n <= NUMERIC_MOST && json_is_number(s) &&
	    memchr(s.p, 'e', s.n) == NULL && memchr(s.p, 'E', s.n) == NULL;
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
fits(const struct key *k, struct buf *part)
{
	switch (k->oid) {
	case OID_NUMERIC:
		return is_numeric(buf_span(part));
	case OID_UUID:
		return is_uuid(buf_span(part));
	case OID_TEXT:
	case OID_VARCHAR:
		return true;
	default:
		return is_int8(buf_cstr(part));
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

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What id_part made it of. */
static bool
unescape(struct buf *out, struct span s)
{
	buf_clear(out);
	for (size_t i = 0; i < s.n; i++) {
		int hi, lo;

		if (s.p[i] != '%') {
			buf_putc(out, s.p[i]);
			continue;
		}
		if (i + 2 >= s.n || (hi = digit(s.p[i + 1])) < 0 ||
		    (lo = digit(s.p[i + 2])) < 0 || hi + lo == 0)
			return false;
		buf_putc(out, (char)(hi << 4 | lo));
		i += 2;
	}
	return true;
}

/* Its parts, as many as there are columns. */
static bool
split(struct keys *keys, struct span s)
{
	for (size_t i = 0; i < keys->n; i++) {
		const char *slash = s.n > 0 ? memchr(s.p, '/', s.n) : NULL;
		size_t n = slash != NULL ? (size_t)(slash - s.p) : s.n;

		if ((slash != NULL) != (i + 1 < keys->n) ||
		    !unescape(&keys->part[i], (struct span){ s.p, n }))
			return false;
		n += slash != NULL;
		s = (struct span){ s.p + n, s.n - n };
	}
	return true;
}

static void
add_id(struct keys *keys, struct span rest)
{
	if (!split(keys, rest))
		return;
	for (size_t i = 0; i < keys->n; i++)
		if (keys->v[i].type != NULL &&
		    !fits(&keys->v[i], &keys->part[i]))
			return;
	keys->found = true;
	for (size_t i = 0; i < keys->n; i++) {
		struct span part = buf_span(&keys->part[i]);

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
	struct buf prefix = { 0 };

	id_part(&prefix, span_of(p->t.s.name));
	buf_putc(&prefix, '/');
	for (size_t i = 0; i < ids->n; i++) {
		struct span id = val_str(ids->items[i]);

		if (span_starts(id, buf_span(&prefix)))
			add_id(keys, (struct span){ id.p + prefix.n,
			    id.n - prefix.n });
	}
	buf_release(&prefix);
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
	keys->part = xcalloc(keys->n, sizeof *keys->part);
	for (size_t i = 0; i < keys->n && p->t.s.query == NULL && !p->unread;
	    i++) {
		keys->v[i].name = p->t.s.id[i];
		keys->v[i].oid = p->type[p->t.id[i]]->oid;
		keys->v[i].type = compared_as(keys->v[i].oid);
	}
}

static void
keys_release(struct keys *keys)
{
	for (size_t i = 0; i < keys->n; i++) {
		buf_release(&keys->v[i].array);
		buf_release(&keys->part[i]);
	}
	free(keys->v);
	free(keys->part);
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

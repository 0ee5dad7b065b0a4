/* SPDX-License-Identifier: MIT */
/*
 * Values of PostgreSQL, from the text form that a server gives under the
 * settings of pgconn.h (ISO dates in UTC, hexadecimal bytea), as JSON, as
 * parts of ids and as times.
 */
#ifndef CONN_SOURCE_PGVALUE_H
#define CONN_SOURCE_PGVALUE_H

#include "json/text.h"
#include "source/sqlform.h"

enum pgkind {
	PG_TEXT,                /* a string, whatever it is */
	PG_BOOL, PG_INT, PG_INT8, PG_FLOAT, PG_NUMERIC, PG_JSON, PG_BYTEA,
	PG_DATE, PG_TIMESTAMP, PG_TIMESTAMPTZ,
	PG_ARRAY,               /* of elem */
	PG_COMPOSITE            /* of fields */
};

struct pgfield {
	char *name;
	const struct pgtype *type;
};

struct pgtype {
	unsigned oid;
	enum pgkind kind;
	char delimiter;         /* between elements of arrays of this type */
	const struct pgtype *elem;
	struct pgfield *field;
	size_t nfields;
};

/* The kind of a type of the server's own that is no array; PG_TEXT for all
 * that are not told apart. */
enum pgkind pgvalue_kind(unsigned oid);

/* What its values are in JSON. */
enum sqlform pgvalue_form(const struct pgtype *t);
/*
 * Integers beyond 2^53, decimals of more than 15 digits and what is no number
 * are strings; bytea is base64; timestamps are RFC 3339; arrays and composites
 * are JSON's; json stands as it is. Text that is not of its form is a string.
 */
void pgvalue_put(struct buf *out, const struct pgtype *t, struct span text);
/* As a part of an id, escaped: bytea in hexadecimal digits, numbers never in
 * quotes, what is no scalar as the server's text. */
void pgvalue_put_id(struct buf *out, const struct pgtype *t, struct span text);
/* The text of a timestamp, in scratch or as it is. */
struct span pgvalue_stamp(struct buf *scratch, const struct pgtype *t,
    struct span text);

#endif

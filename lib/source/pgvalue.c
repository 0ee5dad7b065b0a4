/* SPDX-License-Identifier: MIT */
#include "source/pgvalue.h"

#include "source/pgnested.h"
#include "source/source.h"
#include "source/sqlvalue.h"

enum pgkind
pgvalue_kind(unsigned oid)
{
	switch (oid) {
	case 16:
		return PG_BOOL;
	case 17:
		return PG_BYTEA;
	case 20:
		return PG_INT8;
	case 21:
	case 23:
		return PG_INT;
	case 114:
	case 3802:
		return PG_JSON;
	case 700:
	case 701:
		return PG_FLOAT;
	case 1082:
		return PG_DATE;
	case 1114:
		return PG_TIMESTAMP;
	case 1184:
		return PG_TIMESTAMPTZ;
	case 1700:
		return PG_NUMERIC;
	default:
		return PG_TEXT;
	}
}

enum sqlform
pgvalue_form(const struct pgtype *t)
{
	static const enum sqlform forms[] = {
		[PG_TEXT] = SQLFORM_TEXT, [PG_BOOL] = SQLFORM_BOOL,
		[PG_INT] = SQLFORM_INT, [PG_INT8] = SQLFORM_BIG,
		[PG_FLOAT] = SQLFORM_FLOAT, [PG_NUMERIC] = SQLFORM_DECIMAL,
		[PG_JSON] = SQLFORM_ANY, [PG_BYTEA] = SQLFORM_BASE64,
		[PG_DATE] = SQLFORM_DATE, [PG_TIMESTAMP] = SQLFORM_TEXT,
		[PG_TIMESTAMPTZ] = SQLFORM_TIME, [PG_ARRAY] = SQLFORM_ARRAY,
		[PG_COMPOSITE] = SQLFORM_OBJECT
	};

	return forms[t->kind];
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_hex(struct span s)
{
	if (s.n < 2 || s.n % 2 != 0 || s.p[0] != '\\' || s.p[1] != 'x')
		return false;
	for (size_t i = 2; i < s.n; i++)
		if (digit(s.p[i]) < 0)
			return false;
	return true;
}

/* Three bytes at a time, which are four characters. */
static void
put_bytea(struct buf *out, struct span s)
{
	char piece[3072];

	if (!is_hex(s)) {
		json_put_string(out, s);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 2; i < s.n;) {
		size_t n = 0;

		for (; n < sizeof piece && i < s.n; i += 2)
			piece[n++] = (char)(16 * digit(s.p[i]) +
			    digit(s.p[i + 1]));
		sqlvalue_put_base64(out, (struct span){ piece, n });
	}
	buf_putc(out, '"');
}

/* "2026-01-02 03:04:05.6+00" -> "2026-01-02T03:04:05.6Z"; "infinity" and what
 * is of another form stays as it is. */
static void
add_time(struct buf *out, struct span s)
{
	const char *blank = memchr(s.p, ' ', s.n);
	bool era = s.n > 3 && memcmp(s.p + s.n - 3, " BC", 3) == 0;
	size_t end = era ? s.n - 3 : s.n, day;

	if (blank == NULL || (day = (size_t)(blank - s.p)) >= end) {
		buf_add_span(out, s);
		return;
	}
	buf_add(out, s.p, day);
	buf_putc(out, 'T');
	day++;
	if (end - day > 3 && memcmp(s.p + end - 3, "+00", 3) == 0) {
		buf_add(out, s.p + day, end - 3 - day);
		buf_putc(out, 'Z');
	} else {
		buf_add(out, s.p + day, end - day);
	}
	buf_add(out, s.p + end, s.n - end);
}

void
pgvalue_put(struct buf *out, const struct pgtype *t, struct span s)
{
	size_t at = out->n;

	switch (t->kind) {
	case PG_INT:
	case PG_INT8:
		sqlvalue_put_integer(out, s);
		break;
	case PG_BOOL:
		buf_puts(out, s.n > 0 && *s.p == 't' ? "true" : "false");
		break;
	case PG_FLOAT:
		sqlvalue_put_float(out, s);
		break;
	case PG_NUMERIC:
		sqlvalue_put_decimal(out, s);
		break;
	case PG_JSON:
		sqlvalue_put_json(out, s);
		break;
	case PG_BYTEA:
		put_bytea(out, s);
		break;
	case PG_TIMESTAMP:
	case PG_TIMESTAMPTZ:
		buf_putc(out, '"');
		add_time(out, s);
		sqlvalue_end_string(out, at);
		break;
	case PG_ARRAY:
	case PG_COMPOSITE:
		pgnested_put(out, t, s);
		break;
	default:
		json_put_string(out, s);
	}
}

void
pgvalue_put_id(struct buf *out, const struct pgtype *t, struct span s)
{
	struct buf scratch = { 0 };

	if (t->kind == PG_BYTEA && is_hex(s)) {
		buf_add(out, s.p + 2, s.n - 2);
	} else {
		id_part(out, pgvalue_stamp(&scratch, t, s));
		buf_release(&scratch);
	}
}

struct span
pgvalue_stamp(struct buf *scratch, const struct pgtype *t, struct span s)
{
	if (t->kind != PG_TIMESTAMP && t->kind != PG_TIMESTAMPTZ)
		return s;
	buf_clear(scratch);
	add_time(scratch, s);
	return buf_span(scratch);
}

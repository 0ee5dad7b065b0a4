/* SPDX-License-Identifier: MIT */
#include "source/sqlitevalue.h"

#include <math.h>

#include "source/source.h"
#include "source/sqlvalue.h"

/* One call for the value and cheap ones for what is in it; they are for
 * programs of one thread, such as a driver. */
static sqlite3_value *
value(sqlite3_stmt *s, int column)
{
	return sqlite3_column_value(s, column);
}

static struct span
bytes(sqlite3_value *v)
{
	const char *p = sqlite3_value_blob(v);

	/* the pointer first: the length is of what it made */
	return (struct span){ p ? p : "", (size_t)sqlite3_value_bytes(v) };
}

static struct span
text(sqlite3_value *v)
{
	const char *p = (const char *)sqlite3_value_text(v);

	if (p == NULL)
		die(ST_TEMP, "out of memory");
	return (struct span){ p, (size_t)sqlite3_value_bytes(v) };
}

static void
put_integer(struct buf *out, sqlite3_int64 v)
{
	if (v < 0)
		buf_putc(out, '-');
	json_put_u64(out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static void
put_real(struct buf *out, double v)
{
	if (isfinite(v))
		json_put_real(out, v);
	else
		buf_puts(out, isnan(v) ? "NaN" : v < 0 ? "-Infinity" :
		    "Infinity");
}

static bool
is_exact(sqlite3_int64 v)
{
	const sqlite3_int64 most = (sqlite3_int64)1 << SQLITE_EXACT;

	return v >= -most && v <= most;
}

static void
quote_unless(struct buf *out, bool plain)
{
	if (!plain)
		buf_putc(out, '"');
}

static void
put_number(struct buf *out, sqlite3_value *v, bool real)
{
	double d = real ? sqlite3_value_double(v) : 0;
	sqlite3_int64 i = real ? 0 : sqlite3_value_int64(v);
	bool plain = real ? isfinite(d) != 0 : is_exact(i);

	quote_unless(out, plain);
	if (real)
		put_real(out, d);
	else
		put_integer(out, i);
	quote_unless(out, plain);
}

bool
sqlitevalue_put(struct buf *out, sqlite3_stmt *s, int c, size_t room)
{
	sqlite3_value *v = value(s, c);
	int type = sqlite3_value_type(v);

	if ((type == SQLITE_TEXT || type == SQLITE_BLOB) &&
	    (size_t)sqlite3_value_bytes(v) > room)
		return false;
	switch (type) {
	case SQLITE_INTEGER:
	case SQLITE_FLOAT:
		put_number(out, v, type == SQLITE_FLOAT);
		break;
	case SQLITE_TEXT:
		json_put_string(out, text(v));
		break;
	case SQLITE_BLOB:
		buf_putc(out, '"');
		sqlvalue_put_base64(out, bytes(v));
		buf_putc(out, '"');
		break;
	default:
		buf_add(out, "null", 4);
	}
	return true;
}

bool
sqlitevalue_put_id(struct buf *out, sqlite3_stmt *s, int c)
{
	sqlite3_value *v = value(s, c);

	switch (sqlite3_value_type(v)) {
	case SQLITE_INTEGER:
		put_integer(out, sqlite3_value_int64(v));
		return true;
	case SQLITE_FLOAT:
		put_real(out, sqlite3_value_double(v));
		return true;
	case SQLITE_TEXT:
		id_part(out, text(v));
		return true;
	case SQLITE_BLOB:
		sqlvalue_put_hex(out, bytes(v));
		return true;
	default:
		return false;
	}
}

struct span
sqlitevalue_text(struct buf *scratch, sqlite3_stmt *s, int c)
{
	sqlite3_value *v = value(s, c);

	buf_clear(scratch);
	switch (sqlite3_value_type(v)) {
	case SQLITE_TEXT:
		return text(v);
	case SQLITE_INTEGER:
		put_integer(scratch, sqlite3_value_int64(v));
		return buf_span(scratch);
	case SQLITE_FLOAT:
		put_real(scratch, sqlite3_value_double(v));
		return buf_span(scratch);
	default:
		return (struct span){ 0 };
	}
}

bool
sqlitevalue_time(sqlite3_value *v, struct when *out)
{
	double d;

	out->day = false;
	switch (sqlite3_value_type(v)) {
	case SQLITE_TEXT:
		return when_parse(text(v), out);
	case SQLITE_INTEGER:
		return sqlvalue_epoch(sqlite3_value_int64(v), &out->time);
	case SQLITE_FLOAT:
		d = sqlite3_value_double(v);
		return d >= 0 && d < 9e18 &&
		    sqlvalue_epoch((sqlite3_int64)d, &out->time);
	default:
		return false;
	}
}

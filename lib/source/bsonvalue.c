/* SPDX-License-Identifier: MIT */
#include "source/bsonvalue.h"

#include "json/text.h"
#include "source/bsontext.h"

enum { DEPTH = 200 };           /* twice what the server stores */

static const int64_t EXACT = (int64_t)1 << 53;

/* ---- scalars ---- */

static void
put_int_quoted(struct buf *out, int64_t v)
{
	bool exact = v >= -EXACT && v <= EXACT;

	if (!exact)
		buf_putc(out, '"');
	bsontext_int(out, v);
	if (!exact)
		buf_putc(out, '"');
}

/* With a point, so that a field of doubles is never one of integers. */
static void
put_double(struct buf *out, double v)
{
	if (bsontext_name(v) != NULL) {
		json_put_cstring(out, bsontext_name(v));
		return;
	}
	json_put_real(out, v);
}

static void
put_base64(struct buf *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_reserve(out, (n + 2) / 3 * 4);
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 |
		    (uint32_t)(i + 1 < n ? p[i + 1] : 0) << 8 |
		    (i + 2 < n ? p[i + 2] : 0);

		buf_putc(out, digits[v >> 18]);
		buf_putc(out, digits[v >> 12 & 63]);
		buf_putc(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		buf_putc(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

static void
put_binary(struct buf *out, const bson_iter_t *i)
{
	bson_subtype_t type;
	const uint8_t *p;
	uint32_t n;

	bson_iter_binary(i, &type, &n, &p);
	buf_putc(out, '"');
	if (bsontext_is_uuid(type, n))
		bsontext_uuid(out, p);
	else
		put_base64(out, p, n);
	buf_putc(out, '"');
}

static void
put_regex(struct buf *out, const bson_iter_t *i)
{
	const char *options, *pattern = bson_iter_regex(i, &options);
	struct buf b = { 0 };

	buf_printf(&b, "/%s/%s", pattern, options);
	json_put_string(out, buf_span(&b));
	buf_release(&b);
}

static void
put_pointer(struct buf *out, const bson_iter_t *i)
{
	const bson_oid_t *oid;
	const char *collection;
	uint32_t n;

	bson_iter_dbpointer(i, &n, &collection, &oid);
	buf_puts(out, "{\"$ref\":");
	json_put_string(out, (struct span){ collection,
	    strnlen(collection, n) });
	buf_puts(out, ",\"$id\":\"");
	bsontext_oid(out, oid);
	buf_puts(out, "\"}");
}

/* ---- documents ---- */

static enum bsonfault put_value(struct buf *out, const bson_iter_t *i,
    unsigned depth);

static enum bsonfault
put_members(struct buf *out, bson_iter_t *i, bool named, unsigned depth)
{
	enum bsonfault fault = BSONVALUE_GOOD;
	bool first = true;

	if (depth > DEPTH)
		return BSONVALUE_DEEP;
	buf_putc(out, named ? '{' : '[');
	while (fault == BSONVALUE_GOOD && bson_iter_next(i)) {
		if (!first)
			buf_putc(out, ',');
		first = false;
		if (named) {
			json_put_cstring(out, bson_iter_key(i));
			buf_putc(out, ':');
		}
		fault = put_value(out, i, depth + 1);
	}
	buf_putc(out, named ? '}' : ']');
	return fault == BSONVALUE_GOOD && i->err_off != 0 ?
	    BSONVALUE_DAMAGED : fault;
}

static enum bsonfault
put_nested(struct buf *out, const bson_iter_t *i, unsigned depth)
{
	bson_iter_t in;

	if (!bson_iter_recurse(i, &in))
		return BSONVALUE_DAMAGED;
	return put_members(out, &in, BSON_ITER_HOLDS_DOCUMENT(i), depth);
}

static enum bsonfault
put_scoped(struct buf *out, const bson_iter_t *i, unsigned depth)
{
	enum bsonfault fault;
	const uint8_t *p;
	uint32_t n, size;
	bson_iter_t in;
	const char *code = bson_iter_codewscope(i, &n, &size, &p);
	bson_t scope;

	if (!bson_init_static(&scope, p, size) || !bson_iter_init(&in, &scope))
		return BSONVALUE_DAMAGED;
	buf_puts(out, "{\"code\":");
	json_put_string(out, (struct span){ code, n });
	buf_puts(out, ",\"scope\":");
	fault = put_members(out, &in, true, depth + 1);
	buf_putc(out, '}');
	return fault;
}

static void
put_quoted(struct buf *out, const bson_iter_t *i,
    void (*put)(struct buf *, const bson_iter_t *))
{
	buf_putc(out, '"');
	put(out, i);
	buf_putc(out, '"');
}

static void
put_oid_of(struct buf *out, const bson_iter_t *i)
{
	bsontext_oid(out, bson_iter_oid(i));
}

static void
put_date_or_number(struct buf *out, const bson_iter_t *i)
{
	size_t start = out->n;

	buf_putc(out, '"');
	if (bsontext_date(out, bson_iter_date_time(i))) {
		buf_putc(out, '"');
		return;
	}
	out->n = start;
	put_int_quoted(out, bson_iter_date_time(i));
}

static enum bsonfault
put_scalar(struct buf *out, const bson_iter_t *i)
{
	switch (bson_iter_type(i)) {
	case BSON_TYPE_BOOL:
		buf_puts(out, bson_iter_bool(i) ? "true" : "false");
		break;
	case BSON_TYPE_DATE_TIME:
		put_date_or_number(out, i);
		break;
	case BSON_TYPE_TIMESTAMP:
		put_quoted(out, i, bsontext_timestamp);
		break;
	case BSON_TYPE_BINARY:
		put_binary(out, i);
		break;
	case BSON_TYPE_REGEX:
		put_regex(out, i);
		break;
	case BSON_TYPE_DBPOINTER:
		put_pointer(out, i);
		break;
	case BSON_TYPE_DECIMAL128:
		put_quoted(out, i, bsontext_decimal);
		break;
	case BSON_TYPE_MINKEY:
		buf_puts(out, "\"MinKey\"");
		break;
	case BSON_TYPE_MAXKEY:
		buf_puts(out, "\"MaxKey\"");
		break;
	case BSON_TYPE_NULL:
	case BSON_TYPE_UNDEFINED:
		buf_puts(out, "null");
		break;
	default:
		return BSONVALUE_DAMAGED;
	}
	return BSONVALUE_GOOD;
}

static enum bsonfault
put_value(struct buf *out, const bson_iter_t *i, unsigned depth)
{
	switch (bson_iter_type(i)) {
	case BSON_TYPE_UTF8:
	case BSON_TYPE_CODE:
	case BSON_TYPE_SYMBOL:
		json_put_string(out, bsontext_of(i));
		return BSONVALUE_GOOD;
	case BSON_TYPE_INT32:
		bsontext_int(out, bson_iter_int32(i));
		return BSONVALUE_GOOD;
	case BSON_TYPE_INT64:
		put_int_quoted(out, bson_iter_int64(i));
		return BSONVALUE_GOOD;
	case BSON_TYPE_DOUBLE:
		put_double(out, bson_iter_double(i));
		return BSONVALUE_GOOD;
	case BSON_TYPE_OID:
		put_quoted(out, i, put_oid_of);
		return BSONVALUE_GOOD;
	case BSON_TYPE_DOCUMENT:
	case BSON_TYPE_ARRAY:
		return put_nested(out, i, depth);
	case BSON_TYPE_CODEWSCOPE:
		return put_scoped(out, i, depth);
	default:
		return put_scalar(out, i);
	}
}

enum bsonfault
bsonvalue_document(struct buf *out, const bson_t *document)
{
	bson_iter_t i;

	if (!bson_iter_init(&i, document))
		return BSONVALUE_DAMAGED;
	return put_members(out, &i, true, 1);
}

/* ---- times ---- */

bool
bsonvalue_stamp(struct buf *out, const bson_iter_t *i)
{
	switch (bson_iter_type(i)) {
	case BSON_TYPE_DATE_TIME:
		if (!bsontext_date(out, bson_iter_date_time(i)))
			bsontext_int(out, bson_iter_date_time(i));
		return true;
	case BSON_TYPE_TIMESTAMP:
		bsontext_timestamp(out, i);
		return true;
	case BSON_TYPE_UTF8:
		buf_add_span(out, bsontext_of(i));
		return true;
	case BSON_TYPE_INT32:
	case BSON_TYPE_INT64:
		bsontext_int(out, bson_iter_as_int64(i));
		return true;
	case BSON_TYPE_DOUBLE:
		json_put_double(out, bson_iter_double(i));
		return true;
	default:
		return false;
	}
}

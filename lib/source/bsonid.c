/* SPDX-License-Identifier: MIT */
/* Ids of values, and back. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "json/text.h"
#include "source/bsontext.h"
#include "source/bsonvalue.h"

static const double EXACT = 9007199254740992;

/* ---- to ids ---- */

static bool
is_oid_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (memchr("0123456789abcdef", s.p[i], 16) == NULL)
			return false;
	return s.n == 24;
}

/* Would the string read as a value of another type? */
static bool
is_ambiguous(struct span s)
{
	return s.n == 0 || memchr("(-0123456789", s.p[0], 12) != NULL ||
	    is_oid_text(s);
}

static void
put_raw(struct buf *out, const bson_t *one)
{
	buf_puts(out, "(bson)");
	bsontext_hex(out, bson_get_data(one), one->len);
}

/* JSON without the white space between its tokens. */
static void
put_compact(struct buf *out, const char *text, size_t n)
{
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		if (quoted || text[i] != ' ')
			buf_putc(out, text[i]);
		if (text[i] == '\\' && i + 1 < n)
			buf_putc(out, text[++i]);
	}
}

/* Types that are rare in ids, in canonical extended JSON; what is not UTF-8
 * in them has none. */
static void
put_extended(struct buf *out, const bson_iter_t *i)
{
	static const struct span head = SPAN("{ \"_\" : ");
	bson_t one = BSON_INITIALIZER;
	size_t n = 0;
	char *text;

	bson_append_iter(&one, "_", 1, i);
	text = bson_as_canonical_extended_json(&one, &n);
	if (text == NULL || n < head.n + 2) {
		put_raw(out, &one);
	} else {
		buf_puts(out, BSON_ITER_HOLDS_DOCUMENT(i) ? "(document)" :
		    "(json)");
		put_compact(out, text + head.n, n - head.n - 2);
	}
	bson_free(text);
	bson_destroy(&one);
}

static void
put_binary_id(struct buf *out, const bson_iter_t *i)
{
	bson_subtype_t type;
	const uint8_t *p;
	uint32_t n;

	bson_iter_binary(i, &type, &n, &p);
	if (bsontext_is_uuid(type, n)) {
		buf_puts(out, "(uuid)");
		bsontext_uuid(out, p);
	} else {
		buf_printf(out, "(binary)%02x:", (unsigned)type);
		bsontext_hex(out, p, n);
	}
}

static void
put_double_id(struct buf *out, double v)
{
	if (bsontext_name(v) != NULL)
		buf_printf(out, "(double)%s", bsontext_name(v));
	else if (fabs(v) < EXACT && v == floor(v))
		bsontext_int(out, (int64_t)v);
	else
		json_put_double(out, v);
}

static void
put_date_id(struct buf *out, int64_t ms)
{
	buf_puts(out, "(date)");
	if (!bsontext_date(out, ms))
		bsontext_int(out, ms);
}

void
bsonvalue_id(struct buf *out, const bson_iter_t *i)
{
	switch (bson_iter_type(i)) {
	case BSON_TYPE_OID:
		bsontext_oid(out, bson_iter_oid(i));
		break;
	case BSON_TYPE_UTF8:
		if (is_ambiguous(bsontext_of(i)))
			buf_puts(out, "(string)");
		buf_add_span(out, bsontext_of(i));
		break;
	case BSON_TYPE_INT32:
	case BSON_TYPE_INT64:
		bsontext_int(out, bson_iter_as_int64(i));
		break;
	case BSON_TYPE_DOUBLE:
		put_double_id(out, bson_iter_double(i));
		break;
	case BSON_TYPE_DATE_TIME:
		put_date_id(out, bson_iter_date_time(i));
		break;
	case BSON_TYPE_BINARY:
		put_binary_id(out, i);
		break;
	case BSON_TYPE_DECIMAL128:
		buf_puts(out, "(decimal)");
		bsontext_decimal(out, i);
		break;
	default:
		put_extended(out, i);
	}
}

/* ---- from ids ---- */

/* false: text is not n bytes in hex. */
static bool
read_hex(uint8_t *out, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++) {
		char digits[3] = { text[2 * i], 0, 0 }, *end;

		if (digits[0] == '\0')
			return false;
		digits[1] = text[2 * i + 1];
		out[i] = (uint8_t)strtoul(digits, &end, 16);
		if (end != digits + 2)
			return false;
	}
	return text[2 * n] == '\0';
}

static bool
from_number(bson_t *out, const char *key, const char *text)
{
	char *end;
	double v;

	if (text[strspn(text, "-0123456789")] == '\0')
		return bson_append_int64(out, key, -1,
		    strtoll(text, NULL, 10));
	v = strtod(text, &end);
	return *end == '\0' && bson_append_double(out, key, -1, v);
}

static bool
from_date(bson_t *out, const char *key, const char *text)
{
	struct timespec t;
	char *end;
	int64_t ms;

	if (clock_parse(span_of(text), &t))
		return bson_append_date_time(out, key, -1,
		    (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000);
	ms = strtoll(text, &end, 10);
	return end > text && *end == '\0' &&
	    bson_append_date_time(out, key, -1, ms);
}

static bool
from_uuid(bson_t *out, const char *key, const char *text)
{
	uint8_t v[16];
	char digits[33];
	size_t n = 0;

	for (; *text != '\0' && n < 32; text++)
		if (*text != '-')
			digits[n++] = *text;
	digits[n] = '\0';
	return read_hex(v, sizeof v, digits) &&
	    bson_append_binary(out, key, -1, BSON_SUBTYPE_UUID, v, 16);
}

/* SUBTYPE:BYTES, both in hex. */
static bool
from_binary(bson_t *out, const char *key, const char *text)
{
	size_t n = strlen(text);
	uint8_t type, *v;
	bool good;

	if (n < 3 || text[2] != ':' || n % 2 == 0)
		return false;
	v = xmalloc(n);
	n = (n - 3) / 2;
	type = (uint8_t)strtoul(text, NULL, 16);
	good = read_hex(v, n, text + 3) && bson_append_binary(out, key, -1,
	    (bson_subtype_t)type, v, (uint32_t)n);
	free(v);
	return good;
}

static bool
from_decimal(bson_t *out, const char *key, const char *text)
{
	bson_decimal128_t v;
	bson_t one = BSON_INITIALIZER;
	struct buf again = { 0 };
	bson_iter_t i;
	bool good = bson_decimal128_from_string(text, &v) &&
	    bson_append_decimal128(&one, key, -1, &v) &&
	    bson_iter_init_find(&i, &one, key);

	/* one of more than 34 digits has a text that is read as another */
	if (good) {
		bsontext_decimal(&again, &i);
		good = span_is(buf_span(&again), text) &&
		    bson_append_decimal128(out, key, -1, &v);
	}
	buf_release(&again);
	bson_destroy(&one);
	return good;
}

static bool
append_first(bson_t *out, const char *key, const bson_t *from)
{
	bson_iter_t i;

	return bson_iter_init(&i, from) && bson_iter_next(&i) &&
	    bson_append_iter(out, key, -1, &i);
}

static bool
from_json(bson_t *out, const char *key, const char *text)
{
	char *object = xasprintf("{\"_\":%s}", text);
	bson_t *one = bson_new_from_json((const uint8_t *)object, -1, NULL);
	bool good = one != NULL && append_first(out, key, one);

	if (one != NULL)
		bson_destroy(one);
	free(object);
	return good;
}

static bool
from_raw(bson_t *out, const char *key, const char *text)
{
	size_t n = strlen(text) / 2;
	uint8_t *v = xmalloc(n + 1);
	bson_t one;
	bool good = read_hex(v, n, text) && bson_init_static(&one, v, n) &&
	    append_first(out, key, &one);

	free(v);
	return good;
}

static bool
from_string(bson_t *out, const char *key, const char *text)
{
	return bson_append_utf8(out, key, -1, text, -1);
}

static const struct {
	const char *tag;
	bool (*read)(bson_t *out, const char *key, const char *text);
} tags[] = {
	{ "(string)", from_string }, { "(date)", from_date },
	{ "(uuid)", from_uuid }, { "(binary)", from_binary },
	{ "(decimal)", from_decimal }, { "(double)", from_number },
	{ "(document)", from_json }, { "(json)", from_json },
	{ "(bson)", from_raw }
};

static bool
from_text(bson_t *out, const char *key, const char *text)
{
	uint8_t oid[12];

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		size_t n = strlen(tags[i].tag);

		if (strncmp(text, tags[i].tag, n) == 0)
			return tags[i].read(out, key, text + n);
	}
	if (strlen(text) == 24 && text[strspn(text, "0123456789abcdef")] ==
	    '\0' && read_hex(oid, sizeof oid, text))
		return bson_append_oid(out, key, -1,
		    (const bson_oid_t *)(const void *)oid);
	if (*text != '\0' && strchr("-0123456789", *text) != NULL)
		return from_number(out, key, text);
	return *text != '\0' && *text != '(' && from_string(out, key, text);
}

bool
bsonvalue_from_id(bson_t *out, const char *key, struct span text)
{
	char *copy;
	bool good;

	if (text.n == 0 || memchr(text.p, '\0', text.n) != NULL)
		return false;
	copy = xstrndup(text);
	good = from_text(out, key, copy);
	free(copy);
	return good;
}

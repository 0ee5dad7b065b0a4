/* SPDX-License-Identifier: MIT */
#include "source/bsontext.h"

#include <math.h>

#include "base/clock.h"
#include "json/text.h"

enum { MILLISECOND = 1000000, SECOND = 1000000000 };

static const int64_t YEAR_1 = INT64_C(-62135596800),
    YEAR_10000 = INT64_C(253402300800);

void
bsontext_int(struct buf *out, int64_t v)
{
	if (v < 0)
		buf_putc(out, '-');
	json_put_u64(out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

const char *
bsontext_name(double v)
{
	if (isnan(v))
		return "NaN";
	if (isinf(v))
		return v < 0 ? "-Infinity" : "Infinity";
	return NULL;
}

/* false: RFC 3339 has no such year. */
bool
bsontext_date(struct buf *out, int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000 - (ms % 1000 < 0) };
	char text[CLOCK_TEXT];

	if (t.tv_sec < YEAR_1 || t.tv_sec >= YEAR_10000)
		return false;
	t.tv_nsec = (ms - t.tv_sec * 1000) * MILLISECOND;
	clock_format(t, 3, text);
	buf_puts(out, text);
	return true;
}

/* The counter of a timestamp takes the place of nanoseconds: order and
 * equality stay. */
void
bsontext_timestamp(struct buf *out, const bson_iter_t *i)
{
	uint32_t seconds, count;
	struct timespec t;
	char text[CLOCK_TEXT];

	bson_iter_timestamp(i, &seconds, &count);
	t = (struct timespec){ .tv_sec = seconds,
		.tv_nsec = count < SECOND ? count : SECOND - 1 };
	clock_format(t, 9, text);
	buf_puts(out, text);
}

void
bsontext_hex(struct buf *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		buf_putc(out, digits[p[i] >> 4]);
		buf_putc(out, digits[p[i] & 15]);
	}
}

void
bsontext_uuid(struct buf *out, const uint8_t *p)
{
	static const size_t lengths[] = { 4, 2, 2, 2, 6 };

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		if (i > 0)
			buf_putc(out, '-');
		bsontext_hex(out, p, lengths[i]);
		p += lengths[i];
	}
}

bool
bsontext_is_uuid(bson_subtype_t type, uint32_t n)
{
	return type == BSON_SUBTYPE_UUID && n == 16;
}

void
bsontext_oid(struct buf *out, const bson_oid_t *oid)
{
	char text[25];

	bson_oid_to_string(oid, text);
	buf_add(out, text, 24);
}

void
bsontext_decimal(struct buf *out, const bson_iter_t *i)
{
	char text[BSON_DECIMAL128_STRING];
	bson_decimal128_t v;

	bson_iter_decimal128(i, &v);
	bson_decimal128_to_string(&v, text);
	buf_puts(out, text);
}

struct span
bsontext_of(const bson_iter_t *i)
{
	struct span s;
	uint32_t n = 0;

	s.p = BSON_ITER_HOLDS_UTF8(i) ? bson_iter_utf8(i, &n) :
	    BSON_ITER_HOLDS_CODE(i) ? bson_iter_code(i, &n) :
	    bson_iter_symbol(i, &n);
	s.n = n;
	return s;
}

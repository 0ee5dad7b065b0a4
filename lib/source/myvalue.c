/* SPDX-License-Identifier: MIT */
#include "source/myvalue.h"

#include <stdio.h>
#include <stdlib.h>

#include "source/source.h"
#include "source/sqlvalue.h"

enum { NUMBER_TEXT = 64, DAY = 10 };

/* ---- numbers ---- */

/* ZEROFILL puts zeros before it, which JSON does not know. */
static struct span
unfilled(struct span s)
{
	while (s.n > 1 && s.p[0] == '0' && s.p[1] >= '0' && s.p[1] <= '9') {
		s.p++;
		s.n--;
	}
	return s;
}

static bool
is_short(struct span s)
{
	return s.n > 0 && s.n < NUMBER_TEXT;
}

/* The shortest text that reads back as the same float. */
static struct span
float_text(struct span s, char out[NUMBER_TEXT])
{
	char text[NUMBER_TEXT], *end;
	float f;

	if (!is_short(s))
		return s;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	f = (float)strtod(text, &end);
	if (*end != '\0')
		return s;
	for (int digits = 6; digits <= 9; digits++) {
		snprintf(out, NUMBER_TEXT, "%.*g", digits, (double)f);
		if (!(strtof(out, NULL) < f) && !(strtof(out, NULL) > f))
			break;
	}
	return span_of(out);
}

static struct span
bit_text(struct span s, char out[NUMBER_TEXT])
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (unsigned char)s.p[i];
	snprintf(out, NUMBER_TEXT, "%llu", (unsigned long long)v);
	return span_of(out);
}

/* Numbers as their digits, all others as they are. */
static struct span
plain(enum mykind k, struct span s, char scratch[NUMBER_TEXT])
{
	switch (k) {
	case MY_INT:
	case MY_DECIMAL:
	case MY_DOUBLE:
		return unfilled(s);
	case MY_FLOAT:
		return float_text(s, scratch);
	case MY_BIT:
		return bit_text(s, scratch);
	default:
		return s;
	}
}

/* ---- times ---- */

static bool
is_zero(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= '1' && s.p[i] <= '9')
			return false;
	return true;
}

/* "2026-01-02 03:04:05.6" -> "2026-01-02T03:04:05.6", with Z if it is UTC;
 * what is of another form stays as it is. */
static void
add_time(struct buf *out, enum mykind k, struct span s)
{
	if (s.n <= DAY || s.p[DAY] != ' ') {
		buf_add_span(out, s);
		return;
	}
	buf_add(out, s.p, DAY);
	buf_putc(out, 'T');
	buf_add(out, s.p + DAY + 1, s.n - DAY - 1);
	if (k == MY_TIMESTAMP)
		buf_putc(out, 'Z');
}

static bool
is_moment(enum mykind k)
{
	return k == MY_DATE || k == MY_DATETIME || k == MY_TIMESTAMP;
}

static void
put_moment(struct buf *out, enum mykind k, struct span s)
{
	size_t at = out->n;

	if (is_zero(s)) {
		buf_add(out, "null", 4);
		return;
	}
	buf_putc(out, '"');
	add_time(out, k, s);
	sqlvalue_end_string(out, at);
}

/* ---- values ---- */

void
myvalue_put(struct buf *out, enum mykind k, struct span s)
{
	char scratch[NUMBER_TEXT];

	switch (k) {
	case MY_INT:
	case MY_BIT:
		sqlvalue_put_integer(out, plain(k, s, scratch));
		break;
	case MY_DECIMAL:
		sqlvalue_put_decimal(out, plain(k, s, scratch));
		break;
	case MY_DOUBLE:
	case MY_FLOAT:
		sqlvalue_put_float(out, plain(k, s, scratch));
		break;
	case MY_JSON:
		sqlvalue_put_json(out, s);
		break;
	case MY_BINARY:
	case MY_GEOMETRY:
		buf_putc(out, '"');
		sqlvalue_put_base64(out, s);
		buf_putc(out, '"');
		break;
	case MY_DATE:
	case MY_DATETIME:
	case MY_TIMESTAMP:
		put_moment(out, k, s);
		break;
	default:
		json_put_string(out, s);
	}
}

void
myvalue_put_id(struct buf *out, enum mykind k, struct span s)
{
	char scratch[NUMBER_TEXT];
	struct buf time = { 0 };

	if (k == MY_BINARY || k == MY_GEOMETRY) {
		sqlvalue_put_hex(out, s);
	} else if (is_moment(k)) {
		add_time(&time, k, s);
		id_part(out, buf_span(&time));
		buf_release(&time);
	} else {
		id_part(out, plain(k, s, scratch));
	}
}

struct span
myvalue_stamp(struct buf *scratch, enum mykind k, struct span s)
{
	char digits[NUMBER_TEXT];

	if (!is_moment(k)) {
		buf_clear(scratch);
		buf_add_span(scratch, plain(k, s, digits));
		return buf_span(scratch);
	}
	if (is_zero(s))
		return (struct span){ 0 };
	buf_clear(scratch);
	add_time(scratch, k, s);
	return buf_span(scratch);
}

bool
myvalue_time(enum mykind k, struct span s, struct when *out)
{
	char scratch[NUMBER_TEXT];

	return sqlvalue_time(plain(k, s, scratch), out);
}

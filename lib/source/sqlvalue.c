/* SPDX-License-Identifier: MIT */
#include "source/sqlvalue.h"

enum { EXACT_DIGITS = 15, JSON_LEVELS = 1024 };

static void
put_quoted(struct buf *out, struct span text)
{
	buf_putc(out, '"');
	buf_add_span(out, text);
	buf_putc(out, '"');
}

void
sqlvalue_put_integer(struct buf *out, struct span s)
{
	if (!json_is_number(s))
		json_put_string(out, s);
	else if (s.n > EXACT_DIGITS && json_number_is_big(s))
		put_quoted(out, s);
	else
		buf_add_span(out, s);
}

/* Digits from the first that is not zero to the last of any. */
static size_t
significant(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= '1' && s.p[i] <= '9')
			n++;
		else if (s.p[i] == '0' && n > 0)
			n++;
	return n;
}

void
sqlvalue_put_decimal(struct buf *out, struct span s)
{
	bool whole = memchr(s.p, '.', s.n) == NULL;

	if (!json_is_number(s))
		json_put_string(out, s);
	else if (significant(s) <= EXACT_DIGITS ||
	    (whole && !json_number_is_big(s)))
		buf_add_span(out, s);
	else
		put_quoted(out, s);
}

void
sqlvalue_put_float(struct buf *out, struct span s)
{
	if (json_is_number(s))
		buf_add_span(out, s);
	else
		json_put_string(out, s);
}

void
sqlvalue_end_string(struct buf *out, size_t at)
{
	struct span s = { out->p + at + 1, out->n - at - 1 };
	struct buf copy = { 0 };

	if (json_is_plain(s)) {
		buf_putc(out, '"');
		return;
	}
	buf_add_span(&copy, s);
	out->n = at;
	json_put_string(out, buf_span(&copy));
	buf_release(&copy);
}

/* Line breaks stand between its tokens only. */
void
sqlvalue_put_json(struct buf *out, struct span s)
{
	size_t at = out->n;
	struct json_error ignored;

	buf_add_span(out, s);
	buf_pad(out);
	if (json_value_scan((struct span){ out->p + at, s.n }, JSON_LEVELS,
	    NULL, NULL, &ignored) != 0) {
		out->n = at;
		json_put_string(out, s);
		return;
	}
	for (char *p = out->p + at, *end = out->p + out->n; p < end; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
}

void
sqlvalue_put_base64(struct buf *out, struct span s)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)s.p;

	buf_reserve(out, s.n / 3 * 4 + 4);
	for (size_t n = s.n; n > 0; p += 3) {
		uint32_t v = (uint32_t)p[0] << 16 |
		    (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0U);

		buf_putc(out, set[v >> 18]);
		buf_putc(out, set[v >> 12 & 63]);
		buf_putc(out, n > 1 ? set[v >> 6 & 63] : '=');
		buf_putc(out, n > 2 ? set[v & 63] : '=');
		n -= n < 3 ? n : 3;
	}
}

void
sqlvalue_put_hex(struct buf *out, struct span s)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_putc(out, hex[c >> 4]);
		buf_putc(out, hex[c & 15]);
	}
}

bool
sqlvalue_epoch(int64_t v, struct timespec *out)
{
	int64_t unit = v < 100000000000 ? 1 : v < 100000000000000 ? 1000 :
	    v < 100000000000000000 ? 1000000 : 1000000000;

	out->tv_sec = v / unit;
	out->tv_nsec = v % unit * (1000000000 / unit);
	return out->tv_sec >= YEAR_1980;
}

bool
sqlvalue_time(struct span s, struct when *out)
{
	int64_t v = 0;
	size_t i = 0;

	if (when_parse(s, out))
		return true;
	if (!json_is_number(s) || memchr(s.p, 'e', s.n) != NULL ||
	    memchr(s.p, 'E', s.n) != NULL)
		return false;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		if (v > INT64_MAX / 10 - 1)
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	return i > 0 && sqlvalue_epoch(v, &out->time);
}

/* SPDX-License-Identifier: MIT */
#include "json/text.h"

#include <endian.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/utf8.h"
#include "json/impl.h"

enum { REPLACEMENT = 0xfffd };

static uint32_t
hex4(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		uint32_t c = (unsigned char)p[i];

		v = v << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return v;
}

/* The code point of the \u escape at p, with its partner's; *next is after
 * it. A lone surrogate is returned as it is. */
static uint32_t
unicode(const char *p, const char *end, const char **next)
{
	uint32_t c = hex4(p + 2), low;

	*next = p + 6;
	if (c < 0xd800 || c > 0xdbff || end - p < 12 || p[6] != '\\' ||
	    p[7] != 'u')
		return c;
	low = hex4(p + 8);
	if (low < 0xdc00 || low > 0xdfff)
		return c;
	*next = p + 12;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static bool
is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

size_t
json_unescape(const char **p, const char *end, char out[4])
{
	const char *e = *p;
	uint32_t c;

	if (e[1] == 'u') {
		c = unicode(e, end, p);
		return utf8_put(out, is_surrogate(c) ? REPLACEMENT : c);
	}
	*p = e + 2;
	switch (e[1]) {
	case 'b': out[0] = '\b'; break;
	case 'f': out[0] = '\f'; break;
	case 'n': out[0] = '\n'; break;
	case 'r': out[0] = '\r'; break;
	case 't': out[0] = '\t'; break;
	default: out[0] = e[1]; break;
	}
	return 1;
}

/* The first backslash of p..end, or end. */
static const char *
backslash(const char *p, const char *end)
{
	const char *q = p < end ? memchr(p, '\\', (size_t)(end - p)) : NULL;

	return q != NULL ? q : end;
}

void
json_decode(struct buf *out, struct span inside)
{
	const char *p = inside.p, *end = p + inside.n, *q;
	char c[4];

	buf_reserve(out, inside.n);     /* it never grows */
	while (p < end) {
		q = backslash(p, end);
		buf_add(out, p, (size_t)(q - p));
		p = q;
		while (p < end && *p == '\\')
			buf_add(out, c, json_unescape(&p, end, c));
	}
}

struct span
json_string(const struct json_member *m, struct buf *scratch)
{
	struct span inside = { m->value.p + 1, m->value.n - 2 };

	if (!m->escaped)
		return inside;
	buf_clear(scratch);
	json_decode(scratch, inside);
	return buf_span(scratch);
}

static void
put_control(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char e[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '\b': buf_add(out, "\\b", 2); break;
	case '\f': buf_add(out, "\\f", 2); break;
	case '\n': buf_add(out, "\\n", 2); break;
	case '\r': buf_add(out, "\\r", 2); break;
	case '\t': buf_add(out, "\\t", 2); break;
	default: buf_add(out, e, sizeof e); break;
	}
}

#if defined(__x86_64__)

enum { STEP = 16 };

/* How many of the STEP bytes at p, before the first that is not, are ASCII
 * that may stand in a string as it is. */
static size_t
plain_bytes(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i_u *)p);
	/* as signed bytes those from 0x80 on are below, too */
	__m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(' '));
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	__m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
	int odd = _mm_movemask_epi8(_mm_or_si128(low,
	    _mm_or_si128(quote, slash)));

	return (size_t)__builtin_ctz((unsigned)odd | 1U << STEP);
}

#else

enum { STEP = 8 };

static size_t
plain_bytes(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t v, quote, slash, odd;

	memcpy(&v, p, STEP);
	v = le64toh(v);
	quote = v ^ ones * '"';
	slash = v ^ ones * '\\';
	/* a byte below n borrows from its high bit, and from those after it:
	 * the lowest bit counts; 0 is below 1 */
	odd = (v | (v - ones * ' ') | (quote - ones) | (slash - ones)) & high;
	return odd != 0 ? (size_t)__builtin_ctzll(odd) / 8 : STEP;
}

#endif

/* Past plain bytes: the first that is none, or one of the last few. */
static inline const char *
skip_plain(const char *p, const char *end)
{
	size_t n = STEP;

	while (n == STEP && end - p >= STEP) {
		n = plain_bytes(p);
		p += n;
	}
	return p;
}

/* The first byte of p..end that may not stand in a string as it is. */
static const char *
special(const char *p, const char *end)
{
	while ((p = skip_plain(p, end)) < end) {
		unsigned char c = (unsigned char)*p;
		size_t n = c >= 0x80 ? utf8_len(p, (size_t)(end - p)) :
		    c >= ' ' && c != '"' && c != '\\';

		if (n == 0)
			break;
		p += n;
	}
	return p;
}

/* Of at least STEP bytes: are they all plain ASCII? The last steps overlap. */
static bool
plain_ascii(struct span s)
{
	for (size_t i = 0; i + STEP < s.n; i += STEP)
		if (plain_bytes(s.p + i) != STEP)
			return false;
	return plain_bytes(s.p + s.n - STEP) == STEP;
}

bool
json_is_plain(struct span s)
{
	return s.n == 0 || (s.n >= STEP && plain_ascii(s)) ||
	    special(s.p, s.p + s.n) == s.p + s.n;
}

bool
json_take_string(struct span *rest, size_t before, struct span *out)
{
	const char *from = rest->p + before, *end = rest->p + rest->n;
	const char *quote = from;
	size_t n;

	while ((n = plain_bytes(quote)) == STEP && end - quote > STEP)
		quote += STEP;
	quote += n;
	if (quote < end && *quote != '"')
		quote = special(quote, end);
	if (quote >= end || *quote != '"')
		return false;
	*out = (struct span){ from, (size_t)(quote - from) };
	*rest = (struct span){ quote + 1, (size_t)(end - quote - 1) };
	return true;
}

/* Room for it is reserved. */
static void
put_quoted(struct buf *out, struct span s)
{
	char *to = out->p + out->n;

	*to++ = '"';
	memcpy(to, s.p, s.n);
	to[s.n] = '"';
	out->n += s.n + 2;
}

void
json_put_string(struct buf *out, struct span s)
{
	const char *p = s.n > 0 ? s.p : "", *end = p + s.n, *q;
	char bad[4];

	buf_reserve(out, s.n + 2);
	if (s.n >= STEP && plain_ascii(s)) {
		put_quoted(out, s);
		return;
	}
	buf_putc(out, '"');
	while (p < end) {
		q = special(p, end);
		buf_add(out, p, (size_t)(q - p));
		if ((p = q) == end)
			break;
		if (*p == '"' || *p == '\\') {
			buf_putc(out, '\\');
			buf_putc(out, *p);
		} else if ((unsigned char)*p < ' ') {
			put_control(out, (unsigned char)*p);
		} else {
			buf_add(out, bad, utf8_put(bad, REPLACEMENT));
		}
		p++;
	}
	buf_putc(out, '"');
}

void
json_put_cstring(struct buf *out, const char *s)
{
	json_put_string(out, span_of(s));
}

void
json_put_tame(struct buf *out, struct span json)
{
	for (size_t i = 0; i < json.n;) {
		size_t k = utf8_len(json.p + i, json.n - i);
		uint32_t c = k > 0 ? utf8_point(json.p + i, k) : 0;

		/* what is below stands between tokens, if anywhere */
		if (c >= 0x7f && utf8_steers(c))
			buf_printf(out, "\\u%04x", c);
		else
			buf_add(out, json.p + i, k > 0 ? k : 1);
		i += k > 0 ? k : 1;
	}
}

void
json_put_key(struct buf *out, const char *name)
{
	if (out->n > 0 && out->p[out->n - 1] != '{')
		buf_putc(out, ',');
	json_put_cstring(out, name);
	buf_putc(out, ':');
}

void
json_put_u64(struct buf *out, uint64_t v)
{
	char d[20];
	size_t i = sizeof d;

	do {
		d[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_add(out, d + i, sizeof d - i);
}

void
json_put_repaired(struct buf *out, struct span text)
{
	const char *p = text.p, *end = p + text.n, *q, *next;

	buf_reserve(out, text.n);
	while (p < end) {
		q = backslash(p, end);
		buf_add(out, p, (size_t)(q - p));
		if ((p = q) == end)
			break;
		next = p + 2;
		if (p[1] == 'u' && is_surrogate(unicode(p, end, &next)))
			buf_puts(out, "\\ufffd");
		else
			buf_add(out, p, (size_t)(next - p));
		p = next;
	}
}

/* SPDX-License-Identifier: MIT */
/* The scanner in plain C, and the one that names the place of a fault. */
#include "base/utf8.h"

#define TARGET
#include "json/core.h"

/* 0: stands in a string as it is. */
static const unsigned char special[256] = {
	[0 ... 0x1f] = 1, ['"'] = 1, ['\\'] = 1, [0x80 ... 0xff] = 1
};

INLINE void
start(struct core *s)
{
	(void)s;
}

INLINE const char *
blank(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p <= ' ' &&
	    (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* Could the n bytes at p, which are no character, become one by more? */
static bool
begins(const char *p, size_t n)
{
	static const char tails[][3] = { "\x80\x80\x80", "\xa0\x80\x80" };
	char c[4];

	if (n >= sizeof c)
		return false;
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		memcpy(c, p, n);
		memcpy(c + n, tails[i], sizeof c - n);
		if (utf8_len(c, sizeof c) > n)
			return true;
	}
	return false;
}

/* Bytes that neither stand in a string as they are, nor end it, nor are a
 * backslash; the result is after them. */
static const char *
odd(struct core *s, const char *p)
{
	size_t n;

	if ((unsigned char)*p < ' ')
		return fail(s, JSON_SYNTAX, p);
	while (p < s->end && (unsigned char)*p >= 0x80) {
		size_t left = (size_t)(s->end - p);

		n = utf8_len(p, left);
		if (n == 0)
			return begins(p, left) ? fail(s, JSON_CUT, s->end) :
			    fail(s, JSON_UTF8, p);
		p += n;
	}
	return p;
}

/* What may stand after a backslash, but u. */
static const bool simple[256] = {
	['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true, ['f'] = true,
	['n'] = true, ['r'] = true, ['t'] = true
};

/* p is at the backslash. */
static const char *
escape(struct core *s, const char *p)
{
	if (simple[(unsigned char)*++p])
		return p + 1;
	return *p == 'u' ? unicode(s, p + 1) : fail(s, JSON_SYNTAX, p);
}

INLINE const char *
string(struct core *s, const char *p)
{
	s->escaped = false;
	for (;;) {
		while (p < s->end && !special[(unsigned char)*p])
			p++;
		if (p >= s->end)
			return fail(s, JSON_CUT, p);
		if (*p == '"')
			return p;
		if (*p == '\\') {
			s->escaped = true;
			p = escape(s, p);
		} else {
			p = odd(s, p);
		}
		if (p == NULL)
			return NULL;
	}
}

static const char *
string_end(const char *p, const char *end, bool *escaped)
{
	for (; p < end && *p != '"'; p++)
		if (*p == '\\') {
			*escaped = true;
			p++;
		}
	return p;
}

static const char *
container_end(const char *p, const char *end)
{
	unsigned level = 0;
	bool escaped;

	for (; p < end; p++) {
		switch (*p) {
		case '"':
			p = string_end(p + 1, end, &escaped);
			break;
		case '{': case '[':
			level++;
			break;
		case '}': case ']':
			if (--level == 0)
				return p + 1;
			break;
		default:
			break;
		}
	}
	return end;
}

static bool
always(void)
{
	return true;
}

const struct json_impl json_portable = { "portable", always, scan, string_end,
	container_end };

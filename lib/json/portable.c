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
	s->block = s->io->text.p;
	s->stops = 0;
}

INLINE const char *
plain(struct core *s, const char *p)
{
	while (p < s->end && !special[(unsigned char)*p])
		p++;
	return p;
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

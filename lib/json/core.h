/* SPDX-License-Identifier: MIT */
/*
 * The grammar of RFC 8259, once, for all implementations. An implementation
 * defines TARGET (attributes of every function), includes this file, and
 * defines what is declared and not defined here.
 *
 * Past the end BUF_PAD bytes may be read, but they must not change the answer.
 * So a loop, a number and a close ask whether the text has ended. Where a wrong
 * byte ends the scan anyway, and a right one only leads on to such a place,
 * nothing is asked: fail() sees that it was called from past the end.
 */
#ifndef CONN_JSON_CORE_H
#define CONN_JSON_CORE_H

#include <stdint.h>

#include "base/mem.h"
#include "json/impl.h"

#define INLINE TARGET static inline __attribute__((always_inline))

static const unsigned NONE = JSON_NEST + 1;     /* no level */

struct core {
	const char *end;
	struct json_scan *io;
	struct json_member *m;  /* the top-level member being read */
	unsigned level;         /* open containers */
	unsigned want;          /* the level whose members are wanted; NONE */
	char close;             /* the byte that closes the innermost */
	bool escaped;           /* the last string had a backslash */
	const char *block;      /* of vector.h: the bytes last searched, */
	uint64_t marks;         /* and what was found there */
	char outer[JSON_NEST];  /* the close of each container around it */
};

/* Whatever is wrong past the end: the text is cut. */
static __attribute__((noinline)) const char *
fail(struct core *s, enum json_fault fault, const char *at)
{
	struct json_error *e = &s->io->error;

	e->fault = at >= s->end && fault == JSON_SYNTAX ? JSON_CUT : fault;
	e->offset = at >= s->end ? s->io->text.n :
	    (size_t)(at - s->io->text.p);
	return NULL;
}

/* Called once, with io and end set. */
INLINE void start(struct core *s);
/* p is after the opening quote; the result is the closing one. Sets escaped. */
INLINE const char *string(struct core *s, const char *p);
/* The first byte of p..end that is no white space, the end or any later
 * address if there is none. */
INLINE const char *blank(const char *p, const char *end);

/* Value of a hex digit plus 1. */
static const unsigned char hex[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
	['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16
};

/* The four hex digits at p, or -1 with *bad at the first that is none. */
static inline int
hex4(const char *p, const char **bad)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int d = hex[(unsigned char)p[i]];

		if (d == 0) {
			*bad = p + i;
			return -1;
		}
		v = v << 4 | (d - 1);
	}
	return v;
}

/* p is after \u. A surrogate takes its partner along. */
TARGET static const char *
unicode(struct core *s, const char *p)
{
	const char *bad = p;
	int v = hex4(p, &bad), low;

	if (v < 0)
		return fail(s, JSON_SYNTAX, bad);
	p += 4;
	if (v < 0xd800 || v > 0xdfff)
		return p;
	if (v <= 0xdbff && p[0] == '\\' && p[1] == 'u') {
		low = hex4(p + 2, &bad);
		if (low >= 0xdc00 && low <= 0xdfff)
			return p + 6;
	}
	s->io->lone_surrogate = true;
	return p;
}

INLINE bool
digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* At least one digit. */
INLINE const char *
digits(struct core *s, const char *p)
{
	if (p >= s->end || !digit(*p))
		return fail(s, JSON_SYNTAX, p);
	do {
		p++;
	} while (p < s->end && digit(*p));
	return p;
}

INLINE const char *
number(struct core *s, const char *p)
{
	if (*p == '-')
		p++;
	if (p < s->end && *p == '0')
		p++;
	else if ((p = digits(s, p)) == NULL)
		return NULL;
	if (p < s->end && *p == '.' && (p = digits(s, p + 1)) == NULL)
		return NULL;
	if (p >= s->end || (*p | 0x20) != 'e')
		return p;
	p++;
	if (*p == '+' || *p == '-')
		p++;
	return digits(s, p);
}

INLINE const char *
word(struct core *s, const char *p, const char *w, size_t n)
{
	size_t i = 0;

	if ((size_t)(s->end - p) >= n && memcmp(p, w, n) == 0)
		return p + n;
	while (i < n && p[i] == w[i])
		i++;
	return fail(s, JSON_SYNTAX, p + i);
}

/* Any value but a container; the result is after it. */
INLINE const char *
scalar(struct core *s, const char *p)
{
	if (*p == '"') {
		p = string(s, p + 1);
		return p == NULL ? NULL : p + 1;
	}
	switch (*p) {
	case 't':
		return word(s, p, "true", 4);
	case 'f':
		return word(s, p, "false", 5);
	case 'n':
		return word(s, p, "null", 4);
	case '-': case '0': case '1': case '2': case '3': case '4': case '5':
	case '6': case '7': case '8': case '9':
		return number(s, p);
	default:
		return fail(s, JSON_SYNTAX, p);
	}
}

INLINE void
member_begin(struct core *s, const char *key, const char *quote)
{
	struct json_object *o = s->io->object;

	if (o->n == o->cap)
		o->v = xgrow(o->v, &o->cap, o->n + 1, sizeof *o->v);
	s->m = &o->v[o->n++];
	s->m->key = (struct span){ key, (size_t)(quote - key) };
	s->m->key_escaped = s->escaped;
}

INLINE void
member_end(struct core *s, const char *p)
{
	struct json_member *m = s->m;

	m->type = json_type_of(*m->value.p);
	m->value.n = (size_t)(p - m->value.p);
	m->escaped = m->type == JSON_STRING && s->escaped;
}

/* "key" : and what white space there is; the result is at the value. */
INLINE const char *
key(struct core *s, const char *p)
{
	const char *quote;

	if (*p != '"')
		return fail(s, JSON_SYNTAX, p);
	quote = string(s, p + 1);
	if (quote == NULL)
		return NULL;
	if (s->level == s->want)
		member_begin(s, p + 1, quote);
	p = blank(quote + 1, s->end);
	if (*p != ':')
		return fail(s, JSON_SYNTAX, p);
	p = blank(p + 1, s->end);
	if (s->level == s->want)
		s->m->value.p = p;
	return p;
}

/* Steps into a container; the result is at its first key, value, or close. */
INLINE const char *
enter(struct core *s, const char *p)
{
	if (s->level == s->io->depth)
		return fail(s, JSON_DEEP, p);
	s->outer[s->level++] = s->close;
	s->close = (char)(*p + 2);
	return blank(p + 1, s->end);
}

/* A value ended at p. Closes all containers that end here too; the result is
 * at the comma, or after the whole text's value when the level is 0. */
INLINE const char *
leave(struct core *s, const char *p)
{
	for (;;) {
		if (s->level == s->want && s->io->object->n > 0)
			member_end(s, p);
		if (s->level == 0)
			return p;
		p = blank(p, s->end);
		if (*p == ',')
			return p;
		if (p >= s->end || *p != s->close)
			return fail(s, JSON_SYNTAX, p);
		p++;
		s->close = s->outer[--s->level];
	}
}

/* One value, white space before it gone; the result is after it. */
INLINE const char *
value(struct core *s, const char *p)
{
	for (;;) {
		if (p >= s->end)
			return fail(s, JSON_CUT, p);
		if (*p == '{' || *p == '[') {
			p = enter(s, p);
			if (p == NULL)
				return NULL;
			if (*p != s->close) {
				if (s->close == '}')
					p = key(s, p);
				if (p == NULL)
					return NULL;
				continue;
			}
		} else if ((p = scalar(s, p)) == NULL) {
			return NULL;
		}
		p = leave(s, p);
		if (p == NULL || s->level == 0)
			return p;
		p = blank(p + 1, s->end);
		if (s->close == '}' && (p = key(s, p)) == NULL)
			return NULL;
	}
}

TARGET static bool
scan(struct json_scan *io)
{
	struct core s;
	const char *p, *from;

	s.io = io;
	s.end = io->text.p + io->text.n;
	s.level = 0;
	s.want = io->object != NULL ? 1 : NONE;
	s.close = 0;
	s.escaped = false;
	io->lone_surrogate = false;
	start(&s);
	if (io->object != NULL)
		io->object->n = 0;
	from = blank(io->text.p, s.end);
	if (from >= s.end)
		return fail(&s, JSON_EMPTY, s.end) != NULL;
	if (io->object != NULL && *from != '{')
		return fail(&s, JSON_SYNTAX, from) != NULL;
	p = value(&s, from);
	if (p == NULL)
		return false;
	io->value = (struct span){ from, (size_t)(p - from) };
	io->type = json_type_of(*from);
	/* A good text is judged without what is past its end. */
	if (p < s.end)
		p = blank(p, s.end);
	return p >= s.end || fail(&s, JSON_TRAILING, p) != NULL;
}

#endif

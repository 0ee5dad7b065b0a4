/* SPDX-License-Identifier: MIT */
/* A view of bytes owned by someone else; p may be NULL when n is 0. */
#ifndef CONN_BASE_SPAN_H
#define CONN_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p;
	size_t n;
};

#define SPAN(lit) ((struct span){ "" lit, sizeof(lit) - 1 })

static inline struct span
span_of(const char *s)
{
	return (struct span){ s, s ? strlen(s) : 0 };
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
span_is(struct span a, const char *s)
{
	return span_eq(a, span_of(s));
}

static inline bool
span_starts(struct span a, struct span prefix)
{
	return a.n >= prefix.n &&
	    (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

static inline bool
streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* NULL equals NULL only. */
static inline bool
optional_eq(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : streq(a, b);
}

#endif

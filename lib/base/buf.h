/* SPDX-License-Identifier: MIT */
/*
 * A growable byte buffer. Zero-initialised is valid and empty; buf_release
 * frees it. BUF_PAD readable bytes always follow the data once anything was
 * reserved, so vector code may read past the end; they are not part of it.
 * The owner bounds what goes in: whoever adds bytes from outside checks the
 * ceiling of that input first.
 */
#ifndef CONN_BASE_BUF_H
#define CONN_BASE_BUF_H

#include <stddef.h>

#include "base/span.h"

enum { BUF_PAD = 64 };

struct buf {
	char *p;
	size_t n, cap;
};

void buf_grow(struct buf *b, size_t more);     /* for buf_reserve only */
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *b);          /* keeps the memory */
void buf_release(struct buf *b);
char *buf_cstr(struct buf *b);          /* NUL-terminated view */
void buf_pad(struct buf *b);            /* zeroes the pad after the data */

static inline struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

static inline void
buf_reserve(struct buf *b, size_t more)
{
	if (b->p == NULL || more > b->cap - b->n)
		buf_grow(b, more);
}

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	buf_reserve(b, n);
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void
buf_putc(struct buf *b, char c)
{
	if (b->n == b->cap)
		buf_reserve(b, 1);
	b->p[b->n++] = c;
}

static inline void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void
buf_add_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

#endif

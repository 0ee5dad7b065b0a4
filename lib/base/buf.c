/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/msg.h"

void
buf_grow(struct buf *b, size_t more)
{
	size_t need, cap = b->cap ? b->cap : 256;

	if (__builtin_add_overflow(b->n, more, &need) ||
	    need > SIZE_MAX / 4)
		die(ST_TEMP, "out of memory");
	while (cap < need)
		cap *= 2;
	b->p = xrealloc(b->p, cap + BUF_PAD, 1);
	b->cap = cap;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		die(ST_PERSON, "bad format");
	buf_reserve(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
}

void
buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

char *
buf_cstr(struct buf *b)
{
	buf_reserve(b, 1);
	b->p[b->n] = '\0';
	return b->p;
}

void
buf_pad(struct buf *b)
{
	buf_reserve(b, 0);
	memset(b->p + b->n, 0, BUF_PAD);
}

/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/msg.h"

enum { ARENA_BLOCK = 16384 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

static void *
check(void *p)
{
	if (p == NULL)
		die(ST_TEMP, "out of memory");
	return p;
}

static size_t
mul(size_t n, size_t size)
{
	size_t r;

	if (__builtin_mul_overflow(n, size, &r))
		die(ST_TEMP, "out of memory");
	return r ? r : 1;
}

void *
xmalloc(size_t n)
{
	return check(malloc(n ? n : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return check(calloc(1, mul(n, size)));
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	return check(realloc(p, mul(n, size)));
}

char *
xstrdup(const char *s)
{
	return check(strdup(s));
}

char *
xstrndup(struct span s)
{
	char *r = xmalloc(s.n + 1);

	if (s.n > 0)
		memcpy(r, s.p, s.n);
	r[s.n] = '\0';
	return r;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return check(s);
}

void *
xgrow(void *p, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap ? *cap : 16;

	if (need <= *cap)
		return p;
	while (n < need)
		n = mul(n, 2);
	*cap = n;
	return xrealloc(p, n, size);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	size_t align = _Alignof(max_align_t);
	struct arena_block *b = a->head;
	void *p;

	if (n > SIZE_MAX / 2)
		die(ST_TEMP, "out of memory");
	n = (n + align - 1) / align * align;
	if (b == NULL || b->size - b->used < n) {
		size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;

		b = xcalloc(1, sizeof *b + size);
		b->size = size;
		b->next = a->head;
		a->head = b;
	}
	p = b->data + b->used;
	b->used += n;
	return p;
}

char *
arena_strndup(struct arena *a, struct span s)
{
	char *r = arena_alloc(a, s.n + 1);

	if (s.n > 0)
		memcpy(r, s.p, s.n);
	return r;
}

void
arena_release(struct arena *a)
{
	while (a->head != NULL) {
		struct arena_block *b = a->head;

		a->head = b->next;
		free(b);
	}
}

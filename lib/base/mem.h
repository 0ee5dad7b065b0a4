/* SPDX-License-Identifier: MIT */
/* Allocation that dies (status 75) when memory is out, and an arena. */
#ifndef CONN_BASE_MEM_H
#define CONN_BASE_MEM_H

#include <stddef.h>

#include "base/span.h"

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);           /* zeroed; checked n * size */
void *xrealloc(void *p, size_t n, size_t size); /* checked n * size */
char *xstrdup(const char *s);
char *xstrndup(struct span s);                  /* NUL-terminated copy */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Grows *cap elements so that at least need fit; returns the new array. */
void *xgrow(void *p, size_t *cap, size_t need, size_t size);

/* Everything allocated from an arena lives until arena_release. */
struct arena {
	struct arena_block *head;
};
void *arena_alloc(struct arena *a, size_t n);   /* zeroed, aligned */
char *arena_strndup(struct arena *a, struct span s); /* NUL-terminated */
void arena_release(struct arena *a);

#endif

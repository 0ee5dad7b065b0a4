/* SPDX-License-Identifier: MIT */
/* A text handed out in pieces, as a read function of struct lines. */
#ifndef CONN_TESTS_FEED_H
#define CONN_TESTS_FEED_H

#include <string.h>
#include <sys/types.h>

#include "base/span.h"

struct feed {
	struct span text;
	size_t step;            /* bytes a read, at most */
};

static inline ssize_t
feed_read(void *ctx, void *p, size_t n)
{
	struct feed *f = ctx;

	if (n > f->step)
		n = f->step;
	if (n > f->text.n)
		n = f->text.n;
	if (n > 0) {
		memcpy(p, f->text.p, n);
		f->text.p += n;
		f->text.n -= n;
	}
	return (ssize_t)n;
}

#endif

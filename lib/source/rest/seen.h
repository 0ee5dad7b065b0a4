/* SPDX-License-Identifier: MIT */
/* A set of hashes: requests that were made, ids that were written. */
#ifndef CONN_SOURCE_REST_SEEN_H
#define CONN_SOURCE_REST_SEEN_H

#include <stddef.h>

#include "base/hash.h"

struct seen {
	struct h128 *v;
	size_t n, cap;          /* a power of two */
};

/* false: it is there. */
bool seen_add(struct seen *s, struct h128 h);
bool seen_has(const struct seen *s, struct h128 h);
void seen_release(struct seen *s);

#endif

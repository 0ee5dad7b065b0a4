/* SPDX-License-Identifier: MIT */
/* A set of prefixes, and whether a name begins with one of them. */
#ifndef CONN_STREAM_PREFIX_H
#define CONN_STREAM_PREFIX_H

#include <stdbool.h>

#include "base/span.h"

/* Of all prefixes together; a source that fails in so many places was not
 * read. */
enum { PREFIX_BYTES = 64 << 20 };

struct prefixes {               /* zero-initialised is empty */
	struct prefix {
		char *p;
		size_t n;
	} *v;                   /* once sorted: none begins with another */
	size_t n, cap, bytes;
	bool sorted;
};

/* Copies. false: no room under the ceiling. */
bool prefix_add(struct prefixes *p, struct span prefix);
bool prefix_has(struct prefixes *p, struct span name);
void prefix_release(struct prefixes *p);

#endif

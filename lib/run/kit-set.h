/* SPDX-License-Identifier: MIT */
/* What one run of a driver said, as sets that can be compared. */
#ifndef CONN_RUN_KIT_SET_H
#define CONN_RUN_KIT_SET_H

#include "base/buf.h"
#include "base/hash.h"

enum { KIT_RECORDS_MAX = 1000000 };     /* more: not a source for tests */

struct kit_rec {
	size_t at, n;           /* its name, in kit_set.names */
	struct h128 doc, stamp; /* digests; zeros: none */
	struct h128 seen;       /* of what rules see without a load */
};

struct kit_set {                /* zero-initialised is empty */
	struct kit_rec *v;
	size_t n, cap;
	struct buf names;
};

void kit_set_add(struct kit_set *s, struct span name, struct h128 doc,
    struct h128 stamp);
/* Sorted by name; of a name met twice the last stays. Do it once, before the
 * next two. */
void kit_set_sort(struct kit_set *s);
const struct kit_rec *kit_set_find(const struct kit_set *s, struct span name);
struct span kit_set_name(const struct kit_set *s, size_t i);
/* Is one of these names the beginning of it? */
bool kit_set_covers(const struct kit_set *prefixes, struct span name);
void kit_set_release(struct kit_set *s);

#endif

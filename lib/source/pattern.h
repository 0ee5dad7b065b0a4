/* SPDX-License-Identifier: MIT */
/*
 * Patterns of relative paths:
 *
 *   *       any characters of one name      ?     one character of a name
 *   [a-z]   one of these, [!a-z] or [^a-z] one of the others
 *   \c      c itself                        **    as a whole name: any number
 *                                                 of folders, also none; at
 *                                                 the end: all that is below
 *
 * Characters are those of UTF-8; a byte that is none counts as one. None of
 * them matches a slash. A pattern is held against the whole path.
 */
#ifndef CONN_SOURCE_PATTERN_H
#define CONN_SOURCE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum { PATTERN_MAX = 4096, PATTERN_NAMES = 256 };

struct pattern {
	char *text;             /* owned; parts point into it */
	struct span *parts;     /* between the slashes; ** at the end is ** * */
	size_t n;
	bool all_below;         /* ended with ** */
};

/* NULL, or what is wrong with it (static text). */
const char *pattern_parse(struct pattern *p, struct span text);
void pattern_release(struct pattern *p);

bool pattern_match(const struct pattern *p, struct span path);
/* May some path below this folder match? false: certainly none. */
bool pattern_below(const struct pattern *p, struct span folder);
/* Does every path below this folder match? true: certainly all. */
bool pattern_covers(const struct pattern *p, struct span folder);

#endif

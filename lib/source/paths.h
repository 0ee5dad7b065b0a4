/* SPDX-License-Identifier: MIT */
/*
 * The paths that a pattern of the shell names: * ? [a-z] \c within a name, a
 * dot at the start of a name only by a dot. Unlike glob(3), a folder that may
 * hide some of them is an error, wherever it stands.
 */
#ifndef CONN_SOURCE_PATHS_H
#define CONN_SOURCE_PATHS_H

#include "base/msg.h"

struct paths {                  /* zero-initialised is empty */
	char **v;
	size_t n, cap;
};

/* Adds what exists, sorted bytewise; what cannot be looked at counts. Status
 * 3, or 75. */
int paths_expand(struct paths *p, const char *pattern, struct err *e);
void paths_release(struct paths *p);

#endif

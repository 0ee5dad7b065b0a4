/* SPDX-License-Identifier: MIT */
/*
 * Finds secrets in a text that is shown, also as a server sends them back:
 * with backslashes before quotes, slashes and other backslashes (however often
 * it was put into a string), \uXXXX, %XX, or the entities of HTML.
 */
#ifndef CONN_BASE_MASK_H
#define CONN_BASE_MASK_H

#include "base/span.h"

/* Bytes to hide from now on; fewer than 3 are not hidden. */
void mask_add(struct span secret);

/* How many bytes at p are a secret; 0: none. Texts are cut, some in the middle
 * of a secret: its beginning is one, too, at the end of the text. */
size_t mask_at(const char *p, size_t n);

#endif

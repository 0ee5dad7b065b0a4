/* SPDX-License-Identifier: MIT */
/* References from one URL to another, read by the parser that sends them, so
 * that no two readings of a text differ. */
#ifndef CONN_NET_REF_H
#define CONN_NET_REF_H

#include <stdbool.h>

/* ref as a reference in base: an absolute http or https URL, without its
 * fragment, dot segments taken out, malloc'd. NULL: it is none, or holds a
 * user. */
char *ref_resolve(const char *base, const char *ref);
/* Are scheme, host and port the same? */
bool ref_same_origin(const char *a, const char *b);
/* "https://host:port", without the scheme's own port; malloc'd. NULL: no
 * URL. */
char *ref_origin(const char *url);

#endif

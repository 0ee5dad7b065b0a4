/* SPDX-License-Identifier: MIT */
/* Arrays and composites of PostgreSQL, out of their text form. */
#ifndef CONN_SOURCE_PGNESTED_H
#define CONN_SOURCE_PGNESTED_H

#include "source/pgvalue.h"

/* Adds a JSON array or object; a string if the text is not of that form. How
 * deep it goes is a matter of the type, which the server bounds. */
void pgnested_put(struct buf *out, const struct pgtype *t, struct span text);

#endif

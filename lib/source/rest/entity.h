/* SPDX-License-Identifier: MIT */
/* Entities and character references of HTML. */
#ifndef CONN_SOURCE_REST_ENTITY_H
#define CONN_SOURCE_REST_ENTITY_H

#include <stddef.h>
#include <stdint.h>

/* The one at p (its &): its length and code point. 0: there is none, the & is
 * a character. A reference to what is no character is U+FFFD. A few old names
 * may lack their ; as in HTML. */
size_t entity_at(const char *p, const char *end, uint32_t *point);

#endif

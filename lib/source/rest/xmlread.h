/* SPDX-License-Identifier: MIT */
/* XML from a server that nobody has to trust, to a tree. */
#ifndef CONN_SOURCE_REST_XMLREAD_H
#define CONN_SOURCE_REST_XMLREAD_H

#include <libxml/tree.h>

#include "base/span.h"

/* utf8: whatever its declaration says. For xmlFreeDoc; NULL: *why says what
 * is wrong, *line where (0: nowhere). Nothing is fetched and no entity
 * expanded; elements are nested up to 256 deep. */
xmlDocPtr xmlread(struct span text, bool utf8, const char **why, long *line);

#endif

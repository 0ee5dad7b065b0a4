/* SPDX-License-Identifier: MIT */
/* A driver's spec made readable: a config to fill in, a form to look at. */
#ifndef CONN_RUN_SPEC_H
#define CONN_RUN_SPEC_H

#include "base/buf.h"
#include "json/val.h"

enum { SPEC_NEST = 8 };         /* objects nested deeper are shown as JSON */

/* A commented conn-config(5) file: what is required has no comment sign. */
void spec_template(struct buf *out, const struct val *spec);
/* A commented connector of this name for a small HTTP service. */
void spec_new(struct buf *out, const char *name);
/* One static HTML page, without scripts. */
void spec_html(struct buf *out, const struct val *spec);

/* Is the key required by this schema, or by the first of its oneOf/anyOf? */
bool spec_required(const struct val *schema, struct span key);
/* Its type's name; of several the first that is not null; "" if it has none. */
const char *spec_type(const struct val *schema);
/* "string, path, required": what a person must know of a value. */
void spec_kind(struct buf *out, const struct val *schema, bool required);

#endif

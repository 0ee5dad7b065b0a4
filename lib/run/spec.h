/* SPDX-License-Identifier: MIT */
/* A driver's spec made readable: a config to fill in, a form to look at. */
#ifndef CONN_RUN_SPEC_H
#define CONN_RUN_SPEC_H

#include "base/buf.h"
#include "base/msg.h"
#include "json/val.h"

enum { SPEC_NEST = 8 };         /* objects nested deeper are shown as JSON */

/* A commented conn-config(5) file: what is required has no comment sign. */
void spec_template(struct buf *out, const struct val *spec);
/* A commented connector of this name for a small HTTP service. */
void spec_new(struct buf *out, const char *name);
/* One static HTML page, without scripts. connector: of what an Airbyte
 * connector tells, whose settings stand in source.config and source.secrets. */
void spec_html(struct buf *out, const struct val *spec, bool connector);
/* A FILE ("-": stdin) that holds one: what a driver or an Airbyte connector
 * tells (with what else it prints), or a schema by itself. 1: spec is set, in
 * the arena; 0: the file is something else, such as a config; -1: e. */
int spec_file(struct arena *a, const char *operand, struct val **spec,
    bool *connector, struct err *e);
/* The spec of a connector out of its settings; documentation may be NULL. */
struct val *spec_settings(struct arena *a, const struct val *schema,
    const struct val *documentation);

/* Is the key required by this schema, or by the first of its oneOf/anyOf? */
bool spec_required(const struct val *schema, struct span key);
/* Its type's name; of several the first that is not null; "" if it has none. */
const char *spec_type(const struct val *schema);
/* A secret, in our words or in Airbyte's? */
bool spec_secret(const struct val *schema);
/* "string, path, required": what a person must know of a value. */
void spec_kind(struct buf *out, const struct val *schema, bool required);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The strict YAML subset, over libyaml's events: block and flow collections,
 * plain scalars typed by JSON's rules only, all other scalars strings. Tags,
 * anchors, aliases, merge keys, duplicate keys, several documents are errors.
 */
#ifndef CONN_CONFIG_YAML_H
#define CONN_CONFIG_YAML_H

#include "base/msg.h"
#include "json/val.h"

/* Text that begins with { or [ is JSON. file: for messages. Columns count
 * bytes. NULL on error, status 2. */
struct val *yaml_parse(struct arena *a, struct span text, unsigned depth,
    const char *file, struct err *e);

/* Where the file has the byte at `offset` of a string's text: of white space,
 * the next that is none. The value's own place if that is not known. */
void yaml_place(const struct val *v, size_t offset, unsigned *line,
    unsigned *col);

#endif

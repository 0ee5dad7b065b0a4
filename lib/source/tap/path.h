/* SPDX-License-Identifier: MIT */
/* Members of records by their paths, and ids and times made of them. */
#ifndef CONN_SOURCE_TAP_PATH_H
#define CONN_SOURCE_TAP_PATH_H

#include "base/mem.h"
#include "json/text.h"
#include "json/val.h"

struct tap_path {
	const char **part;      /* names of members, outermost first */
	size_t n;               /* 0: no path */
};

struct tap_paths {
	struct tap_path *v;
	size_t n;
};

/* A string, or a list of strings. false: neither, or empty. */
bool tap_path_read(struct arena *a, const struct val *v, struct tap_path *p);
/* A list of such. */
bool tap_paths_read(struct arena *a, const struct val *v, struct tap_paths *p);
/* a.b, in the arena. */
const char *tap_path_text(struct arena *a, const struct tap_path *p);
/* As a list of strings. */
struct val *tap_path_val(struct arena *a, const struct tap_path *p);

/* The text of a string or number there; p NULL if there is none. */
struct span tap_path_value(const struct tap_path *p,
    const struct json_object *o, struct buf *scratch);

/* The id of a record, its text scanned: the prefix, then its values, or where
 * there are no paths the digest of it all. false: a value is missing. */
bool tap_id(struct buf *out, struct span prefix, const struct tap_paths *p,
    const struct json_object *o, struct buf *scratch);
/* One without an id could be any of those with the prefix: a fail, once. */
void tap_nameless(struct span prefix, bool *told);

#endif

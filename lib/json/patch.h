/* SPDX-License-Identifier: MIT */
/*
 * Changing a tree: JSON Merge Patch (RFC 7396), JSON Pointer (RFC 6901) and
 * maps from pointers to pointers. Nothing is shared with the inputs but where
 * it is said; what is copied keeps its place.
 */
#ifndef CONN_JSON_PATCH_H
#define CONN_JSON_PATCH_H

#include "json/val.h"

/* A new tree: target (may be NULL) with the patch applied. */
struct val *val_merge(struct arena *a, const struct val *target,
    const struct val *patch);

/* The parts of a path, decoded, in the arena. n 0: the whole value. */
struct pointer {
	struct span *v;
	size_t n;
};
/* "/a/b", or "a/b" without its first slash; ~0 and ~1 stand for ~ and /.
 * false: a ~ that stands for nothing. */
bool pointer_parse(struct arena *a, struct span text, struct pointer *out);
/* Adds a slash and a part, encoded. */
void pointer_put(struct buf *out, struct span token);
/* A part as the place of a list's item: digits without a zero in front. */
bool pointer_index(struct span token, size_t *out);
/* What it points at, not a copy; NULL: nothing. */
struct val *pointer_get(const struct val *root, const struct pointer *p);

/* The same by the $ref of a schema: "#", or "#/a/b" with %XX for bytes. NULL
 * as well if it leads out of root. */
struct val *pointer_ref(struct arena *a, const struct val *root,
    struct span ref);

/* One move of a map. A move without a destination only takes away. */
struct pointer_move {
	struct pointer to, from;
	bool drop;
};
/* A new tree of root: first all that the moves take is read, then taken away,
 * and objects that this empties with it, then it is put where it belongs, in
 * the order of the moves. So two values may change places, and a value may go
 * into what was made of itself. A source that is not there is passed over.
 * NULL: *wrong is the move that goes through or into something which is no
 * object. */
struct val *pointer_map(struct arena *a, const struct val *root,
    const struct pointer_move *moves, size_t n, size_t *wrong);

#endif

/* SPDX-License-Identifier: MIT */
/* What the files of the tree (json/val.h) share. */
#ifndef CONN_JSON_TREE_H
#define CONN_JSON_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "json/val.h"

/* A non-negative integer by value (5, 5.0, 50e-1, -0) that fits. */
bool json_number_u64(struct span s, uint64_t *out);

/* Adds a member; the key is in the arena and new to the object. */
void val_append(struct arena *a, struct val *object, struct val_member m);

/* The places of an object's members in bytewise order of their keys, equal
 * keys in their own order. For free(). */
size_t *val_order(const struct val *object);

#endif

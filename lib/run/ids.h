/* SPDX-License-Identifier: MIT */
/*
 * A set of ids that were asked for: the ids themselves, for the driver, and
 * which of them were answered.
 */
#ifndef CONN_RUN_IDS_H
#define CONN_RUN_IDS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"

struct ids_entry {
	struct h128 hash;
	size_t offset;          /* of the id in text, NUL-terminated */
	bool answered;
};

struct ids {
	struct buf text;
	struct ids_entry *v;    /* sorted by hash once ids_sort was called */
	size_t n, cap;
};

void ids_add(struct ids *s, struct span id);
/* Sorts and drops repetitions; before the two below. */
void ids_sort(struct ids *s);
/* The entry of an id, or NULL. */
struct ids_entry *ids_find(struct ids *s, struct span id);
const char *ids_text(const struct ids *s, size_t i);
void ids_clear(struct ids *s);
void ids_release(struct ids *s);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Folders that could not be read: what changed in them before is older than
 * the position of the run by the time they can. So they are part of it, and a
 * later poll reads them whole.
 */
#ifndef CONN_SOURCE_DIRUNREAD_H
#define CONN_SOURCE_DIRUNREAD_H

#include "json/val.h"

struct dirunread {
	struct buf text;        /* how their files' ids begin, as JSON */
	size_t n;
};

void dirunread_add(struct dirunread *u, struct span folder);
/* Adds the member of a position that tells them, if there are any. */
void dirunread_put(const struct dirunread *u, struct buf *out);
void dirunread_release(struct dirunread *u);

/* Those of such a position; NULL: it has none. */
const struct val *dirunread_of(const struct val *position);
/* Is the file of this id below one of them? */
bool dirunread_has(const struct val *list, struct span id);

#endif

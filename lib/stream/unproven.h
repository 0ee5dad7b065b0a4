/* SPDX-License-Identifier: MIT */
/*
 * NAME.unproven: which run has operations in the index that no state may know
 * of. It is there from before the first of them is sent until the last is
 * committed; if that never comes, until another run has committed. The fence
 * moves only with a commit: this tells what was read before such a run ended
 * from what is read after it.
 *
 * The file holds 32 hexadecimal digits, which are new each time a stream is
 * applied, a blank, and the stream's run.
 */
#ifndef CONN_STREAM_UNPROVEN_H
#define CONN_STREAM_UNPROVEN_H

#include <stdbool.h>

#include "base/msg.h"

/* What a stream says that begins now: NULL if there is no such run, "" while
 * it goes on, else what the file holds. malloc'd. */
int unproven_read(const char *path, char **text, struct err *e);
/* Is it of this run? text may be NULL. */
bool unproven_is(const char *text, const char *run);

/* By whoever holds the source's lock. Returns a descriptor: the run goes on
 * while it is open and no other one of this file is closed. */
int unproven_set(const char *path, const char *run, struct err *e);
void unproven_clear(const char *path);

#endif

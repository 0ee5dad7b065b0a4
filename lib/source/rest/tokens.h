/* SPDX-License-Identifier: MIT */
/*
 * The file of tokens that a server replaces: a JSON object, mode 0600, whose
 * members are those of struct tokens. Whoever changes it holds the lock PATH
 * + ".lock" (flock) from before it is read until it is written.
 */
#ifndef CONN_SOURCE_REST_TOKENS_H
#define CONN_SOURCE_REST_TOKENS_H

#include <stdint.h>

#include "base/mem.h"
#include "base/msg.h"

struct tokens {
	/* Digest of the config's own token and of who asks for whom: another
	 * one there means that what the file holds is of no use. */
	const char *seed;
	const char *refresh;
	const char *access;     /* NULL: none */
	uint64_t expires;       /* of access, seconds since 1970; 0: not told */
};

/* Seconds are waited for another run. The descriptor to close; -1: e. */
int tokens_lock(const char *path, double seconds, struct err *e);
/* What the file holds with that seed, in the arena; false: nothing. -1: it is
 * there and cannot be read (3). */
int tokens_read(const char *path, struct arena *a, const char *seed,
    struct tokens *out, bool *found, struct err *e);
/* On disk when it returns 0. */
int tokens_write(const char *path, const struct tokens *t, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The map: one jq program over each document, run by libjq in a worker
 * process that can be stopped (libjq cannot), without environment, files or
 * modules. Numbers that a double does not give back reach it as strings.
 */
#ifndef CONN_RULES_MAP_H
#define CONN_RULES_MAP_H

#include "base/buf.h"
#include "base/msg.h"
#include "json/val.h"

struct map;

enum { MAP_SECONDS = 10 };      /* for one document */

enum map_result {
	MAP_DOC,        /* out holds the new document */
	MAP_EMPTY,      /* the program left it out */
	MAP_ERROR       /* what (static) says why: map_error */
};

/* program: the config's value (a string; NULL: *out is NULL). It is compiled
 * at once: an error of the program is status 2, with its place in the file.
 * Starts the worker, so call it before much memory is taken. */
int map_new(struct map **out, const struct val *program, const char *file,
    struct err *e);
void map_free(struct map *m);

/* line: the document with its head (BUF_PAD bytes follow it); _id, _timestamp
 * and _stream of the result are put back as they were, in front. out is
 * cleared first. A result that is no document is MAP_ERROR: an error, a time
 * over the limit, two results, no object, a key with one leading _, more than
 * a line may hold. what never shows content. -1: the worker cannot be had. */
int map_run(struct map *m, struct span line, enum map_result *result,
    struct buf *out, const char **what, struct err *e);

/* Another limit than MAP_SECONDS; for tests. */
void map_limit(struct map *m, double seconds);

#endif

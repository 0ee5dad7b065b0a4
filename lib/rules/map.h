/* SPDX-License-Identifier: MIT */
/*
 * The map: one jq program over each document, run by libjq in a worker
 * process that can be stopped (libjq cannot), without environment, files or
 * modules. Integers beyond 2^53 reach it as strings.
 */
#ifndef CONN_RULES_MAP_H
#define CONN_RULES_MAP_H

#include "base/buf.h"
#include "base/msg.h"
#include "json/val.h"

struct map;

enum map_result {
	MAP_DOC,        /* out holds the new document */
	MAP_EMPTY,      /* the program left it out */
	MAP_ERROR       /* what (static or the map's) says why: map_error */
};

/* program: the config's value (a string; NULL: *out is NULL). Compiles once in
 * this process's child: an error of the program is status 2, with its place. */
int map_new(struct map **out, const struct val *program, const char *file,
    struct err *e);
void map_free(struct map *m);

/* line: the document with its head; _id, _timestamp and _stream of the result
 * are put back as they were, in front. -1: the worker cannot be had (e). */
int map_run(struct map *m, struct span line, enum map_result *result,
    struct buf *out, const char **what, struct err *e);

#endif

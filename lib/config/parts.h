/* SPDX-License-Identifier: MIT */
/* What the files of this module share. */
#ifndef CONN_CONFIG_PARTS_H
#define CONN_CONFIG_PARTS_H

#include "config/config.h"
#include "config/schema.h"

/* JSON text as it stands in C source. */
#define PARTS_JSON(...) #__VA_ARGS__

/* err_set with "FILE:LINE:COL: PATH: WHAT", status 2. Returns -1. */
int parts_err(const struct config *c, const struct val *at, const char *path,
    struct err *e, const char *fmt, ...) MSG_PRINTF(5, 6);
/* Parses one of our own schemas. */
struct val *parts_schema(struct arena *a, const char *json);

/* A path of the config, absolute; in the arena. */
char *parts_path(struct config *c, struct span path);
/* schema_visit: makes each value with "format":"path" absolute. ctx: config. */
int parts_absolute(struct config *c, const struct val *schema,
    struct val **slot, const char *path, struct err *e);

/* config.state_dir and the paths in it. */
int parts_state(struct config *c, struct err *e);
/* The index section: config.index, index_type, index_path, index_id. */
int parts_index(struct config *c, struct err *e);

/* A secret's form, and that it does not stand in a file others can read. */
int secret_check(const struct config *c, const struct val *v,
    const char *path, struct err *e);
/* Its text, registered with msg_secret; in the arena. lines: it may have
 * several, each of which is registered. */
int secret_get(struct config *c, const struct val *v, const char *path,
    bool lines,
    const char **out, struct err *e);

#endif

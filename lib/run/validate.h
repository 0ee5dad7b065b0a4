/* SPDX-License-Identifier: MIT */
/*
 * conn-load --validate: each document against the schema of its stream, as the
 * driver's `discover` and the patch files give it.
 */
#ifndef CONN_RUN_VALIDATE_H
#define CONN_RUN_VALIDATE_H

#include "run/driver.h"

enum { VALIDATE_PLACES = 1000 };        /* of a stream; more are counted */

struct validate;

/* Asks the driver at path for the schemas of these streams (NULL: all). c must
 * outlive it. A type that has none: status 2; a schema that is wrong: 3, or 2
 * where a patch file changed it. */
int validate_open(struct validate **out, const struct config *c,
    const char *path, const struct val *spec,
    const struct driver_request *like, struct err *e);
/* doc: of the stream, p NULL: it has no name. id: whole. */
void validate_document(struct validate *v, struct span stream,
    struct span doc, struct span id);
/* A line for each violated place. dir: NULL, or the folder whose patch files
 * are then to allow them. 1 if there is any, 0, or -1 with e. */
int validate_report(struct validate *v, const char *dir, struct err *e);
void validate_free(struct validate *v);

#endif

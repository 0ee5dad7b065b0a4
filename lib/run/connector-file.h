/* SPDX-License-Identifier: MIT */
/*
 * Connectors: YAML files that tell a driver how a product is read. Their name
 * is a type of source; what a person sets for it are their `settings`. Of the
 * rest only `type`, `title`, `rate`, `overlap`, `parallel` and whether a
 * stream has `one` are read here; the driver reads it all.
 */
#ifndef CONN_RUN_CONNECTOR_FILE_H
#define CONN_RUN_CONNECTOR_FILE_H

#include "config/config.h"

struct connector_file {
	const char *file;       /* absolute */
	const struct val *root;
	const char *driver;     /* the TYPE of the program that reads it */
};

/* Reads and checks the file. Errors: status 2, FILE:LINE:COL; a file that
 * cannot be read: 3. All in the arena. */
int connector_file_read(struct arena *a, const char *file,
    struct connector_file *out, struct err *e);
/* The spec of the type: the driver's own with the connector's title and
 * settings, and those keys that all connectors take; or with the driver's own
 * settings, some of them given by its `defaults`. NULL: e, status 2. */
struct val *connector_file_spec(struct arena *a, const char *type,
    const struct connector_file *c, const struct val *driver,
    struct err *e);
/* Has a stream of this definition (a connector, or a source that holds one)
 * a way to ask for a single document? */
bool connector_file_one(const struct val *root);
/* Of what decides which documents there are. 32 hex digits in the arena. */
const char *connector_file_digest(struct arena *a,
    const struct connector_file *c);

#endif

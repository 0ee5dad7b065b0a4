/* SPDX-License-Identifier: MIT */
/*
 * What a connector changes in its own settings: tokens that its source
 * replaces. They are kept in the token file, a JSON object of `seed`, the
 * digest of the settings that they are for, and `config`, the keys that
 * changed; the config itself is never written. While the file is of use, its
 * lock (PATH.lock) is held.
 */
#ifndef CONN_SOURCE_AIRBYTE_CONTROL_H
#define CONN_SOURCE_AIRBYTE_CONTROL_H

#include "source/airbyte/settings.h"

struct control {
	const char *path;       /* NULL: nowhere */
	double wait;            /* seconds, for another run */
	int lock;               /* -1: not held */
	char *seed;
	struct val *kept;       /* the keys; in the arena of the settings */
};

/* Takes over into the settings what an earlier run kept. Status 3 or 75. */
int control_open(struct control *c, struct settings *s,
    const struct request *rq, struct err *e);
/* The body of a CONTROL message: on disk when it returns 0, 1 if anything
 * changed. known: the properties of the connector's spec, or NULL. -1: e. */
int control_take(struct control *c, struct settings *s,
    const struct val *known, struct span body, struct err *e);
void control_close(struct control *c);

#endif

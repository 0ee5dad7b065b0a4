/* SPDX-License-Identifier: MIT */
/*
 * What such a program changes in its own settings: tokens that its source
 * replaces. They are kept in the token file, a JSON object of `seed`, the
 * digest of the settings that they are for, and `config`, the keys that
 * changed; the config itself is never written. While the file is of use, its
 * lock (PATH.lock) is held.
 */
#ifndef CONN_SOURCE_TAP_CONTROL_H
#define CONN_SOURCE_TAP_CONTROL_H

#include "source/tap/settings.h"

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
/* Settings as the program has them now, an object: what differs from ours is on
 * disk when it returns 0, 1 if anything did. -1: e. */
int control_take(struct control *c, struct settings *s,
    const struct val *config, struct err *e);
void control_close(struct control *c);

#endif

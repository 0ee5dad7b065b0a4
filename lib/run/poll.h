/* SPDX-License-Identifier: MIT */
/* conn-poll: from the saved state on. */
#ifndef CONN_RUN_POLL_H
#define CONN_RUN_POLL_H

#include "run/front.h"

/* Why polls cannot go on from this state, or NULL. digest: of the config as it
 * is; streams: its list, or NULL. */
const char *poll_misfit(struct state *s, const char *digest,
    const struct val *streams);
/* The exit status, or -1: e, before anything was written. */
int poll_write(struct front *f, const char *config, struct err *e);
/* Has it changed since the saved state of an opened front? 0: perhaps, 4:
 * certainly not, or -1: e. */
int poll_ask(struct front *f, struct err *e);
/* --changed: 0 (it may have), 4 (certainly not), or an error's status. */
int poll_changed(struct front *f, const char *config);

#endif

/* SPDX-License-Identifier: MIT */
/* The streams that a source offers, as patches (conn-patches(5)) leave them,
 * and which of them are read. */
#ifndef CONN_RUN_DISCOVERED_H
#define CONN_RUN_DISCOVERED_H

#include "run/driver.h"

/*
 * A line of the verb discover with the patches of its stream: its id, its
 * schema, where there is none one of its fields, "disable":true where it is
 * not among those selected. *out: in the arena; NULL: it is left out. -1: e,
 * status 2; the other streams are none the worse.
 */
int discovered_patch(struct patches *p, struct arena *a, struct span line,
    struct val **out, struct err *e);
/* After all lines: the first file for a stream that no line had. */
int discovered_unmet(const struct patches *p, struct err *e);

/*
 * Sets c's streams to those that are read: the config's own, else those
 * selected, else, where some are omitted or get another id, all others that
 * the driver (NULL: it must not be asked) offers; and their ids, or that of
 * *source, config_source's result. Does nothing without patches.
 */
int discovered_choose(struct config *c, const char *driver,
    const struct val *spec, const struct val **source, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* A filter that looks at the end of the stream that passes. */
#ifndef CONN_RUN_WATCH_H
#define CONN_RUN_WATCH_H

#include "base/msg.h"

enum { WATCH_FULL = 10 };       /* the end wants a full sync */

/* From stdin to stdout: ST_OK, WATCH_FULL, or -1. */
int watch(struct err *e);

#endif

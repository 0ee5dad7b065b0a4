/* SPDX-License-Identifier: MIT */
/* Files without a name in TMPDIR (default /var/tmp). */
#ifndef CONN_STREAM_SPOOL_H
#define CONN_STREAM_SPOOL_H

#include "base/msg.h"

const char *temp_dir(void);
/* A new one, close-on-exec. -1: e, status 3. */
int temp_file(struct err *e);
/* All that can be read from fd, in a new one. A signal: -1 with sig_stop. */
int temp_copy(int fd, const char *name, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* NAME.lock: one run at a time applies what it read of a source. */
#ifndef CONN_STREAM_LOCK_H
#define CONN_STREAM_LOCK_H

#include "base/msg.h"

/*
 * The descriptor that holds the lock, close-on-exec: the one that
 * CONN_LOCK_FD names if it is of this very file and holds its lock (the
 * variable is taken out of the environment), else a new one, waited for up to
 * `seconds`. -1: e; status 75 if another run holds it.
 */
int lock_take(const char *path, double seconds, struct err *e);

/* Locks an open descriptor, which must be of the file at path. 0 or -1 as
 * above. The lock belongs to whoever shares the descriptor. */
int lock_share(int fd, const char *path, double seconds, struct err *e);

#endif

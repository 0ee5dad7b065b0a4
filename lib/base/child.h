/* SPDX-License-Identifier: MIT */
/* What whoever runs another program needs at its end of the pipes. */
#ifndef CONN_BASE_CHILD_H
#define CONN_BASE_CHILD_H

#include "base/buf.h"

/* errno of a child's exec, which it wrote there before it ended; 0 once exec
 * closed it. */
int child_exec_error(int fd);

/* Bytes of its stderr as they come: line collects each, cut to max bytes and
 * without its newline; ended is called when it is whole, and clears it. */
void child_lines(struct buf *line, size_t max, struct span bytes,
    void (*ended)(void *ctx), void *ctx);

/* Fine for -1, which is what *fd is afterwards. */
void child_close(int *fd);

#endif

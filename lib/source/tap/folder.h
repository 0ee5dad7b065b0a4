/* SPDX-License-Identifier: MIT */
/*
 * A private folder in TMPDIR (default /var/tmp) for what a program is to be
 * told in files. It goes away however we end: a small process outside our
 * group sees to it. What even that could not remove (the machine went down),
 * the next folder_make does: a folder that nobody has locked is nobody's.
 */
#ifndef CONN_SOURCE_TAP_FOLDER_H
#define CONN_SOURCE_TAP_FOLDER_H

#include <sys/types.h>

#include "base/msg.h"

struct folder {
	char *path;             /* NULL: none */
	int lock;
	int alive;              /* closed when we end */
	pid_t remover;
};

/* name: of the driver; a part of the folder's name. Status 3 or 75. */
int folder_make(struct folder *f, const char *name, struct err *e);
/* Replaces the file by these bytes, mode 0600. The path is malloc'd. NULL:
 * e. */
char *folder_put(const struct folder *f, const char *name, struct span bytes,
    struct err *e);
/* Fine for one that was never made (path NULL), and twice. */
void folder_remove(struct folder *f);

#endif

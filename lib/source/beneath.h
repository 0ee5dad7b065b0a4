/* SPDX-License-Identifier: MIT */
/*
 * Opening what lies below a folder and nothing else: no symlink leads out,
 * also not one that is put in place while we look. The kernel guards it with
 * openat2(2); where that is missing, one name after the other is opened
 * without following it.
 */
#ifndef CONN_SOURCE_BENEATH_H
#define CONN_SOURCE_BENEATH_H

#include <stdbool.h>

#include "base/buf.h"

struct beneath {
	int fd;                 /* the folder */
	char *path;             /* as given */
	char *real;             /* without symlinks; NULL if unknown */
	bool by_name;           /* no openat2(2) here */
};

/* -1 with errno. path: a folder; symlinks in it are followed. */
int beneath_init(struct beneath *b, const char *path);
void beneath_release(struct beneath *b);

/*
 * Opens path, relative to the descriptor at (a folder below), read-only and
 * never waiting for the other end of a fifo; flags are added to that. No
 * symlink in path is followed: ELOOP or ENOTDIR. "" is the folder itself.
 */
int beneath_open(const struct beneath *b, int at, const char *path, int flags);

/*
 * Where path (relative to the folder) ends if its symlinks are followed: real
 * is relative to the folder and free of symlinks. A link to an absolute path
 * counts if that begins with the folder's. -1 with errno; EXDEV: it leads out.
 */
int beneath_resolve(const struct beneath *b, const char *path,
    struct buf *real);

#endif

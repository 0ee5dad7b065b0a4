/* SPDX-License-Identifier: MIT */
/* Files: whole reads with a ceiling, atomic replacement, locks, our folders. */
#ifndef CONN_BASE_FILE_H
#define CONN_BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/msg.h"

/* Fills closed standard descriptors, so that no other file gets their numbers;
 * reading and writing them still fails. First thing in a program. */
void file_std(void);

/* Adds the file's bytes (padded) to b; more than max is an error. -1 with
 * errno (EFBIG for the ceiling), nothing printed. */
int file_read(const char *path, size_t max, struct buf *b);
int file_read_fd(int fd, size_t max, struct buf *b);

/* Replaces path by these bytes, mode 0600: temp file beside it, fsync, rename,
 * fsync of the folder. A reader sees the old or the new file, never a part. */
int file_replace(const char *path, struct span bytes, struct err *e);
/* The same with another mode: for what other users are meant to read. */
int file_replace_mode(const char *path, struct span bytes, mode_t mode,
    struct err *e);

/* Writes all of it, and fsync. -1 with errno. */
int file_write_synced(int fd, struct span s);

/* fsync of the folder a path is in: what was made, renamed or removed there is
 * on disk. -1 with errno. */
int file_sync_dir(const char *path);

/* Makes a folder and its parents, mode 0700 for what is made. */
int file_mkdirs(const char *path, struct err *e);
/* Could it, and could a file be made there then? Makes nothing. */
int file_may_mkdirs(const char *path, struct err *e);

/* flock(2), exclusive, on path (created, 0600), close-on-exec; waits up to
 * `seconds`. Returns the descriptor, -1 if someone else holds it, -2 on
 * error. */
int file_lock(const char *path, double seconds, struct err *e);

/* dir/name, malloc'd; name alone if it is absolute. */
char *file_join(const char *dir, const char *name);
/* Absolute, without . and .. and double slashes; symlinks stay. malloc'd. */
char *file_absolute(const char *path);
/* The folder of a path ("." if it has none), malloc'd. */
char *file_dirname(const char *path);

/* PREFIX/libexec/conn, found from the running program, which is one there or in
 * PREFIX/bin. Static storage. */
const char *file_libexec_dir(void);

#endif

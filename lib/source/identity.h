/* SPDX-License-Identifier: MIT */
/*
 * Is it the file or folder that it was in the last run? The number of its
 * inode alone does not tell: a file system gives it to the next file as soon
 * as the last one is gone.
 */
#ifndef CONN_SOURCE_IDENTITY_H
#define CONN_SOURCE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum { IDENTITY_TEXT = 64 };

/* Of what is open: the inode and, where it is known, when that was made; ""
 * if the system does not tell. No colon in it. */
void identity_format(int fd, char out[IDENTITY_TEXT]);
/* Two looks at one path: the same file, not written to or renamed meanwhile? */
bool identity_same(const struct stat *a, const struct stat *b);
/* Is it longer than that now? A reader slower than its writer would never come
 * to an end. */
bool identity_grown(int fd, uint64_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* The text of a file, if it has one. */
#ifndef CONN_SOURCE_BODY_H
#define CONN_SOURCE_BODY_H

#include <stdint.h>
#include <sys/stat.h>

#include "source/unpack.h"

enum body_result {
	BODY_TEXT,              /* in text */
	BODY_NONE,              /* not text, or more than max bytes of it */
	BODY_ERROR              /* errno */
};

/* Text is UTF-8 without NUL. Zero-initialised is ready. */
struct body {
	size_t max;
	struct buf text;
	struct unpack unpack;
};

/* What is written in the same step of the clock as the time that st tells of
 * fd would not show in it, now or ever: lets that step pass, and tells anew.
 * false: the file is written all the time, so its time tells nothing. */
bool body_settle(int fd, struct stat *st);
/* Reads fd, which stands at its start; size: what fstat(2) said. packed: gzip
 * or zstd is unpacked, and max counts what comes out. Never more than max and
 * one chunk is held, whatever the file unpacks to. */
enum body_result body_read(struct body *b, int fd, uint64_t size,
    bool packed);
void body_release(struct body *b);

#endif

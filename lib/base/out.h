/* SPDX-License-Identifier: MIT */
/*
 * Buffered output on a descriptor, every write checked. A reader that went
 * away (EPIPE) ends the program with SIGPIPE and no word; any other failure
 * with status 3 and a message, so callers see no errors. Interrupted by
 * SIGINT or SIGTERM while the other side does not read, or if it does not read
 * for some seconds after one: the program dies of that signal, since it could
 * not write an end record either.
 */
#ifndef CONN_BASE_OUT_H
#define CONN_BASE_OUT_H

#include "base/buf.h"

struct out {
	int fd;
	const char *name;       /* for messages: "stdout", a path */
	struct buf b;
	double blocked;         /* seconds spent waiting for the reader */
};

void out_init(struct out *o, int fd, const char *name);
void out_add(struct out *o, const void *p, size_t n);
/* The buffer, with room for n bytes that the caller adds: one copy less. */
struct buf *out_room(struct out *o, size_t n);
void out_line(struct out *o, struct span line); /* and a newline */
void out_flush(struct out *o);
/* Flushes, closes and checks both; for stdout before exit. */
void out_close(struct out *o);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Lines from a descriptor, any length up to a ceiling, in place. The bytes
 * stay valid until the next call; BUF_PAD readable bytes follow them.
 * Memory: one read chunk, or the longest line met.
 */
#ifndef CONN_BASE_LINE_H
#define CONN_BASE_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum { LINES_AHEAD = 16 };

enum line_result {
	LINE_OK,        /* a line, without its newline */
	LINE_CUT,       /* the last bytes, no newline after them */
	LINE_LONG,      /* longer than max; read to its end and dropped */
	LINE_EOF,
	LINE_TIMEOUT,   /* nothing came for `timeout` ms; call again */
	LINE_SIGNAL,    /* sig_stop is set; what was read is left */
	LINE_ERROR      /* read failed, errno says why */
};

struct lines {
	int fd;
	size_t max;
	int timeout;            /* ms for one read; -1 (default): none */
	/* Not NULL: the bytes come from here, not from fd; as read(2). */
	ssize_t (*read)(void *ctx, void *p, size_t n);
	void *ctx;
	uint64_t number;        /* of the line last returned, from 1 */
	uint64_t offset;        /* of its first byte in the input */
	bool waiting;           /* the next call will have to read */
	struct buf b;
	size_t pos, seen;       /* consumed; searched for newlines, */
	size_t ends[LINES_AHEAD];       /* which are these, from `first` on */
	unsigned first, n;
	bool eof, dropping;
	uint64_t base;          /* input offset of b.p[0] */
};

void lines_init(struct lines *l, int fd, size_t max);
enum line_result lines_next(struct lines *l, struct span *out);
/* The kth line after the one that was returned last, without its newline, if
 * the buffer has it. k: 1..LINES_AHEAD. */
bool lines_ahead(const struct lines *l, unsigned k, struct span *out);
void lines_release(struct lines *l);    /* does not close fd */

#endif

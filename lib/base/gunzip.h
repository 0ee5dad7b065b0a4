/* SPDX-License-Identifier: MIT */
/*
 * gzip (RFC 1952) undone piece by piece: all its members, each with its
 * checksum and length, and zeros behind them.
 */
#ifndef CONN_BASE_GUNZIP_H
#define CONN_BASE_GUNZIP_H

#include <stdbool.h>
#include <sys/types.h>
#include <zlib.h>

#include "base/span.h"

/* Zero-initialised is ready to be started, again and again. */
struct gunzip {
	z_stream z;
	bool inside;            /* of a member: this cannot be the end */
	const char *fault;      /* what is wrong with the data */
};

void gunzip_start(struct gunzip *g);
/* Up to n > 0 bytes from the front of *in, which moves on; 0: none came, more
 * may if *in is not used up; -1: fault is set. */
ssize_t gunzip_some(struct gunzip *g, struct span *in, void *p, size_t n);
void gunzip_release(struct gunzip *g);

#endif

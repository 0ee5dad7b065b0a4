/* SPDX-License-Identifier: MIT */
/* How many documents that a source no longer lists may go at once. */
#ifndef CONN_STREAM_FUSE_H
#define CONN_STREAM_FUSE_H

#include <stdbool.h>
#include <stdint.h>

struct fuse {
	bool set;               /* n replaces both numbers */
	bool percent;
	uint64_t n;
	bool allow_empty;       /* no limit if nothing was listed */
};

/* Are n of so many known too many? listed: the source gave any record. */
bool fuse_blown(const struct fuse *f, bool listed, uint64_t n,
    uint64_t known);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a file, gzip (RFC 1952, all its members) and Zstandard (RFC 8878,
 * all its frames) unpacked on the way. Which it is its first bytes tell.
 * Memory: one chunk and the decompressor's window, at most 128 MiB.
 */
#ifndef CONN_SOURCE_UNPACK_H
#define CONN_SOURCE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/gunzip.h"

enum packing { PACKED_NOT, PACKED_GZIP, PACKED_ZSTD };

/* Zero-initialised is ready; may be started again for the next file. */
struct unpack {
	int fd;
	enum packing kind;
	const char *fault;      /* what is wrong with the data; NULL: errno */
	struct buf in;
	size_t pos;
	bool eof;
	bool inside;            /* of a member or frame */
	uint64_t size, taken;   /* of the file: bytes when begun, those read */
	bool grown;             /* fault: it is longer than that now */
	struct gunzip gzip;
	ZSTD_DCtx *zstd;
};

/* Reads the first chunk of fd, a file of that size, which stays the caller's.
 * -1 as unpack_read. */
int unpack_start(struct unpack *u, int fd, uint64_t size);
/* Up to n > 0 bytes; 0: the end; -1: errno, EBADMSG with fault set. A file that
 * grows is not followed: one slower than its writer would never end. */
ssize_t unpack_read(struct unpack *u, void *p, size_t n);
void unpack_release(struct unpack *u);

/* Does the name end in .gz or .zst? Its length without that, else n. */
size_t unpack_suffix(const char *name, size_t n);

#endif

/* SPDX-License-Identifier: MIT */
#include "net/gzip.h"

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/msg.h"

void
gzip_pack(struct buf *out, struct span in)
{
	z_stream z = { 0 };
	size_t bound;

	/* 15 + 16: the largest window, a gzip header */
	if (in.n > UINT_MAX / 2 || deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		die(ST_TEMP, "out of memory");
	bound = deflateBound(&z, in.n);
	buf_clear(out);
	buf_reserve(out, bound);
	z.next_in = (const Bytef *)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = (Bytef *)out->p;
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		die(ST_PERSON, "zlib: deflate failed");
	out->n = bound - z.avail_out;
	deflateEnd(&z);
}

/* SPDX-License-Identifier: MIT */
#include "net/gzip.h"

#include <libdeflate.h>

#include "base/msg.h"

/* The fastest level: indices are near. */
enum { LEVEL = 1 };

void
gzip_pack(struct buf *out, struct span in)
{
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(LEVEL);
	size_t bound;

	if (z == NULL)
		die(ST_TEMP, "out of memory");
	bound = libdeflate_gzip_compress_bound(z, in.n);
	buf_clear(out);
	buf_reserve(out, bound);
	out->n = libdeflate_gzip_compress(z, in.p, in.n, out->p, bound);
	libdeflate_free_compressor(z);
	if (out->n == 0)
		die(ST_PERSON, "libdeflate: no room for a whole member");
}

const char *
gzip_version(void)
{
	return "libdeflate/" LIBDEFLATE_VERSION_STRING;
}

/* SPDX-License-Identifier: MIT */
#include "net/gzip.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/msg.h"

/* The fastest level: indices are near. */
enum { LEVEL = 1 };

static void
pack(struct buf *out, struct span in)
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

static bool
unpacks_to(struct span packed, struct span in)
{
	struct libdeflate_decompressor *z = libdeflate_alloc_decompressor();
	char *back = xmalloc(in.n + 1);
	size_t n = 0;
	bool same;

	if (z == NULL)
		die(ST_TEMP, "out of memory");
	same = libdeflate_gzip_decompress(z, packed.p, packed.n, back,
	    in.n + 1, &n) == LIBDEFLATE_SUCCESS &&
	    span_eq((struct span){ back, n }, in);
	libdeflate_free_decompressor(z);
	free(back);
	return same;
}

/* The index would take what a compressor spoiled for the document, and later
 * comparisons go by the hash of what was meant. */
void
gzip_pack(struct buf *out, struct span in)
{
	pack(out, in);
	if (!unpacks_to(buf_span(out), in))
		die(ST_PERSON, "libdeflate: what it packed does not unpack to "
		    "what it was");
}

const char *
gzip_version(void)
{
	return "libdeflate/" LIBDEFLATE_VERSION_STRING;
}

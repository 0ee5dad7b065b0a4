/* SPDX-License-Identifier: MIT */
/* Compiled for AVX2, see the Makefile. */
#include "base/hash_avx2.h"

#include <immintrin.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct h128
hash128_avx2(const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits(p, n);

	/* else the next instruction of SSE waits for the upper halves */
	_mm256_zeroupper();
	return (struct h128){ h.high64, h.low64 };
}

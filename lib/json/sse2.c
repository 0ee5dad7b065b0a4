/* SPDX-License-Identifier: MIT */
/* The scanner in vectors of 16 bytes, which every x86-64 has. */
#if defined(__x86_64__)

#include <immintrin.h>
#include <stdint.h>

#define TARGET
#include "json/core.h"

enum { W = 16 };

typedef __m128i V;

INLINE V
load(const char *p)
{
	return _mm_loadu_si128((const V *)(const void *)p);
}

INLINE V
fill(char c)
{
	return _mm_set1_epi8(c);
}

INLINE V
or(V a, V b)
{
	return _mm_or_si128(a, b);
}

INLINE V
xor(V a, V b)
{
	return _mm_xor_si128(a, b);
}

INLINE V
and(V a, V b)
{
	return _mm_and_si128(a, b);
}

INLINE V
andnot(V a, V b)
{
	return _mm_andnot_si128(a, b);
}

INLINE V
eq(V a, V b)
{
	return _mm_cmpeq_epi8(a, b);
}

INLINE V
less(V a, V b)
{
	return _mm_cmpgt_epi8(b, a);
}

INLINE V
minus(V a, V b)
{
	return _mm_subs_epu8(a, b);
}

INLINE V
control(V a)
{
	return eq(_mm_min_epu8(a, fill(0x1f)), a);
}

INLINE uint32_t
mask(V a)
{
	return (uint32_t)_mm_movemask_epi8(a);
}

#include "json/vector.h"

static bool
here(void)
{
	return true;
}

const struct json_impl json_sse2 = { "sse2", here, scan_text, string_end };

#endif

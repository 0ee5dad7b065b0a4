/* SPDX-License-Identifier: MIT */
/* The scanner in vectors of 32 bytes. */
#if defined(__x86_64__)

#include <immintrin.h>
#include <stdint.h>

#define TARGET __attribute__((target("avx2,bmi")))
#include "json/core.h"

enum { W = 32 };

typedef __m256i V;

INLINE V
load(const char *p)
{
	return _mm256_loadu_si256((const V *)(const void *)p);
}

INLINE V
fill(char c)
{
	return _mm256_set1_epi8(c);
}

INLINE V
or(V a, V b)
{
	return _mm256_or_si256(a, b);
}

INLINE V
xor(V a, V b)
{
	return _mm256_xor_si256(a, b);
}

INLINE V
and(V a, V b)
{
	return _mm256_and_si256(a, b);
}

INLINE V
andnot(V a, V b)
{
	return _mm256_andnot_si256(a, b);
}

INLINE V
eq(V a, V b)
{
	return _mm256_cmpeq_epi8(a, b);
}

INLINE V
less(V a, V b)
{
	return _mm256_cmpgt_epi8(b, a);
}

INLINE V
minus(V a, V b)
{
	return _mm256_subs_epu8(a, b);
}

INLINE V
control(V a)
{
	return eq(_mm256_min_epu8(a, fill(0x1f)), a);
}

INLINE uint32_t
mask(V a)
{
	return (uint32_t)_mm256_movemask_epi8(a);
}

#include "json/vector.h"

static bool
here(void)
{
	return __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi");
}

const struct json_impl json_avx2 = { "avx2", here, scan_text, string_end };

#endif

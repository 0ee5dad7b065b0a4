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

/* The first one negated. */
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

/* Of signed bytes. */
INLINE V
less(V a, V b)
{
	return _mm_cmpgt_epi8(b, a);
}

/* Of unsigned bytes, never below 0. */
INLINE V
minus(V a, V b)
{
	return _mm_subs_epu8(a, b);
}

INLINE V
sub(V a, V b)
{
	return _mm_sub_epi8(a, b);
}

INLINE V
most(V a, char c)
{
	return eq(_mm_min_epu8(a, fill(c)), a);
}

INLINE V
simple(V v)
{
	return or(or(or(eq(v, fill('"')), eq(v, fill('\\'))),
	    or(eq(v, fill('/')), eq(v, fill('b')))),
	    or(or(eq(v, fill('f')), eq(v, fill('n'))),
	    or(eq(v, fill('r')), eq(v, fill('t')))));
}

INLINE uint32_t
mask(V a)
{
	return (uint32_t)_mm_movemask_epi8(a);
}

/*
 * A byte must be a continuation exactly where one of the three before it asks
 * for that, and the few pairs that begin an overlong form, a surrogate or a
 * point beyond U+10FFFF are picked out.
 */
INLINE V
utf8_faults(const char *p)
{
	V c = load(p), b = load(p - 1);
	V tail = less(c, fill((char)0xc0));
	V want = or(or(minus(b, fill(0xc0 - 0x80)),
	    minus(load(p - 2), fill(0xe0 - 0x80))),
	    minus(load(p - 3), fill(0xf0 - 0x80)));
	V below_a0 = less(c, fill((char)0xa0));
	V below_90 = less(c, fill((char)0x90));
	V never = or(eq(and(c, fill((char)0xfe)), fill((char)0xc0)),
	    minus(c, fill(0xf5 - 0x80)));
	V pairs = or(or(and(eq(b, fill((char)0xe0)), below_a0),
	    andnot(below_a0, eq(b, fill((char)0xed)))),
	    or(and(eq(b, fill((char)0xf0)), below_90),
	    andnot(below_90, eq(b, fill((char)0xf4)))));

	return and(or(xor(tail, want), or(never, pairs)), fill((char)0x80));
}

#include "json/vector.h"

static bool
here(void)
{
	return true;
}

const struct json_impl json_sse2 = { "sse2", here, scan_text, string_end,
	container_end };

#endif

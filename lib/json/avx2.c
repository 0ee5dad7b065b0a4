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
eq(V a, V b)
{
	return _mm256_cmpeq_epi8(a, b);
}

INLINE V
sub(V a, V b)
{
	return _mm256_sub_epi8(a, b);
}

INLINE V
most(V a, char c)
{
	return eq(_mm256_min_epu8(a, fill(c)), a);
}

INLINE uint32_t
mask(V a)
{
	return (uint32_t)_mm256_movemask_epi8(a);
}

INLINE V
table(const unsigned char t[16])
{
	return _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)t));
}

INLINE V
high_half(V a)
{
	return and(_mm256_srli_epi16(a, 4), fill(0x0f));
}

/* Each high half has a bit, and each low half those with which it is one. */
INLINE V
simple(V a)
{
	static const unsigned char high[16] = {
		[2] = 1, [5] = 2, [6] = 4, [7] = 8
	};
	static const unsigned char low[16] = {
		[0x2] = 1 | 4 | 8, [0x4] = 8, [0x6] = 4, [0xc] = 2, [0xe] = 4,
		[0xf] = 1
	};
	V both = and(_mm256_shuffle_epi8(table(high), high_half(a)),
	    _mm256_shuffle_epi8(table(low), a));

	return _mm256_cmpgt_epi8(both, fill(0));
}

/*
 * The look-up algorithm of J. Keiser, D. Lemire, "Validating UTF-8 In Less
 * Than One Instruction Per Byte", Software: Practice and Experience 51 (2021).
 * Each way in which two bytes in a row can be wrong has a bit; three tables
 * say which of them the high half of the first byte, its low half, and the
 * high half of the second byte allow. What all three allow is wrong.
 */
enum {
	TOO_SHORT = 1,          /* a lead, then no continuation */
	TOO_LONG = 2,           /* ASCII, then a continuation */
	OVERLONG_2 = 4,         /* C0, C1 */
	OVERLONG_3 = 8,         /* E0, then less than A0 */
	SURROGATE = 16,         /* ED, then A0 or more */
	BEYOND = 32,            /* F4, then 90 or more; F5 and more as well */
	BEYOND_80 = 64,         /* F5 and more, then 80 to 8F; in the same
	                           place an overlong form: F0 */
	TWO_TAILS = 128,        /* continuations: right where a lead of three
	                           or four stands two or three bytes before */
	ANY_LOW = TOO_SHORT | TOO_LONG | TWO_TAILS,
	HIGH_LOW = ANY_LOW | BEYOND | BEYOND_80,
	TAIL = TOO_LONG | TWO_TAILS | OVERLONG_2
};

INLINE V
utf8_faults(const char *p)
{
	static const unsigned char first_high[16] = {
		[0x0 ... 0x7] = TOO_LONG, [0x8 ... 0xb] = TWO_TAILS,
		[0xc] = TOO_SHORT | OVERLONG_2, [0xd] = TOO_SHORT,
		[0xe] = TOO_SHORT | OVERLONG_3 | SURROGATE,
		[0xf] = TOO_SHORT | BEYOND | BEYOND_80
	};
	static const unsigned char first_low[16] = {
		[0x0] = ANY_LOW | OVERLONG_2 | OVERLONG_3 | BEYOND_80,
		[0x1] = ANY_LOW | OVERLONG_2, [0x2 ... 0x3] = ANY_LOW,
		[0x4] = ANY_LOW | BEYOND, [0x5 ... 0xc] = HIGH_LOW,
		[0xd] = HIGH_LOW | SURROGATE, [0xe ... 0xf] = HIGH_LOW
	};
	static const unsigned char second_high[16] = {
		[0x0 ... 0x7] = TOO_SHORT,
		[0x8] = TAIL | OVERLONG_3 | BEYOND_80,
		[0x9] = TAIL | OVERLONG_3 | BEYOND,
		[0xa ... 0xb] = TAIL | SURROGATE | BEYOND,
		[0xc ... 0xf] = TOO_SHORT
	};
	V a = load(p - 1), b = load(p), low = fill(0x0f);
	V wrong = and(and(
	    _mm256_shuffle_epi8(table(first_high), high_half(a)),
	    _mm256_shuffle_epi8(table(first_low), and(a, low))),
	    _mm256_shuffle_epi8(table(second_high), high_half(b)));
	V third = _mm256_subs_epu8(load(p - 2), fill(0xe0 - 0x80));
	V fourth = _mm256_subs_epu8(load(p - 3), fill(0xf0 - 0x80));

	/* ... top bit: two continuations, exactly where they are due */
	return xor(wrong, and(or(third, fourth), fill((char)0x80)));
}

#include "json/vector.h"

static bool
here(void)
{
	return __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi");
}

const struct json_impl json_avx2 = { "avx2", here, scan_text, string_end,
	container_end };

#endif

/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash_avx2.h"

enum { LONG = 240 };            /* up to here XXH3 uses no vectors */

static bool
has_avx2(void)
{
#if defined(__x86_64__)
	static int known;       /* 1: no, 2: yes */

	if (known == 0)
		known = 1 + (__builtin_cpu_supports("avx2") != 0);
	return known == 2;
#else
	return false;
#endif
}

struct h128
hash128(const void *p, size_t n)
{
	XXH128_hash_t h;

	if (n > LONG && has_avx2())
		return hash128_avx2(p, n);
	h = XXH3_128bits(p, n);
	return (struct h128){ h.high64, h.low64 };
}

uint64_t
hash64(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(p, n, seed);
}

void
hash_add(struct h128 *sum, struct h128 h)
{
	uint64_t carry = __builtin_add_overflow(sum->lo, h.lo, &sum->lo);

	sum->hi += h.hi + carry;
}

bool
hash_eq(struct h128 a, struct h128 b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

#define ROW(d) d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" \
	d "8" d "9" d "a" d "b" d "c" d "d" d "e" d "f"

void
hash_hex(struct h128 h, char out[HASH_HEX + 1])
{
	static const char pairs[] = ROW("0") ROW("1") ROW("2") ROW("3")
	    ROW("4") ROW("5") ROW("6") ROW("7") ROW("8") ROW("9") ROW("a")
	    ROW("b") ROW("c") ROW("d") ROW("e") ROW("f");

	for (int i = 0; i < 8; i++) {
		memcpy(out + 2 * i, pairs + 2 * (h.hi >> (56 - 8 * i) & 255),
		    2);
		memcpy(out + 16 + 2 * i,
		    pairs + 2 * (h.lo >> (56 - 8 * i) & 255), 2);
	}
	out[HASH_HEX] = '\0';
}

bool
hash_random(char out[HASH_HEX + 1])
{
	struct h128 h;

	if (getrandom(&h, sizeof h, 0) != (ssize_t)sizeof h)
		return false;
	hash_hex(h, out);
	return true;
}

#if defined(__x86_64__)

/* From..to, as signed bytes. */
static __m128i
within(__m128i v, char from, char to)
{
	return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(from - 1)),
	    _mm_cmplt_epi8(v, _mm_set1_epi8(to + 1)));
}

/* Sixteen digits of a hash, the first one the highest. */
static bool
parse_digits(const char *p, uint64_t *out)
{
	__m128i v = _mm_loadu_si128((const __m128i_u *)p);
	__m128i number = within(v, '0', '9'), letter = within(v, 'a', 'f');
	__m128i half = _mm_add_epi8(_mm_and_si128(v, _mm_set1_epi8(15)),
	    _mm_and_si128(letter, _mm_set1_epi8(9)));
	/* of two bytes the first one, which is the low one, goes higher */
	__m128i whole = _mm_and_si128(_mm_set1_epi16(255),
	    _mm_or_si128(_mm_slli_epi16(half, 4), _mm_srli_epi16(half, 8)));

	*out = be64toh((uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(whole,
	    whole)));
	return _mm_movemask_epi8(_mm_or_si128(number, letter)) == 0xffff;
}

#else

/* In each byte of v, which are all under 0x80: its top bit, if it lies in
 * from..to. */
static uint64_t
within(uint64_t v, unsigned char from, unsigned char to)
{
	const uint64_t each = 0x0101010101010101;

	return (v + each * (0x80U - from)) & ~(v + each * (0x7fU - to));
}

/* Eight digits at once, the first one the highest; *good loses the top bits of
 * what are none. */
static uint64_t
parse_eight(const char *p, uint64_t *good)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	v = be64toh(v);
	*good &= ~v & (within(v & 0x7f7f7f7f7f7f7f7f, '0', '9') |
	    within(v & 0x7f7f7f7f7f7f7f7f, 'a', 'f'));
	v = (v & 0x0f0f0f0f0f0f0f0f) + 9 * (v >> 6 & 0x0101010101010101);
	v = (v | v >> 4) & 0x00ff00ff00ff00ff;
	v = (v | v >> 8) & 0x0000ffff0000ffff;
	return (v | v >> 16) & 0xffffffff;
}

/* Sixteen digits of a hash. */
static bool
parse_digits(const char *p, uint64_t *out)
{
	const uint64_t tops = 0x8080808080808080;
	uint64_t good = tops;

	*out = parse_eight(p, &good) << 32 | parse_eight(p + 8, &good);
	return good == tops;
}

#endif

bool
hash_parse(struct span s, struct h128 *out)
{
	return s.n == HASH_HEX && parse_digits(s.p, &out->hi) &&
	    parse_digits(s.p + 16, &out->lo);
}

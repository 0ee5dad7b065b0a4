/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

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

/* Value of a digit plus 1; a table, since digits and letters come in no order
 * that a branch could learn. */
static const unsigned char digits[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
	['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16
};

bool
hash_parse(struct span s, struct h128 *out)
{
	uint64_t v[2] = { 0, 0 };
	unsigned bad = 0;

	if (s.n != HASH_HEX)
		return false;
	for (size_t i = 0; i < HASH_HEX; i++) {
		unsigned d = digits[(unsigned char)s.p[i]];

		bad |= d == 0;
		v[i / 16] = v[i / 16] << 4 | (d - 1);
	}
	*out = (struct h128){ v[0], v[1] };
	return !bad;
}

/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <xxhash.h>

struct h128
hash128(const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits(p, n);

	return (struct h128){ h.high64, h.low64 };
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

void
hash_hex(struct h128 h, char out[HASH_HEX + 1])
{
	static const char digit[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		out[i] = digit[h.hi >> (60 - 4 * i) & 15];
		out[16 + i] = digit[h.lo >> (60 - 4 * i) & 15];
	}
	out[HASH_HEX] = '\0';
}

bool
hash_parse(struct span s, struct h128 *out)
{
	uint64_t v[2] = { 0, 0 };

	if (s.n != HASH_HEX)
		return false;
	for (size_t i = 0; i < HASH_HEX; i++) {
		char c = s.p[i];
		unsigned d;

		if (c >= '0' && c <= '9')
			d = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			d = (unsigned)(c - 'a') + 10;
		else
			return false;
		v[i / 16] = v[i / 16] << 4 | d;
	}
	*out = (struct h128){ v[0], v[1] };
	return true;
}

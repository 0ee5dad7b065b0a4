/* SPDX-License-Identifier: MIT */
/*
 * What core.h asks for, in vectors. The file that includes this defines
 * TARGET, the type V of W bytes, and on it load, fill, or, xor, and, andnot
 * (the first one negated), eq, less (of signed bytes), minus (unsigned, never
 * below 0), control (bytes under 0x20), and mask (the top bit of each byte).
 *
 * UTF-8 is checked before the grammar, so that in a string only quotes,
 * backslashes and control bytes are left to look for. The check compares each
 * byte with the three before it, all places at once: a byte must be a
 * continuation exactly where one of those calls for it, and the few pairs
 * that begin an overlong form, a surrogate or a point beyond U+10FFFF are
 * picked out. The idea of judging a byte by its predecessors without a branch
 * is from J. Keiser, D. Lemire, "Validating UTF-8 In Less Than One Instruction
 * Per Byte", Software: Practice and Experience 51 (2021); comparisons stand
 * here in place of its table look-ups, which SSE2 does not have.
 */
#ifndef CONN_JSON_VECTOR_H
#define CONN_JSON_VECTOR_H

#include <stdint.h>

#include "json/core.h"

INLINE const char *
plain(const char *p, const char *end)
{
	do {
		V v = load(p);
		V stop = or(or(eq(v, fill('"')), eq(v, fill('\\'))),
		    control(v));
		uint32_t m = mask(stop);

		if (m != 0)
			return p + __builtin_ctz(m);
		p += W;
	} while (p < end);
	return p;
}

INLINE const char *
blank(const char *p, const char *end)
{
	if ((unsigned char)*p > ' ')
		return p;
	while (p < end) {
		V v = load(p);
		V space = or(or(eq(v, fill(' ')), eq(v, fill('\n'))),
		    or(eq(v, fill('\r')), eq(v, fill('\t'))));
		uint32_t m = mask(space) ^ (uint32_t)(((uint64_t)1 << W) - 1);

		if (m != 0)
			return p + __builtin_ctz(m);
		p += W;
	}
	return p;
}

/* Only control bytes come here. */
TARGET static const char *
odd(struct core *s, const char *p)
{
	return fail(s, JSON_SYNTAX, p);
}

/* Bytes with the top bit set where p[0..W) does not fit p[-3..W). */
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

	return or(xor(tail, want), or(never, pairs));
}

/* utf8_faults of the block at text + i, which has nothing before it when i
 * is 0. */
INLINE V
block_faults(const char *text, size_t i)
{
	char first[3 + W] = { 0 };

	if (i > 0)
		return utf8_faults(text + i);
	memcpy(first + 3, text, W);
	return utf8_faults(first + 3);
}

/* From i on over groups of four blocks that are all ASCII. */
INLINE size_t
skip_ascii(const char *text, size_t i, size_t n)
{
	for (; n - i >= 4 * W; i += 4 * W) {
		const char *p = text + i;

		if (mask(or(or(load(p), load(p + W)),
		    or(load(p + 2 * W), load(p + 3 * W)))) != 0)
			break;
	}
	return i;
}

/* Is the text UTF-8? Its first and last byte are ASCII, which saves looking
 * at what precedes and follows them. */
TARGET static bool
utf8(const char *text, size_t n)
{
	V faults = fill(0);
	uint32_t here, before = 0, rest;
	size_t i = skip_ascii(text, 0, n);

	for (; n - i >= W; i += W) {
		here = mask(load(text + i));
		if ((here | before) != 0)
			faults = or(faults, block_faults(text, i));
		before = here;
	}
	rest = ((uint32_t)1 << (n - i)) - 1;
	here = mask(load(text + i)) & rest;
	if ((here | before) != 0 &&
	    (mask(block_faults(text, i)) & rest) != 0)
		return false;
	return mask(faults) == 0;
}

TARGET static bool
scan_text(struct json_scan *io)
{
	struct span t = io->text;

	if (t.n == 0 || ((t.p[0] | t.p[t.n - 1]) & 0x80) != 0)
		return false;
	return utf8(t.p, t.n) && scan(io);
}

TARGET static const char *
string_end(const char *p, const char *end)
{
	for (;;) {
		p = plain(p, end);
		if (*p == '"')
			return p;
		p += 2;
	}
}

#endif

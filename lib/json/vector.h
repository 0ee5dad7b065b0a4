/* SPDX-License-Identifier: MIT */
/*
 * What core.h asks for, in vectors. The file that includes this defines the
 * type V of W bytes, and on it load, fill, or, and, eq, control (bytes under
 * 0x20), mask (the top bit of each byte), and utf8_faults: a vector with other
 * than 0 where the bytes p[0..W) do not continue p[-3..0) as UTF-8.
 *
 * UTF-8 is checked before the grammar, so that in a string only quotes,
 * backslashes and control bytes are left to look for: in blocks of 64 bytes,
 * whose finds are kept as bits, since a block holds more than one string.
 */
#ifndef CONN_JSON_VECTOR_H
#define CONN_JSON_VECTOR_H

#include "json/core.h"

enum { BLOCK = 64 };
static const uint32_t ALL = (uint32_t)(((uint64_t)1 << W) - 1);

/* A bit for each of the 64 bytes at p that cannot stand in a string. */
INLINE uint64_t
stops(const char *p)
{
	uint64_t m = 0;

	for (int i = 0; i < BLOCK; i += W) {
		V v = load(p + i);
		V stop = or(or(eq(v, fill('"')), eq(v, fill('\\'))),
		    control(v));

		m |= (uint64_t)mask(stop) << i;
	}
	return m;
}

INLINE void
start(struct core *s)
{
	s->block = s->io->text.p;
	s->stops = stops(s->block);
}

/* The same where the block has nothing more, or p is beyond it. Not inlined,
 * as blank_further, so that no constants of theirs are made where they are not
 * used. */
TARGET static __attribute__((noinline)) const char *
plain_further(struct core *s, const char *p)
{
	size_t at = (size_t)(p - s->block), skip = at < BLOCK ? BLOCK : at;
	const char *block = s->block + skip - skip % BLOCK;
	uint64_t m = ~(uint64_t)0 << skip % BLOCK;

	for (; block < s->end; block += BLOCK) {
		m &= stops(block);
		if (m != 0) {
			s->block = block;
			s->stops = m;
			return block + __builtin_ctzll(m);
		}
		m = ~(uint64_t)0;
	}
	return s->end;
}

INLINE const char *
plain(struct core *s, const char *p)
{
	size_t at = (size_t)(p - s->block);
	uint64_t m = at < BLOCK ? s->stops >> at : 0;

	return m != 0 ? p + __builtin_ctzll(m) : plain_further(s, p);
}

/* There is white space. */
TARGET static __attribute__((noinline)) const char *
blank_further(const char *p, const char *end)
{
	while (p < end) {
		V v = load(p);
		V space = or(or(eq(v, fill(' ')), eq(v, fill('\n'))),
		    or(eq(v, fill('\r')), eq(v, fill('\t'))));
		uint32_t m = mask(space) ^ ALL;

		if (m != 0)
			return p + __builtin_ctz(m);
		p += W;
	}
	return p;
}

INLINE const char *
blank(const char *p, const char *end)
{
	return (unsigned char)*p > ' ' ? p : blank_further(p, end);
}

/* Only control bytes come here. */
TARGET static const char *
odd(struct core *s, const char *p)
{
	return fail(s, JSON_SYNTAX, p);
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

/* Ones in the first n bytes. */
INLINE V
edge(size_t n)
{
	static const unsigned char bytes[2 * W] = { [0 ... W - 1] = 0xff };

	return load((const char *)bytes + (n < W ? W - n : 0));
}

/* Is the text UTF-8? A character that its end cuts is not seen: such a text
 * is no JSON anyway. */
TARGET static bool
utf8(const char *text, size_t n)
{
	V faults = fill(0), before = fill(0), here;
	size_t i, k;

	for (i = 0; n - i >= 4 * W; i += 4 * W) {
		here = or(or(load(text + i), load(text + i + W)),
		    or(load(text + i + 2 * W), load(text + i + 3 * W)));
		if (mask(or(here, before)) != 0)
			for (k = i; k < i + 4 * W; k += W)
				faults = or(faults, block_faults(text, k));
		before = here;
	}
	for (k = i; k < n; k += W)
		before = or(before, load(text + k));
	if (mask(before) != 0)
		for (k = i; k < n; k += W)
			faults = or(faults, and(block_faults(text, k),
			    edge(n - k)));
	return mask(eq(faults, fill(0))) == ALL;
}

TARGET static bool
scan_text(struct json_scan *io)
{
	struct span t = io->text;

	return t.n > 0 && utf8(t.p, t.n) && scan(io);
}

TARGET static const char *
string_end(const char *p, const char *end, bool *escaped)
{
	uint64_t m;

	while (p < end) {
		m = stops(p);
		if (m == 0) {
			p += BLOCK;
			continue;
		}
		p += __builtin_ctzll(m);
		if (*p == '"')
			break;
		*escaped = true;
		p += 2;
	}
	return p;
}

/* A bit for each of the 64 bytes at p that is c once its bits of with are
 * set. */
INLINE uint64_t
places(const char *p, char with, char c)
{
	uint64_t m = 0;

	for (int i = 0; i < BLOCK; i += W)
		m |= (uint64_t)mask(eq(or(load(p + i), fill(with)),
		    fill(c))) << i;
	return m;
}

/* The bytes that a backslash takes along; *next is that of the block before,
 * then of the one after. */
INLINE uint64_t
escaped_bytes(uint64_t backslashes, uint64_t *next)
{
	uint64_t taken = *next;

	*next = 0;
	backslashes &= ~taken;
	while (backslashes != 0) {
		uint64_t first = backslashes & -backslashes;

		*next = first >> 63;
		taken |= first << 1;
		backslashes &= ~(first | first << 1);
	}
	return taken;
}

/* From each odd bit, as one counts them, to the one after it. */
INLINE uint64_t
between(uint64_t quotes)
{
	for (int i = 1; i < BLOCK; i *= 2)
		quotes ^= quotes << i;
	return quotes;
}

/* NULL: the block does not close the container; else the place after the byte
 * that does. */
INLINE const char *
close_within(const char *p, uint64_t opens, uint64_t closes, size_t *level)
{
	if (*level > (size_t)__builtin_popcountll(closes)) {
		*level += (size_t)__builtin_popcountll(opens);
		*level -= (size_t)__builtin_popcountll(closes);
		return NULL;
	}
	for (uint64_t m = opens | closes; m != 0; m &= m - 1) {
		uint64_t bit = m & -m;

		*level += bit & opens ? 1 : (size_t)-1;
		if (*level == 0)
			return p + __builtin_ctzll(m) + 1;
	}
	return NULL;
}

TARGET static const char *
container_end(const char *p, const char *end)
{
	uint64_t next = 0, inside = 0;
	size_t level = 1;
	const char *after = NULL;

	for (p++; after == NULL && p < end; p += BLOCK) {
		uint64_t taken = escaped_bytes(places(p, 0, '\\'), &next);
		uint64_t text = inside ^
		    between(places(p, 0, '"') & ~taken);

		inside = text >> 63 ? ~(uint64_t)0 : 0;
		after = close_within(p, places(p, ' ', '{') & ~text,
		    places(p, ' ', '}') & ~text, &level);
	}
	return after != NULL ? after : end;
}

#endif

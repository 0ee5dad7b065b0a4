/* SPDX-License-Identifier: MIT */
/*
 * What core.h asks for, in vectors. The file that includes this defines the
 * type V of W bytes, and on it load, fill, or, and, eq, sub, most (bytes of at
 * most c, without sign), simple (what may stand after a backslash, but u), mask
 * (the top bit of each byte), and utf8_faults: a vector with other than 0 where
 * the bytes p[0..W) do not continue p[-3..0) as UTF-8.
 *
 * UTF-8 is checked before the grammar, so that in a string only quotes,
 * backslashes and control bytes are left to look for: in blocks of 64 bytes,
 * whose finds are kept as bits, since a block holds more than one string. From
 * the first backslash of a string on all escapes of a block are judged at once.
 */
#ifndef CONN_JSON_VECTOR_H
#define CONN_JSON_VECTOR_H

#include "json/core.h"

enum { BLOCK = 64, STRIDE = 8 * BLOCK };
static const uint32_t ALL = (uint32_t)(((uint64_t)1 << W) - 1);

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

/*
 * The bytes that a backslash takes along; *next is that of the block before,
 * then of the one after. A run of backslashes takes every second one of them,
 * and, if they are odd in number, what follows: a sum carries from where each
 * run begins to its end. The method of G. Langdale, D. Lemire, "Parsing
 * Gigabytes of JSON per Second", VLDB Journal 28 (2019).
 */
INLINE uint64_t
escaped_bytes(uint64_t backslashes, uint64_t *next)
{
	const uint64_t even = 0x5555555555555555;
	uint64_t follows, odd_starts, ends;

	backslashes &= ~*next;
	follows = backslashes << 1 | *next;
	odd_starts = backslashes & ~even & ~follows;
	*next = __builtin_add_overflow(odd_starts, backslashes, &ends);
	return (even ^ ends << 1) & follows;
}

/* A bit for each of the 64 bytes at p that is a hex digit. */
INLINE uint64_t
hex_digits(const char *p)
{
	uint64_t m = 0;

	for (int i = 0; i < BLOCK; i += W) {
		V v = load(p + i);

		m |= (uint64_t)mask(or(most(sub(v, fill('0')), 9),
		    most(sub(or(v, fill(' ')), fill('a')), 5))) << i;
	}
	return m;
}

/* A bit for each of the 64 bytes at p that cannot simply stand in a string. */
INLINE uint64_t
marks(const char *p)
{
	uint64_t m = 0;

	for (int i = 0; i < BLOCK; i += W) {
		V v = load(p + i);

		m |= (uint64_t)mask(or(or(eq(v, fill('"')),
		    eq(v, fill('\\'))), most(v, 0x1f))) << i;
	}
	return m;
}

INLINE void
start(struct core *s)
{
	s->block = s->io->text.p;
	s->marks = marks(s->block);
}

/* The next mark where the block has nothing more, or p is beyond it; the end
 * if there is none. Not inlined, as the next one and blank_further, so that no
 * constants of theirs are made where they are not used. */
TARGET static __attribute__((noinline)) const char *
plain_further(struct core *s, const char *p)
{
	size_t at = (size_t)(p - s->block), skip = at < BLOCK ? BLOCK : at;
	const char *block = s->block + skip - skip % BLOCK;
	uint64_t m = ~(uint64_t)0 << skip % BLOCK;

	for (; block < s->end; block += BLOCK) {
		m &= marks(block);
		if (m != 0) {
			s->block = block;
			s->marks = m;
			return block + __builtin_ctzll(m);
		}
		m = ~(uint64_t)0;
	}
	return s->end;
}

/* The block's escapes of surrogates, by the d of each: are they pairs?
 * *paired: where the last pair ends. */
TARGET static __attribute__((noinline)) void
surrogates(struct core *s, const char *block, uint64_t ds, const char **paired)
{
	for (; ds != 0; ds &= ds - 1) {
		const char *p = block + __builtin_ctzll(ds);

		/* the second half; or not of this text */
		if (p < *paired || p >= s->end)
			continue;
		p = unicode(s, p);
		if (p != NULL)
			*paired = p;
	}
}

/* m, so many bytes later; before: of the block before. */
INLINE uint64_t
later(uint64_t m, uint64_t before, int n)
{
	return m << n | before >> (BLOCK - n);
}

/* Of the block before: is the next byte taken, and its escapes \u. */
struct before {
	uint64_t next, u;
};

/* Where an escape of the block is wrong, at any of its bytes. *taken: by a
 * backslash; *ds: the d after \u. */
INLINE uint64_t
wrong_escapes(const char *block, uint64_t slashes, struct before *b,
    uint64_t *taken, uint64_t *ds)
{
	uint64_t u, good = 0, first, due;

	for (int i = 0; i < BLOCK; i += W)
		good |= (uint64_t)mask(simple(load(block + i))) << i;
	*taken = escaped_bytes(slashes, &b->next);
	u = *taken & places(block, 0, 'u');
	first = later(u, b->u, 1);
	due = first | later(u, b->u, 2) | later(u, b->u, 3) |
	    later(u, b->u, 4);
	b->u = u;
	*ds = first & places(block, ' ', 'd');
	return (*taken & ~good & ~u) | (due & ~hex_digits(block));
}

/* p: the first backslash of a string, in s->block; where the string ends, or
 * what may not stand in it; s->end if an escape is wrong, or as above. Where
 * escapes are many a guess at what is in a block would be wrong often, so
 * nothing is asked but for what is rare. */
TARGET static __attribute__((noinline)) const char *
escaped_further(struct core *s, const char *p)
{
	uint64_t from = ~(uint64_t)0 << (p - s->block);
	struct before before = { 0 };
	const char *block = s->block, *paired = p;

	for (; block < s->end; block += BLOCK, from = ~(uint64_t)0) {
		uint64_t slashes = places(block, 0, '\\') & from, taken, ds;
		uint64_t all = marks(block) & from;
		uint64_t wrong = wrong_escapes(block, slashes, &before,
		    &taken, &ds);
		uint64_t stop = (all & ~slashes & ~taken) | wrong;

		if (ds != 0)
			surrogates(s, block, ds, &paired);
		if (stop == 0)
			continue;
		if ((stop & -stop & wrong) != 0)
			return s->end;
		s->block = block;
		p = block + __builtin_ctzll(stop);
		s->marks = all & ~(uint64_t)0 << (p - block);
		return p;
	}
	return s->end;
}

INLINE const char *
string(struct core *s, const char *p)
{
	size_t at = (size_t)(p - s->block);
	uint64_t m = at < BLOCK ? s->marks >> at : 0;

	p = m != 0 ? p + __builtin_ctzll(m) : plain_further(s, p);
	s->escaped = *p == '\\' && p < s->end;
	if (s->escaped)
		p = escaped_further(s, p);
	if (p >= s->end)
		return fail(s, JSON_CUT, p);
	return *p == '"' ? p : fail(s, JSON_SYNTAX, p);
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

	for (i = 0; n - i >= STRIDE; i += STRIDE) {
		here = load(text + i);
		for (k = W; k < STRIDE; k += W)
			here = or(here, load(text + i + k));
		if (mask(or(here, before)) != 0)
			for (k = i; k < i + STRIDE; k += W)
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
	uint64_t next = 0;

	for (; p < end; p += BLOCK) {
		uint64_t m = marks(p), slashes, quotes;

		if ((m | next) == 0)
			continue;
		slashes = m & places(p, 0, '\\');
		quotes = (m & ~slashes) & ~escaped_bytes(slashes, &next);
		*escaped |= (slashes & (quotes ^ (quotes - 1))) != 0;
		if (quotes != 0)
			return p + __builtin_ctzll(quotes);
	}
	return p;
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

/* SPDX-License-Identifier: MIT */
/*
 * Texts with an escape or a character of several bytes at every turn, whole and
 * broken, over several blocks and strides: all implementations say the same.
 */
#include "json.h"

#include <stdint.h>

#include "tap.h"

enum { ROUNDS = 60000, WHOLE = 16 };

static uint64_t seed = 1;

static unsigned
random_below(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

/* The first WHOLE may stand in a string. */
static const char *const pieces[] = { "\\n", "\\\"", "\\\\", "\\u00e9",
	"\\ud83d\\ude00", "\\ud83d", "\\uDE00", "\\uabCD", "a", "dud", "u0",
	"plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
	"a longer run of what is plain, over the edge of a block or two",
	"\\u12", "\\u", "\\x", "\\", "\"", "\\ud8", "\\u00g0", "\x01", "\xc3",
	"\\ud83d\\u", "\x80", "\xed\xa0\x80", "\",\"" };

/* An object of one string, or what its damage makes of it. */
static void
put_text(struct buf *b, bool damaged)
{
	const unsigned all = sizeof pieces / sizeof *pieces;
	unsigned n = 1 + random_below(random_below(8) == 0 ? 400 : 40);
	unsigned at = damaged ? random_below(n) : n;

	buf_clear(b);
	buf_puts(b, "{\"k\":\"");
	for (unsigned i = 0; i < n; i++)
		buf_puts(b, pieces[i == at ? WHOLE +
		    random_below(all - WHOLE) : random_below(WHOLE)]);
	buf_puts(b, "\"}");
}

static void
test_dense(bool damaged)
{
	struct buf b = { 0 };
	unsigned good = 0, alike = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct verdict v;
		char *p;

		put_text(&b, damaged);
		p = padded(b.p, b.n, 0);
		alike += judge(p, b.n, JSON_DEPTH, "\"\\", 2, &v);
		good += v.object == 0;
		json_object_release(&v.o);
		free(p);
	}
	buf_release(&b);
	ok(alike == ROUNDS, "%s: all say the same of %u of %u",
	    damaged ? "damaged" : "whole", alike, ROUNDS);
	ok(damaged ? good < ROUNDS / 2 : good == ROUNDS,
	    "%s: %u are JSON", damaged ? "damaged" : "whole", good);
}

int
main(void)
{
	test_dense(false);
	test_dense(true);
	return tap_done();
}

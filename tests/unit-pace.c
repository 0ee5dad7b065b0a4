/* SPDX-License-Identifier: MIT */
#include "net/pace.h"
#include "tap.h"

static void
good(struct pace *p, int n)
{
	while (n-- > 0)
		pace_good(p, p->bytes, 0.01);
}

static void
test_window(void)
{
	struct pace p;

	pace_init(&p, 4, 1 << 20);
	ok(p.window == 1 && p.bytes == 1 << 20, "one full request at first");
	good(&p, 2);
	ok(p.window == 3, "one more with each good answer: %u", p.window);
	good(&p, 9);
	ok(p.window == 4, "to the most: %u", p.window);
	pace_trouble(&p, p.bytes, false);
	ok(p.window == 2 && p.bytes == 1 << 20,
	    "half as many after trouble among others");
	pace_trouble(&p, p.bytes, false);
	pace_trouble(&p, p.bytes, false);
	ok(p.window == 1, "never none");
	good(&p, 7);
	ok(p.window == 1, "slowly from then on");
	good(&p, 1);
	ok(p.window == 2, "but up");
}

static void
test_bytes(void)
{
	struct pace p;
	int n = 0;

	pace_init(&p, 1, 1 << 20);
	ok(pace_trouble(&p, 200000, true) && p.bytes == 100000,
	    "half of what was alone: %zu", p.bytes);
	for (int i = 0; i < 20; i++)
		pace_trouble(&p, p.bytes, true);
	ok(p.bytes == 16 << 10 && !pace_trouble(&p, p.bytes, true),
	    "not below what is of use: %zu", p.bytes);
	while (p.bytes < 1 << 20 && n++ < 100)
		good(&p, 8);
	ok(n > 10 && n < 30, "back after %d rows of good answers", n);
	pace_init(&p, 1, 100);
	pace_trouble(&p, 90, true);
	ok(p.bytes == 100, "a small batch stays as it is");
	pace_init(&p, 1, 1 << 20);
	pace_too_long(&p, 300000);
	good(&p, 1000);
	ok(p.bytes == 150000, "too long: never so long again");
	pace_trouble(&p, 100000, true);
	pace_too_long(&p, 600000);
	ok(p.bytes == 50000, "an older request, too long: no longer ones");
	good(&p, 1000);
	ok(p.bytes == 150000, "nor later: %zu", p.bytes);
	pace_too_long(&p, 1);
	ok(p.bytes == 1, "never nothing");
}

static void
test_time(void)
{
	struct pace p;

	pace_init(&p, 8, 1 << 20);
	pace_trouble(&p, 1 << 20, false);
	good(&p, 8);
	ok(p.window == 2, "quick answers");
	for (int i = 0; i < 100; i++)
		pace_good(&p, 1 << 20, 0.1);
	ok(p.window < 8, "late answers: no more, %u", p.window);
	for (int i = 0; i < 1000; i++)
		pace_good(&p, 1 << 20, 0.1);
	ok(p.window == 8, "until it is known to be so slow");
	pace_good(&p, 1 << 20, 30);
	ok(p.bytes == 1 << 19, "too slow for anything between: less");
	pace_init(&p, 8, 1 << 20);
	pace_good(&p, 100, 0.001);
	ok(p.window == 1 && p.quickest == 0, "a small one tells nothing");
}

int
main(void)
{
	test_window();
	test_bytes();
	test_time();
	return tap_done();
}

/* SPDX-License-Identifier: MIT */
/* Doubles as text, against the C library's conversions. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "json/text.h"
#include "tap.h"

static uint64_t seed = 20260101;

static uint64_t
random_bits(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double
of_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

static bool
same(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static bool
reads_back(double v)
{
	struct buf b = { 0 };
	bool good;

	json_put_double(&b, v);
	good = json_is_number(buf_span(&b)) && same(strtod(buf_cstr(&b), NULL),
	    v);
	if (!good)
		printf("# %a: %s\n", v, buf_cstr(&b));
	buf_release(&b);
	return good;
}

/* The digits of a text, without its zeros at either end. */
static void
digits_of(const char *text, char out[32])
{
	size_t n = 0;

	for (; *text != '\0' && *text != 'e'; text++)
		if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0'))
			out[n++] = *text;
	while (n > 0 && out[n - 1] == '0')
		n--;
	out[n] = '\0';
}

/* No decimal of fewer digits reads back, and of as many it is the nearest.
 * The nearest of n digits may not read back where another of n does: right
 * above a power of two the interval is uneven. */
static bool
is_shortest(double v)
{
	struct buf b = { 0 };
	char text[40], theirs[32], ours[32];
	bool good;

	for (int n = 0; n < 17; n++) {
		snprintf(text, sizeof text, "%.*e", n, v);
		if (same(strtod(text, NULL), v))
			break;
	}
	json_put_double(&b, v);
	digits_of(text, theirs);
	digits_of(buf_cstr(&b), ours);
	good = streq(ours, theirs) || strlen(ours) < strlen(theirs);
	if (!good)
		printf("# %a: %s, not %s\n", v, buf_cstr(&b), text);
	buf_release(&b);
	return good && reads_back(v);
}

/* v and the doubles beside it, of either sign. */
static bool
around(double v)
{
	double seen[] = { v, -v, nextafter(v, 0), nextafter(v, DBL_MAX) };

	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
		if (isfinite(seen[i]) && !is_shortest(seen[i]))
			return false;
	return true;
}

static void
test_edges(void)
{
	char text[32];
	int bad = 0;

	for (int e = -1074; e <= 1023; e++)
		bad += !around(ldexp(1, e));
	ok(bad == 0, "powers of two: %d", bad);
	bad = 0;
	for (int e = -324; e <= 308; e++)
		for (int digit = 1; digit <= 9; digit++) {
			snprintf(text, sizeof text, "%de%d", digit, e);
			bad += !around(strtod(text, NULL));
		}
	ok(bad == 0, "powers of ten: %d", bad);
	bad = 0;
	for (int e = 50; e <= 63; e++)
		for (int i = -20; i <= 20; i++)
			bad += !around(ldexp(1, e) + i);
	ok(bad == 0, "integers near those that are no longer exact: %d", bad);
	ok(around(DBL_MAX) && around(DBL_MIN) && around(DBL_TRUE_MIN) &&
	    around(0) && around(9007199254740993e7), "ends");
}

static void
test_random(void)
{
	int bad = 0, shortest = 0;

	for (int i = 0; i < 1000000; i++) {
		double v = of_bits(random_bits());

		bad += isfinite(v) && !reads_back(v);
	}
	ok(bad == 0, "a million patterns of bits read back: %d do not", bad);
	bad = 0;
	for (int i = 0; i < 50000; i++) {
		double v = of_bits(random_bits());

		bad += isfinite(v) && !is_shortest(v);
		/* subnormal */
		bad += !is_shortest(of_bits(random_bits() >> 12));
		shortest++;
	}
	ok(bad == 0, "the shortest: %d of %d are not", bad, shortest);
	bad = 0;
	for (int i = 0; i < 50000; i++) {
		int64_t whole = (int64_t)(random_bits() >> (i % 40 + 20));

		bad += !is_shortest((double)whole / pow(10, i % 12));
		bad += !is_shortest((double)(random_bits() >> i % 64));
	}
	ok(bad == 0, "decimals and integers: %d are not", bad);
}

static void
is(double v, const char *general, const char *real)
{
	struct buf a = { 0 }, b = { 0 };

	json_put_double(&a, v);
	json_put_real(&b, v);
	ok(span_is(buf_span(&a), general) && span_is(buf_span(&b), real),
	    "%a is %s and %s", v, buf_cstr(&a), buf_cstr(&b));
	buf_release(&a);
	buf_release(&b);
}

static void
test_form(void)
{
	is(0, "0", "0.0");
	is(-0.0, "-0", "-0.0");
	is(5, "5", "5.0");
	is(-1.25, "-1.25", "-1.25");
	is(0.1, "0.1", "0.1");
	is(1.0 / 3, "0.3333333333333333", "0.3333333333333333");
	is(0.30000000000000004, "0.30000000000000004", "0.30000000000000004");
	is(100.5, "100.5", "100.5");
	is(0.0001, "0.0001", "0.0001");
	is(0.00001, "1e-05", "1e-05");
	is(1.5e-7, "1.5e-07", "1.5e-07");
	is(999999999999999, "999999999999999", "999999999999999.0");
	is(1e15, "1e+15", "1e+15");
	is(1234567890123456, "1234567890123456", "1234567890123456.0");
	is(12345678901234568, "12345678901234568", "12345678901234568.0");
	is(123456789012345680, "1.2345678901234568e+17",
	    "1.2345678901234568e+17");
	is(1e23, "1e+23", "1e+23");
	is(9007199254740992, "9007199254740992", "9007199254740992.0");
	is(5e-324, "5e-324", "5e-324");
	is(DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e+308");
	is(2.2250738585072014e-308, "2.2250738585072014e-308",
	    "2.2250738585072014e-308");
}

/* ---- from text ---- */

static void
test_from_text(void)
{
	static const char *const kept[] = { "0", "-0.0", "0.00000000000000000",
		"0e-999999999999", "0.1", "1.10", "1.500000000000000000000",
		"0.30000000000000004", "0.10000000000000001", "1e-7",
		"9007199254740992.0", "12345678901234.123", "5e-324",
		"2.2250738585072014e-308", "1.25e-310", "0.000000000000000001",
		"-123456789012345.6", "1234567890.1234567e-3" };
	static const char *const rounded[] = { "9007199254740993", "1e400",
		"9007199254740993.5", "10000000000000000.5",
		"12345678901234.123456789", "-0.1000000000000000055511151231",
		"1234567890123456.7", "0.90000000000000001", "1e-400",
		"-1e-999999999999", "4.94e-324", "1.0000000000000000001" };
	char huge[404];
	double v;

	memset(huge, '9', sizeof huge);
	memcpy(huge + sizeof huge - 3, ".5", 3);
	ok(!json_number_double(span_of(huge), &v), "one beyond all doubles");
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		ok(json_number_double(span_of(kept[i]), &v) &&
		    same(v, strtod(kept[i], NULL)), "%s is kept", kept[i]);
	for (size_t i = 0; i < sizeof rounded / sizeof *rounded; i++)
		ok(!json_number_double(span_of(rounded[i]), &v),
		    "%s would be rounded", rounded[i]);
}

/* As those write it who want the shortest text, and those who do not. */
static bool
is_kept(double v)
{
	char text[40];
	struct buf b = { 0 };
	double shortest, digits;
	bool good;

	json_put_double(&b, v);
	buf_pad(&b);
	snprintf(text, sizeof text, "%.17g", v);
	good = json_number_double(buf_span(&b), &shortest) &&
	    json_number_double(span_of(text), &digits) &&
	    same(shortest, v) && same(digits, v);
	if (!good)
		printf("# %a: %s\n", v, text);
	buf_release(&b);
	return good;
}

static void
test_any_kept(void)
{
	unsigned n = 0;

	for (; n < 50000; n++) {
		double v = of_bits(random_bits());

		if (isfinite(v) && fabs(v) < 9007199254740992 && !is_kept(v))
			break;
	}
	ok(n == 50000, "what is written of a double is kept");
}

int
main(void)
{
	test_from_text();
	test_any_kept();
	test_form();
	test_edges();
	test_random();
	return tap_done();
}

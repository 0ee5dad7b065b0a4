/* SPDX-License-Identifier: MIT */
/*
 * The shortest decimal that reads back as the same double; of several, the
 * nearest to it: after Raffaele Giulietti, "The Schubfach way to render
 * doubles" (2021). A double is c * 2^q. In the decade of its rounding interval
 * at most two decimals of the coarser grid and two of the finer are
 * candidates, and 128 bits of a power of ten are enough to tell on which side
 * of the interval's ends each of them is.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/text.h"

enum {
	POWER_LEAST = -292, POWER_MOST = 324,   /* that are ever asked for */
	LIMBS = 32,             /* 5^324 * 2^128 and more fit */
	DIGITS = 17,            /* of a double, at most */
	SURE = 16,              /* bytes of a number that is no big integer,
	                           which a double always gives back */
	PLAIN_LEAST = -4,       /* exponents between them: without an e */
	PLAIN_MOST = 15
};

__extension__ typedef unsigned __int128 u128;

/* 10^k = g * 2^(exp_of(k) - 127), 2^127 <= g < 2^128, rounded up. */
struct power {
	uint64_t hi, lo;
};

/* An integer, its least limb first. */
struct big {
	uint32_t limb[LIMBS];
	int n;
};

struct decimal {
	uint64_t digits;
	int exponent;
};

/* floor(log2(10^k)) */
static int
exp_of(int k)
{
	return (k * 1741647) >> 19;
}

static void
big_multiply(struct big *b, uint32_t by)
{
	uint64_t carry = 0;

	for (int i = 0; i < b->n; i++) {
		carry += (uint64_t)b->limb[i] * by;
		b->limb[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry > 0)
		b->limb[b->n++] = (uint32_t)carry;
}

/* Rounded down. */
static void
big_divide(struct big *b, uint32_t by)
{
	uint64_t rest = 0;

	for (int i = b->n - 1; i >= 0; i--) {
		rest = rest << 32 | b->limb[i];
		b->limb[i] = (uint32_t)(rest / by);
		rest %= by;
	}
	while (b->n > 0 && b->limb[b->n - 1] == 0)
		b->n--;
}

/* b * 5^k or, rounded down, b / 5^k. */
static void
big_fives(struct big *b, int k, void (*how)(struct big *, uint32_t))
{
	const uint32_t many = 1220703125;       /* 5^13 */

	for (; k >= 13; k -= 13)
		how(b, many);
	for (; k > 0; k--)
		how(b, 5);
}

/* The 32 bits of b from bit `at` on, which may be before the first. */
static uint32_t
big_bits(const struct big *b, int at)
{
	uint32_t v = 0;

	for (int i = 0; i < 32; i++, at++)
		if (at >= 0 && at / 32 < b->n)
			v |= (b->limb[at / 32] >> at % 32 & 1) << i;
	return v;
}

static bool
big_any_below(const struct big *b, int at)
{
	for (int i = 0; i < at; i++)
		if (b->limb[i / 32] >> i % 32 & 1)
			return true;
	return false;
}

static struct power
power_make(int k)
{
	struct big b = { .limb = { 1 }, .n = 1 };
	struct power g;
	int width, below;

	if (k < 0) {
		width = exp_of(-k) + k + 128;
		b.limb[0] = 0;
		b.n = width / 32 + 1;
		b.limb[b.n - 1] = (uint32_t)1 << width % 32;
		big_fives(&b, -k, big_divide);
	} else {
		big_fives(&b, k, big_multiply);
	}
	width = b.n * 32 - __builtin_clz(b.limb[b.n - 1]);
	below = width - 128;
	g.hi = (uint64_t)big_bits(&b, below + 96) << 32 |
	    big_bits(&b, below + 64);
	g.lo = (uint64_t)big_bits(&b, below + 32) << 32 | big_bits(&b, below);
	if ((k < 0 || big_any_below(&b, below)) && ++g.lo == 0)
		g.hi++;
	return g;
}

/* Each is made when it is first asked for: a program meets few of them. */
static const struct power *
power_of(int k)
{
	static _Thread_local struct power made[POWER_MOST - POWER_LEAST + 1];
	struct power *g = &made[k - POWER_LEAST];

	if (g->hi == 0)
		*g = power_make(k);
	return g;
}

/* floor(g * c / 2^128), with its last bit set if anything was cut off. */
static uint64_t
round_to_odd(const struct power *g, uint64_t c)
{
	u128 y = (u128)g->hi * c + (uint64_t)((u128)g->lo * c >> 64);

	return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* Of s * 10^k and its successor that which is in the interval, or else the
 * nearer; at is four times the double over 10^k. */
static uint64_t
nearer(uint64_t s, uint64_t at, uint64_t lower, uint64_t upper)
{
	bool low = lower <= 4 * s, high = 4 * s + 4 <= upper;

	if (low != high)
		return s + high;
	return s + (at > 4 * s + 2 || (at == 4 * s + 2 && (s & 1) == 1));
}

/* c > 0; uneven: the next double below is at half the distance */
static struct decimal
shortest(uint64_t c, int q, bool uneven)
{
	int k = (q * 1262611 - (uneven ? 524031 : 0)) >> 22;
	int h = q + exp_of(-k) + 1;
	const struct power *g = power_of(-k);
	uint64_t at = round_to_odd(g, 4 * c << h), odd = c & 1, s = at / 4;
	uint64_t lower = round_to_odd(g, (4 * c - 2 + uneven) << h) + odd;
	uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;
	uint64_t tens = s / 10;
	bool low = lower <= 40 * tens, high = 40 * tens + 40 <= upper;

	if (s >= 10 && low != high)
		return (struct decimal){ tens + high, k + 1 };
	return (struct decimal){ nearer(s, at, lower, upper), k };
}

/* Its digits, without the zeros at the end; returns how many. */
static int
print_digits(struct decimal d, char text[DIGITS], int *exponent)
{
	char reversed[20];
	int n = 0, out = 0;

	if (d.digits % 100000000 == 0) {
		d.digits /= 100000000;
		d.exponent += 8;
	}
	while (d.digits % 10 == 0) {
		d.digits /= 10;
		d.exponent++;
	}
	for (; d.digits > 0; d.digits /= 10)
		reversed[n++] = (char)('0' + d.digits % 10);
	while (n > out) {
		text[out] = reversed[n - 1 - out];
		out++;
	}
	*exponent = d.exponent + n - 1;
	return n;
}

static void
put_zeros(struct buf *out, int n)
{
	for (; n > 0; n--)
		buf_putc(out, '0');
}

static void
put_exponent(struct buf *out, int e)
{
	buf_putc(out, 'e');
	buf_putc(out, e < 0 ? '-' : '+');
	e = e < 0 ? -e : e;
	put_zeros(out, e < 10);
	json_put_u64(out, (uint64_t)e);
}

/* d.ddd * 10^e as printf's %g writes it. */
static void
put_general(struct buf *out, const char *digits, int n, int e)
{
	bool plain = e >= PLAIN_LEAST && (e < PLAIN_MOST || e < n);
	int whole = !plain ? 1 : e < 0 ? 0 : e < n ? e + 1 : n;

	buf_add(out, digits, (size_t)whole);
	if (plain)
		put_zeros(out, e < 0 ? 1 : e + 1 - n);
	if (n > whole)
		buf_putc(out, '.');
	if (plain)
		put_zeros(out, -1 - e);
	buf_add(out, digits + whole, (size_t)(n - whole));
	if (!plain)
		put_exponent(out, e);
}

void
json_put_double(struct buf *out, double v)
{
	const uint64_t hidden = UINT64_C(1) << 52;
	char digits[DIGITS];
	uint64_t bits, c;
	int q, n, e;

	memcpy(&bits, &v, sizeof bits);
	c = bits & (hidden - 1);
	q = (int)(bits >> 52 & 0x7ff);
	if (signbit(v))
		buf_putc(out, '-');
	if (fabs(v) < 1e15 && v == trunc(v)) {
		json_put_u64(out, (uint64_t)fabs(v));
		return;
	}
	n = print_digits(shortest(q > 0 ? c | hidden : c,
	    (q > 0 ? q : 1) - 1075, c == 0 && q > 1), digits, &e);
	put_general(out, digits, n, e);
}

void
json_put_real(struct buf *out, double v)
{
	size_t start = out->n;

	json_put_double(out, v);
	if (memchr(out->p + start, '.', out->n - start) == NULL &&
	    memchr(out->p + start, 'e', out->n - start) == NULL)
		buf_add(out, ".0", 2);
}

/* ---- from text ---- */

static bool
gives_back(double v, struct span s)
{
	struct buf shortest_text = { 0 };
	char text[32];
	bool same;

	if (v == 0)
		return json_number_cmp(s, SPAN("0")) == 0;
	if (!isfinite(v))
		return false;
	json_put_double(&shortest_text, v);
	same = json_number_cmp(s, buf_span(&shortest_text)) == 0;
	buf_release(&shortest_text);
	if (same)
		return true;
	snprintf(text, sizeof text, "%.*g", DIGITS, v);
	return json_number_cmp(s, span_of(text)) == 0;
}

bool
json_number_double(struct span s, double *out)
{
	if (json_number_is_big(s))
		return false;
	*out = strtod(s.p, NULL);
	return (s.n <= SURE && fabs(*out) >= DBL_MIN) || gives_back(*out, s);
}

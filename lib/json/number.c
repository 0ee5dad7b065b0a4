/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text, exact at any size. A number is taken as
 * 0.ddd... * 10^(scale + exponent), where the exponent stays text too: it
 * may have any length, and nothing is ever expanded.
 */
#include "json/text.h"
#include "json/tree.h"

struct number {
	bool negative;
	const char *digits;     /* the first that is not 0; a point may be
	                           among them */
	size_t n;               /* how many digits, up to the last not 0; */
	                        /* 0: the number is zero */
	int64_t scale;
	bool exponent_negative;
	struct span exponent;   /* its digits; n = 0: none */
};

/* Larger than any scale can be, and ten times it still fits. */
static const int64_t FAR = (int64_t)1 << 58;

static bool
digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static size_t
digits_at(struct span s, size_t i)
{
	size_t from = i;

	while (i < s.n && digit(s.p[i]))
		i++;
	return i - from;
}

/* Splits at the point and the e; false if s is no JSON number. */
static bool
split(struct span s, struct span *whole, struct span *fraction,
    struct span *exponent)
{
	size_t i = s.n > 0 && s.p[0] == '-', n = digits_at(s, i);

	*fraction = *exponent = (struct span){ 0 };
	if (n == 0 || (n > 1 && s.p[i] == '0'))
		return false;
	*whole = (struct span){ s.p + i, n };
	i += n;
	if (i < s.n && s.p[i] == '.') {
		n = digits_at(s, ++i);
		if (n == 0)
			return false;
		*fraction = (struct span){ s.p + i, n };
		i += n;
	}
	if (i < s.n && (s.p[i] | 0x20) == 'e') {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		n = digits_at(s, i);
		if (n == 0)
			return false;
		*exponent = (struct span){ s.p + i, n };
		i += n;
	}
	return i == s.n;
}

static bool
parse(struct span s, struct number *x)
{
	struct span whole, fraction;
	const char *p, *end;

	*x = (struct number){ 0 };
	if (!split(s, &whole, &fraction, &x->exponent))
		return false;
	x->negative = s.p[0] == '-';
	x->exponent_negative = x->exponent.n > 0 && x->exponent.p[-1] == '-';
	p = whole.p;
	end = fraction.n > 0 ? fraction.p + fraction.n : p + whole.n;
	while (p < end && (*p == '0' || *p == '.'))
		p++;
	while (end > p && (end[-1] == '0' || end[-1] == '.'))
		end--;
	x->digits = p;
	x->n = (size_t)(end - p);
	if (fraction.n > 0 && p < fraction.p && end > fraction.p)
		x->n--;         /* the point among them */
	x->scale = p < whole.p + whole.n ? whole.p + whole.n - p :
	    fraction.p - p;
	return true;
}

/* The difference of two exponents; beyond +-FAR it is FAR or -FAR. */
static int64_t
exponent_minus(const struct number *a, const struct number *b)
{
	size_t n = a->exponent.n > b->exponent.n ? a->exponent.n :
	    b->exponent.n;
	int64_t diff = 0;

	for (size_t left = n; left > 0; left--) {
		int da = 0, db = 0;

		if (left <= a->exponent.n)
			da = a->exponent.p[a->exponent.n - left] - '0';
		if (left <= b->exponent.n)
			db = b->exponent.p[b->exponent.n - left] - '0';
		diff = diff * 10 + (a->exponent_negative ? -da : da) -
		    (b->exponent_negative ? -db : db);
		/* Once this far, no later digit can bring it back. */
		if (diff >= FAR || diff <= -FAR)
			return diff > 0 ? FAR : -FAR;
	}
	return diff;
}

/* The place of the point, counted from the first digit: 12.5 has 2. */
static int64_t
point(const struct number *x)
{
	static const struct number none;

	return exponent_minus(x, &none) + x->scale;
}

static int
digits_cmp(const struct number *a, const struct number *b)
{
	const char *p = a->digits, *q = b->digits;

	for (size_t i = 0; i < a->n && i < b->n; i++, p++, q++) {
		p += *p == '.';
		q += *q == '.';
		if (*p != *q)
			return *p < *q ? -1 : 1;
	}
	return (a->n > b->n) - (a->n < b->n);
}

int
json_number_cmp(struct span s, struct span t)
{
	struct number a, b;
	int64_t d;
	int c;

	if (!parse(s, &a) || !parse(t, &b))
		return 0;
	if (a.n == 0 || b.n == 0) {
		int sa = a.n == 0 ? 0 : a.negative ? -1 : 1;
		int sb = b.n == 0 ? 0 : b.negative ? -1 : 1;

		return sa - sb;
	}
	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	d = exponent_minus(&a, &b) + a.scale - b.scale;
	c = d != 0 ? (d > 0 ? 1 : -1) : digits_cmp(&a, &b);
	return a.negative ? -c : c;
}

bool
json_is_number(struct span s)
{
	struct span whole, fraction, exponent;

	return split(s, &whole, &fraction, &exponent);
}

static bool
integer(const struct number *x)
{
	return x->n == 0 || point(x) >= (int64_t)x->n;
}

bool
json_number_is_integer(struct span s)
{
	struct number x;

	return parse(s, &x) && integer(&x);
}

bool
json_number_is_big(struct span s)
{
	const struct span exact = SPAN("9007199254740992");
	struct number x, limit;

	if (!parse(s, &x) || !integer(&x) || x.n == 0)
		return false;
	parse(exact, &limit);
	if (point(&x) != limit.scale)
		return point(&x) > limit.scale;
	return digits_cmp(&x, &limit) > 0;
}

bool
json_number_u64(struct span s, uint64_t *out)
{
	struct number x;
	const char *p;
	uint64_t v = 0;

	if (!parse(s, &x) || !integer(&x) || (x.negative && x.n > 0))
		return false;
	/* However far the point is, the product is soon too large. */
	p = x.digits;
	for (size_t i = 0; x.n > 0 && i < (size_t)point(&x); i++) {
		uint64_t d = 0;

		if (i < x.n) {
			p += *p == '.';
			d = (uint64_t)(*p++ - '0');
		}
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, d, &v))
			return false;
	}
	*out = v;
	return true;
}

/* ---- multiples ---- */

enum { DIGITS = 18 };           /* so that a product fits twice */
__extension__ typedef unsigned __int128 wide;

/* The digits as an integer, of a modulus (0: none). */
static uint64_t
digits_mod(const struct number *x, uint64_t mod)
{
	const char *p = x->digits;
	uint64_t v = 0;

	for (size_t i = 0; i < x->n; i++, p++) {
		p += *p == '.';
		v = v * 10 + (uint64_t)(*p - '0');
		if (mod > 0)
			v %= mod;
	}
	return v;
}

static uint64_t
power_mod(uint64_t exponent, uint64_t mod)
{
	uint64_t r = 1 % mod, base = 10 % mod;

	for (; exponent > 0; exponent >>= 1) {
		if (exponent & 1)
			r = (uint64_t)((wide)r * base % mod);
		base = (uint64_t)((wide)base * base % mod);
	}
	return r;
}

/* Both without their zeros at the end: a power of ten that b has and a has
 * not is one that does not divide a. */
bool
json_number_multiple(struct span s, struct span t)
{
	struct number a, b;
	int64_t more;
	uint64_t mod;

	if (!parse(s, &a) || !parse(t, &b) || b.n == 0 || b.n > DIGITS)
		return true;
	if (a.n == 0)
		return true;
	more = exponent_minus(&a, &b) + a.scale - (int64_t)a.n - b.scale +
	    (int64_t)b.n;
	if (more < 0)
		return false;
	mod = digits_mod(&b, 0);
	return (uint64_t)((wide)digits_mod(&a, mod) *
	    power_mod((uint64_t)more, mod) % mod) == 0;
}

void
json_put_canonical(struct buf *out, struct span s)
{
	struct number x;
	const char *p;

	if (!parse(s, &x) || x.n == 0) {
		buf_putc(out, '0');
		return;
	}
	if (point(&x) >= FAR || point(&x) <= -FAR) {
		buf_add_span(out, s);
		return;
	}
	buf_puts(out, x.negative ? "-" : "");
	p = x.digits;
	for (size_t i = 0; i < x.n; i++, p++) {
		p += *p == '.';
		buf_putc(out, *p);
	}
	buf_printf(out, "e%lld", (long long)point(&x));
}

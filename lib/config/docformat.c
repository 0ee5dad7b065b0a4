/* SPDX-License-Identifier: MIT */
/* The formats that have a clear grammar. */
#include <arpa/inet.h>

#include "config/docrule.h"

/* What is left of a text. */
struct rest {
	const char *p, *end;
};

/* n digits, of a number in least..most. */
static bool
digits(struct rest *r, int n, int least, int most, int *out)
{
	int v = 0;

	for (; n > 0; n--, r->p++) {
		if (r->p == r->end || *r->p < '0' || *r->p > '9')
			return false;
		v = v * 10 + (*r->p - '0');
	}
	*out = v;
	return v >= least && v <= most;
}

static bool
one_of(struct rest *r, const char *set)
{
	if (r->p == r->end || *r->p == '\0' || strchr(set, *r->p) == NULL)
		return false;
	r->p++;
	return true;
}

static bool
date(struct rest *r)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int y, m, d;
	bool leap;

	if (!digits(r, 4, 0, 9999, &y) || !one_of(r, "-") ||
	    !digits(r, 2, 1, 12, &m) || !one_of(r, "-") ||
	    !digits(r, 2, 1, 31, &d))
		return false;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return d <= days[m - 1] + (m == 2 && leap);
}

/* Minutes east of Greenwich. */
static bool
offset(struct rest *r, int *out)
{
	int h, m, sign;

	*out = 0;
	if (one_of(r, "Zz"))
		return true;
	sign = r->p < r->end && *r->p == '-' ? -1 : 1;
	if (!one_of(r, "+-") || !digits(r, 2, 0, 23, &h) ||
	    !one_of(r, ":") || !digits(r, 2, 0, 59, &m))
		return false;
	*out = sign * (h * 60 + m);
	return true;
}

static bool
daytime(struct rest *r, bool zone)
{
	int h, m, s, east = 0, ignored;

	if (!digits(r, 2, 0, 23, &h) || !one_of(r, ":") ||
	    !digits(r, 2, 0, 59, &m) || !one_of(r, ":") ||
	    !digits(r, 2, 0, 60, &s))
		return false;
	if (one_of(r, ".")) {
		if (!digits(r, 1, 0, 9, &ignored))
			return false;
		while (one_of(r, "0123456789"))
			continue;
	}
	if ((zone || r->p < r->end) && !offset(r, &east))
		return false;
	/* a leap second is the last of a day in UTC */
	return s < 60 || (h * 60 + m - east + 2 * 1440) % 1440 == 1439;
}

static bool
uuid(struct rest *r)
{
	for (int i = 0; i < 36; i++)
		if (!one_of(r, i == 8 || i == 13 || i == 18 || i == 23 ? "-" :
		    "0123456789abcdefABCDEF"))
			return false;
	return true;
}

static bool
address(struct rest *r, int family)
{
	char text[INET6_ADDRSTRLEN + 1];
	unsigned char out[sizeof(struct in6_addr)];
	size_t n = (size_t)(r->end - r->p);

	if (n >= sizeof text || memchr(r->p, '\0', n) != NULL)
		return false;
	memcpy(text, r->p, n);
	text[n] = '\0';
	r->p = r->end;
	return inet_pton(family, text, out) == 1;
}

bool
docformat_fits(struct span format, struct span text, bool zone)
{
	struct rest r = { text.n > 0 ? text.p : "",
		(text.n > 0 ? text.p : "") + text.n };
	bool good;

	if (span_is(format, "date-time"))
		good = date(&r) && one_of(&r, "Tt") && daytime(&r, zone);
	else if (span_is(format, "date"))
		good = date(&r);
	else if (span_is(format, "time"))
		good = daytime(&r, true);
	else if (span_is(format, "ipv4"))
		good = address(&r, AF_INET);
	else if (span_is(format, "ipv6"))
		good = address(&r, AF_INET6);
	else if (span_is(format, "uuid"))
		good = uuid(&r);
	else
		return true;
	return good && r.p == r.end;
}

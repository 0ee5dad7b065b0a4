/* SPDX-License-Identifier: MIT */
#include "base/datetext.h"

#include <stdint.h>
#include <stdio.h>
#include <strings.h>

#include "base/clock.h"

/* 0000-01-01 and 9999-12-31T23:59:59Z */
static const int64_t first_second = -62167219200, last_second = 253402300799;

/* What was read so far; the text that is left. */
struct reading {
	struct span s;
	int year, month, day, hour, minute, second;
	int zone;               /* minutes east */
	struct span fraction;   /* digits */
};

/* ---- numbers ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits of a number without zeros in front and without a point, which
 * stands before digit *point. */
static void
digits(struct span s, char out[64], int *n, int *point)
{
	bool fraction = false;
	size_t i = 0;
	int e = 0, sign = 1;

	*n = *point = 0;
	for (; i < s.n && (is_digit(s.p[i]) || s.p[i] == '.'); i++) {
		if (s.p[i] == '.') {
			fraction = true;
			continue;
		}
		if (*n == 0 && s.p[i] == '0') {
			*point -= fraction;
			continue;
		}
		*point += !fraction;
		if (*n < 64)
			out[(*n)++] = s.p[i];
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E'))
		i++;
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		sign = s.p[i++] == '-' ? -1 : 1;
	for (; i < s.n; i++)
		e = e < 100000 ? e * 10 + (s.p[i] - '0') : e;
	*point += sign * e;
}

bool
datetext_number(struct span s, int scale, struct timespec *out)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	char d[64];
	int64_t sec = 0, ns = 0;
	int n, point;

	if (minus)
		s = (struct span){ s.p + 1, s.n - 1 };
	digits(s, d, &n, &point);
	point -= scale;
	if (n > 0 && point > 12)
		return false;
	for (int i = 0; n > 0 && i < point; i++)
		sec = sec * 10 + (i < n ? d[i] - '0' : 0);
	for (int i = point; i < point + 9; i++)
		ns = ns * 10 + (i >= 0 && i < n ? d[i] - '0' : 0);
	if (minus) {
		sec = ns > 0 ? -sec - 1 : -sec;
		ns = ns > 0 ? 1000000000 - ns : 0;
	}
	*out = (struct timespec){ (time_t)sec, (long)ns };
	return sec >= first_second && sec <= last_second;
}

static bool
all_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* ---- pieces ---- */

static void
cut(struct reading *r, size_t n)
{
	r->s = (struct span){ r->s.p + n, r->s.n - n };
}

static void
spaces(struct reading *r)
{
	while (r->s.n > 0 && *r->s.p == ' ')
		cut(r, 1);
}

static bool
mark(struct reading *r, const char *text)
{
	if (!span_starts(r->s, span_of(text)))
		return false;
	cut(r, strlen(text));
	return true;
}

/* min to max digits, with no other digit behind them. */
static bool
number(struct reading *r, size_t min, size_t max, int *out)
{
	size_t n = 0;

	*out = 0;
	while (n < r->s.n && is_digit(r->s.p[n])) {
		if (n == max)
			return false;
		*out = *out * 10 + (r->s.p[n++] - '0');
	}
	cut(r, n);
	return n >= min;
}

static size_t
letters(const struct reading *r)
{
	size_t n = 0;

	while (n < r->s.n && (r->s.p[n] | 32) >= 'a' &&
	    (r->s.p[n] | 32) <= 'z')
		n++;
	return n;
}

/* A word of the list, or the first three letters of it; from 1. 0: none. */
static int
word(struct reading *r, const char *const *list, int count)
{
	size_t n = letters(r);

	for (int i = 0; n >= 3 && i < count; i++) {
		bool whole = n == strlen(list[i]);

		if ((!whole && n != 3) || strncasecmp(r->s.p, list[i], n) != 0)
			continue;
		cut(r, n);
		mark(r, ".");
		return i + 1;
	}
	return 0;
}

static int
month(struct reading *r)
{
	static const char *const names[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };

	return word(r, names, 12);
}

static void
weekday(struct reading *r)
{
	static const char *const names[] = { "Monday", "Tuesday", "Wednesday",
		"Thursday", "Friday", "Saturday", "Sunday" };

	if (word(r, names, 7) > 0) {
		mark(r, ",");
		spaces(r);
	}
}

/* ---- time of day ---- */

static bool
offset(struct reading *r)
{
	int sign = mark(r, "-") ? -1 : 1, h, m = 0;
	size_t n = 0;

	if (sign > 0 && !mark(r, "+"))
		return false;
	while (n < r->s.n && is_digit(r->s.p[n]))
		n++;
	if (n == 4) {
		if (!number(r, 4, 4, &h))
			return false;
		m = h % 100;
		h /= 100;
	} else if (!number(r, 2, 2, &h) ||
	    (mark(r, ":") && !number(r, 2, 2, &m))) {
		return false;
	}
	r->zone = sign * (h * 60 + m);
	return h < 24 && m < 60;
}

/* Nothing is UTC. */
static bool
zone(struct reading *r)
{
	static const struct { const char *name; int hours; } zones[] = {
		{ "Z", 0 }, { "UTC", 0 }, { "GMT", 0 }, { "UT", 0 },
		{ "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },
		{ "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 }
	};
	size_t n = letters(r);

	if (r->s.n > 0 && n == 0 && (*r->s.p == '+' || *r->s.p == '-'))
		return offset(r);
	for (size_t i = 0; n > 0 && i < sizeof zones / sizeof *zones; i++)
		if (n == strlen(zones[i].name) &&
		    strncasecmp(r->s.p, zones[i].name, n) == 0) {
			cut(r, n);
			r->zone = zones[i].hours * 60;
			return true;
		}
	return n == 0;
}

static bool
half(struct reading *r)
{
	size_t n = letters(r);
	bool pm = n == 2 && strncasecmp(r->s.p, "pm", 2) == 0;

	if (!pm && (n != 2 || strncasecmp(r->s.p, "am", 2) != 0))
		return true;
	cut(r, 2);
	spaces(r);
	if (r->hour < 1 || r->hour > 12)
		return false;
	r->hour = r->hour % 12 + 12 * pm;
	return true;
}

/* h:mm[:ss[.f]] [AM|PM] */
static bool
clock_time(struct reading *r)
{
	size_t n = 0;

	if (!number(r, 1, 2, &r->hour) || !mark(r, ":") ||
	    !number(r, 2, 2, &r->minute))
		return false;
	if (mark(r, ":") && !number(r, 2, 2, &r->second))
		return false;
	if (mark(r, ".") || mark(r, ",")) {
		while (n < r->s.n && is_digit(r->s.p[n]))
			n++;
		r->fraction = (struct span){ r->s.p, n < 9 ? n : 9 };
		cut(r, n);
		if (n == 0)
			return false;
	}
	spaces(r);
	return half(r);
}

/* What stands behind a date: nothing, or a time and its zone. */
static bool
rest(struct reading *r)
{
	mark(r, ",");
	if (!mark(r, "T") && !mark(r, "t"))
		spaces(r);
	return r->s.n == 0 || (clock_time(r) && zone(r));
}

/* ---- dates ---- */

static bool
iso(struct reading *r)
{
	const char *between = r->s.n > 4 && r->s.p[4] == '/' ? "/" : "-";

	return number(r, 4, 4, &r->year) && mark(r, between) &&
	    number(r, 1, 2, &r->month) && mark(r, between) &&
	    number(r, 1, 2, &r->day) && rest(r);
}

static bool
american(struct reading *r)
{
	return number(r, 1, 2, &r->month) && mark(r, "/") &&
	    number(r, 1, 2, &r->day) && mark(r, "/") &&
	    number(r, 4, 4, &r->year) && rest(r);
}

/* Between a day, a month and a year. */
static void
between(struct reading *r)
{
	mark(r, ",");
	if (!mark(r, "-"))
		spaces(r);
}

static bool
day_first(struct reading *r)
{
	weekday(r);
	if (!number(r, 1, 2, &r->day))
		return false;
	between(r);
	r->month = month(r);
	between(r);
	return r->month > 0 && number(r, 4, 4, &r->year) && rest(r);
}

/* Also ctime's, with the year behind the time. */
static bool
month_first(struct reading *r)
{
	struct reading later;

	weekday(r);
	r->month = month(r);
	between(r);
	if (r->month == 0 || !number(r, 1, 2, &r->day))
		return false;
	between(r);
	later = *r;
	if (number(r, 4, 4, &r->year))
		return rest(r);
	*r = later;
	if (!clock_time(r))
		return false;
	if (letters(r) > 0 && !zone(r))
		return false;
	spaces(r);
	return number(r, 4, 4, &r->year);
}

static bool
chinese(struct reading *r)
{
	if (!number(r, 4, 4, &r->year) || !mark(r, "年") ||
	    !number(r, 1, 2, &r->month) || !mark(r, "月") ||
	    !number(r, 1, 2, &r->day) || !mark(r, "日"))
		return false;
	spaces(r);
	if (r->s.n == 0)
		return true;
	return number(r, 1, 2, &r->hour) && mark(r, "时") &&
	    number(r, 1, 2, &r->minute) && mark(r, "分") &&
	    (r->s.n == 0 || (number(r, 1, 2, &r->second) &&
	    mark(r, "秒")));
}

/* By way of the one who knows the calendar. */
static bool
compose(const struct reading *r, struct timespec *out)
{
	char text[128];

	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%.*sZ",
	    r->year, r->month, r->day, r->hour, r->minute, r->second,
	    r->fraction.n > 0 ? (int)r->fraction.n : 1,
	    r->fraction.n > 0 ? r->fraction.p : "0");
	if (!clock_parse(span_of(text), out))
		return false;
	out->tv_sec -= r->zone * 60;
	return out->tv_sec >= first_second && out->tv_sec <= last_second;
}

bool
datetext_parse(struct span s, struct timespec *out)
{
	static bool (*const forms[])(struct reading *) = {
		iso, american, day_first, month_first, chinese
	};

	while (s.n > 0 && s.p[0] == ' ')
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	if (all_digits(s))
		return s.n >= 10 && s.n <= 19 && (s.n - 10) % 3 == 0 &&
		    datetext_number(s, (int)s.n - 10, out);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct reading r = { .s = s };

		if (forms[i](&r) && r.s.n == 0)
			return compose(&r, out);
	}
	return false;
}

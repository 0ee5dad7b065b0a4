/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* Steps of a file system's clock. */
static const double TICK = 0.02, SECONDS = 2.1;

double
clock_mono(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct timespec
clock_wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

void
clock_sleep(double s)
{
	struct timespec t;

	if (s <= 0)
		return;
	t.tv_sec = (time_t)s;
	t.tv_nsec = (long)((s - (double)t.tv_sec) * 1e9);
	nanosleep(&t, NULL);
}

double
clock_step_left(struct timespec stamp)
{
	double step = stamp.tv_nsec == 0 ? SECONDS : TICK;
	struct timespec now = clock_wall();
	double age = (double)(now.tv_sec - stamp.tv_sec) +
	    (double)(now.tv_nsec - stamp.tv_nsec) / 1e9;

	return age < 0 || age >= step ? 0 : step - age;
}

/* n digits of v, zeros in front. */
static char *
put_digits(char *p, unsigned v, int n)
{
	for (int i = n; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

static char *
put_day(char *out, time_t t)
{
	struct tm tm;
	int year;
	char *p;

	if (gmtime_r(&t, &tm) == NULL)
		tm = (struct tm){ .tm_mday = 1 };
	year = tm.tm_year + 1900;
	if (year < 0 || year > 9999)
		p = out + snprintf(out, 16, "%04d", year);
	else
		p = put_digits(out, (unsigned)year, 4);
	*p++ = '-';
	p = put_digits(p, (unsigned)tm.tm_mon + 1, 2);
	*p++ = '-';
	p = put_digits(p, (unsigned)tm.tm_mday, 2);
	*p++ = 'T';
	return p;
}

/* The times of a run are often of the same day: its text is kept, for a
 * calendar's arithmetic takes longer than all else here. */
static char *
put_same_day(char *out, time_t t, unsigned *second)
{
	static _Thread_local struct {
		time_t number;
		size_t n;       /* 0: none */
		char text[32];
	} day;
	time_t number = t / 86400 - (t % 86400 < 0);

	if (day.n == 0 || number != day.number) {
		day.n = (size_t)(put_day(day.text, t) - day.text);
		day.number = number;
	}
	*second = (unsigned)(t - number * 86400);
	memcpy(out, day.text, sizeof day.text);
	return out + day.n;
}

void
clock_format(struct timespec t, int digits, char out[CLOCK_TEXT])
{
	unsigned second;
	char *p = put_same_day(out, t.tv_sec, &second);

	p = put_digits(p, second / 3600, 2);
	*p++ = ':';
	p = put_digits(p, second / 60 % 60, 2);
	*p++ = ':';
	p = put_digits(p, second % 60, 2);
	if (digits > 0) {
		*p++ = '.';
		put_digits(p, (unsigned)(t.tv_nsec % 1000000000L), 9);
		p += digits;
	}
	*p++ = 'Z';
	*p = '\0';
}

void
clock_now(char out[CLOCK_TEXT])
{
	clock_format(clock_wall(), 6, out);
}

/* Reads exactly n digits at *s. */
static bool
number(struct span *s, size_t n, int *out)
{
	int v = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	s->p += n;
	s->n -= n;
	*out = v;
	return true;
}

static bool
skip(struct span *s, const char *any)
{
	if (s->n == 0 || strchr(any, *s->p) == NULL || *s->p == '\0')
		return false;
	s->p++;
	s->n--;
	return true;
}

static bool
fraction(struct span *s, long *ns)
{
	long unit = 100000000;
	size_t n = 0;

	for (; s->n > 0 && *s->p >= '0' && *s->p <= '9'; s->p++, s->n--, n++) {
		*ns += (*s->p - '0') * unit;
		unit /= 10;
	}
	return n > 0;
}

static bool
zone(struct span *s, int *minutes)
{
	int sign, h, m;

	*minutes = 0;
	if (s->n == 0 || skip(s, "Zz"))
		return s->n == 0;
	sign = *s->p == '-' ? -1 : 1;
	if (!skip(s, "+-") || !number(s, 2, &h) || !skip(s, ":") ||
	    !number(s, 2, &m) || h > 23 || m > 59)
		return false;
	*minutes = sign * (h * 60 + m);
	return s->n == 0;
}

/* What its zone moves out of the years that RFC 3339 has could not be written
 * again. */
static const time_t YEAR_0 = -62167219200, YEAR_10000 = 253402300800;

bool
clock_parse(struct span s, struct timespec *out)
{
	static const int days[] = {
		31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	struct tm tm = { 0 };
	long ns = 0;
	int off = 0, y;
	bool leap;

	if (!number(&s, 4, &y) || !skip(&s, "-") ||
	    !number(&s, 2, &tm.tm_mon) || !skip(&s, "-") ||
	    !number(&s, 2, &tm.tm_mday))
		return false;
	leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > days[tm.tm_mon - 1] ||
	    (tm.tm_mon == 2 && tm.tm_mday == 29 && !leap))
		return false;
	if (s.n > 0) {
		if (!skip(&s, "Tt ") || !number(&s, 2, &tm.tm_hour) ||
		    !skip(&s, ":") || !number(&s, 2, &tm.tm_min) ||
		    !skip(&s, ":") || !number(&s, 2, &tm.tm_sec) ||
		    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
			return false;
		if (skip(&s, ".") && !fraction(&s, &ns))
			return false;
		if (!zone(&s, &off))
			return false;
	}
	tm.tm_year = y - 1900;
	tm.tm_mon--;
	out->tv_sec = timegm(&tm) - off * 60;
	out->tv_nsec = ns;
	return out->tv_sec >= YEAR_0 && out->tv_sec < YEAR_10000;
}

bool
clock_parse_strict(struct span s, struct timespec *out)
{
	size_t n = s.n;

	return n >= 20 && (s.p[10] | 32) == 't' &&
	    ((s.p[n - 1] | 32) == 'z' || s.p[n - 6] == '+' ||
	    s.p[n - 6] == '-') && clock_parse(s, out);
}

int
clock_cmp(struct timespec a, struct timespec b)
{
	if (a.tv_sec != b.tv_sec)
		return a.tv_sec < b.tv_sec ? -1 : 1;
	return (a.tv_nsec > b.tv_nsec) - (a.tv_nsec < b.tv_nsec);
}

struct timespec
clock_earlier(struct timespec t, double seconds)
{
	time_t whole = (time_t)seconds;

	t.tv_sec -= whole;
	t.tv_nsec -= (long)((seconds - (double)whole) * 1e9);
	if (t.tv_nsec < 0) {
		t.tv_nsec += 1000000000;
		t.tv_sec--;
	}
	return t;
}

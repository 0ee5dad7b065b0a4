/* SPDX-License-Identifier: MIT */
#include "source/rest/functions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "json/text.h"
#include "net/sigv4.h"
#include "source/rest/html.h"
#include "source/sqlvalue.h"

enum { TIME_MAX = 64, DATE = 10 };

static bool
sha256(struct span in, struct buf *out)
{
	char hex[SIGV4_HASH];

	sigv4_hash(in, hex);
	buf_puts(out, hex);
	return true;
}

static bool
all_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

/* The zone as RFC 3339 writes it, in place; text has room for it. */
static void
set_zone(char *text)
{
	size_t n = strlen(text), at = n;
	char *p;

	while (at > 0 && strchr("+- ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	    text[at - 1]) == NULL)
		at--;
	if (at <= DATE || at == n) {
		p = n > 4 ? text + n - 4 : text;
		if (streq(p, " UTC") || streq(p, " GMT"))
			memcpy(p, "Z", 2);
		return;
	}
	p = text + at - 1;
	if (*p != '+' && *p != '-')
		return;
	if (p[-1] == ' ') {
		memmove(p - 1, p, n - at + 2);
		p--;
	}
	n = strlen(++p);
	if (n == 4 && all_digits(p, n)) {
		memmove(p + 3, p + 2, 3);
		p[2] = ':';
	} else if (n == 2 && all_digits(p, n)) {
		memcpy(p + 2, ":00", 4);
	}
}

/* No zone at all is UTC. */
static bool
written_time(struct span s, struct when *out)
{
	char text[TIME_MAX + 4];

	if (s.n > TIME_MAX || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	set_zone(text);
	return when_parse(span_of(text), out);
}

/* The nanoseconds of what stands behind the point. */
static long
fraction(const char *digits)
{
	long ns = 0, unit = 100000000;

	for (; *digits >= '0' && *digits <= '9'; digits++, unit /= 10)
		ns += (*digits - '0') * unit;
	return ns;
}

/* A number as JSON has it, without a sign. */
static bool
number_time(struct span s, struct timespec *out)
{
	char text[TIME_MAX + 1], *rest;
	long long v;

	if (s.n == 0 || s.n > TIME_MAX || *s.p == '-' || !json_is_number(s))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (strpbrk(text, "eE") != NULL)
		snprintf(text, sizeof text, "%.9f", strtod(text, NULL));
	errno = 0;
	v = strtoll(text, &rest, 10);
	if (errno != 0 || !sqlvalue_epoch(v, out))
		return false;
	if (*rest == '.' && out->tv_sec == v)
		out->tv_nsec = fraction(rest + 1);
	return true;
}

bool
function_time(struct span json, struct when *out)
{
	struct json_member m = { .value = json, .type = JSON_STRING };
	struct buf scratch = { 0 };
	struct span s;
	bool good;

	out->day = false;
	if (json.n == 0 || *json.p != '"')
		return number_time(json, &out->time);
	m.escaped = memchr(json.p, '\\', json.n) != NULL;
	s = json_string(&m, &scratch);
	good = s.n > 0 && (written_time(s, out) ||
	    number_time(s, &out->time));
	buf_release(&scratch);
	return good;
}

void
function_put_time(struct buf *out, struct timespec t)
{
	char text[CLOCK_TEXT];
	int digits = t.tv_nsec == 0 ? 0 : t.tv_nsec % 1000000 == 0 ? 3 :
	    t.tv_nsec % 1000 == 0 ? 6 : 9;

	clock_format(t, digits, text);
	buf_puts(out, text);
}

/* ---- the table ---- */

static bool
time_text(struct span json, struct buf *out)
{
	struct when t;

	if (!function_time(json, &t)) {
		buf_puts(out, "not a time");
		return false;
	}
	function_put_time(out, t.time);
	return true;
}

static bool
epoch_ms(struct span json, struct buf *out)
{
	struct when t;

	if (!function_time(json, &t)) {
		buf_puts(out, "not a time");
		return false;
	}
	buf_printf(out, "%lld",
	    (long long)t.time.tv_sec * 1000 + t.time.tv_nsec / 1000000);
	return true;
}

const struct function functions[] = {
	{ "text", html_text }, { "sha256", sha256 }, { "_time", time_text },
	{ "_epoch_ms", epoch_ms }, { NULL, NULL }
};

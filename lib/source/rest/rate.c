/* SPDX-License-Identifier: MIT */
#include "source/rest/rate.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/opt.h"
#include "json/text.h"

enum { RATE_MAX = 1000000 };

bool
rate_init(struct rate *r, const char *text)
{
	struct span head, per = SPAN("1s");
	const char *slash;
	uint64_t n = 0;
	char *digits, *one = NULL;
	bool good;

	*r = (struct rate){ 0 };
	if (text == NULL)
		return true;
	slash = strchr(text, '/');
	head = (struct span){ text, slash ? (size_t)(slash - text) :
		strlen(text) };
	if (slash != NULL) {
		bool bare = slash[1] < '0' || slash[1] > '9';

		one = xasprintf("%s%s", bare ? "1" : "", slash + 1);
		per = span_of(one);
	}
	digits = xstrndup(head);
	good = opt_u64(digits, RATE_MAX, &n) && n > 0 &&
	    opt_duration(per, &r->window) && r->window > 0;
	free(digits);
	free(one);
	if (!good)
		return false;
	r->n = (size_t)n;
	r->sent = xcalloc(r->n, sizeof *r->sent);
	for (size_t i = 0; i < r->n; i++)
		r->sent[i] = -r->window;
	return true;
}

void
rate_release(struct rate *r)
{
	free(r->sent);
	r->sent = NULL;
}

double
rate_delay(const struct rate *r, double now)
{
	double delay = r->blocked - now;

	if (r->n > 0)
		delay = fmax(delay, r->sent[r->at] + r->window - now);
	return fmax(delay, 0);
}

void
rate_sent(struct rate *r, double now)
{
	if (r->n == 0)
		return;
	r->sent[r->at] = now;
	r->at = (r->at + 1) % r->n;
}

void
rate_block(struct rate *r, double until)
{
	r->blocked = fmax(r->blocked, until);
}

/* ---- what servers say ---- */

/* The first of the names that products use for it. */
static const char *
limit_header(const struct http_reply *r, const char *what)
{
	static const char *const prefixes[] = { "ratelimit-", "x-ratelimit-",
		"x-rate-limit-" };
	const char *value = NULL;

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		char *name = xasprintf("%s%s", prefixes[i], what);

		if (value == NULL)
			value = http_reply_header(r, name);
		free(name);
	}
	return value;
}

static bool
number(const char *s, double *out)
{
	struct span text;

	if (s == NULL)
		return false;
	s += strspn(s, " \t");
	text = (struct span){ s, strspn(s, "0123456789.") };
	if (text.n == 0 || (s[text.n] != '\0' && !strchr(" ,;", s[text.n])) ||
	    !json_is_number(text))
		return false;
	*out = strtod(s, NULL);
	return isfinite(*out);
}

/* Seconds to a moment given as such, as a time of its server, in seconds or
 * milliseconds since 1970, or as text. Negative: none of these. */
static double
seconds_to(const char *s, time_t date)
{
	double now = date != 0 ? (double)date :
	    (double)clock_wall().tv_sec, v;
	struct timespec t;

	if (s == NULL)
		return -1;
	if (number(s, &v)) {
		if (v >= 1e12)
			v /= 1e3;
		return v >= 1e9 ? fmax(v - now, 0) : v;
	}
	if (clock_parse(span_of(s), &t))
		return fmax((double)t.tv_sec - now, 0);
	if (http_date(s) != 0)
		return fmax((double)http_date(s) - now, 0);
	return -1;
}

/* A parameter of the one header RateLimit: `r` or `remaining`, `t` or
 * `reset`. The least of several remainders has the say. */
static bool
parameter(const char *s, const char *one, const char *other, double *out)
{
	while (s != NULL && *s != '\0') {
		size_t n;

		s += strspn(s, " ,;\t");
		n = strcspn(s, "=,;");
		if (s[n] == '=' && (span_is((struct span){ s, n }, one) ||
		    span_is((struct span){ s, n }, other)))
			return number(s + n + 1, out);
		s += strcspn(s, ",;");
	}
	return false;
}

/* Is nothing left? Then the seconds until there is more. */
static double
exhausted(const struct http_reply *r)
{
	const char *both = http_reply_header(r, "ratelimit");
	double left, reset = -1;

	if (parameter(both, "r", "remaining", &left) && left < 1 &&
	    parameter(both, "t", "reset", &reset))
		return reset;
	if (!number(limit_header(r, "remaining"), &left) || left >= 1)
		return -1;
	reset = seconds_to(limit_header(r, "reset-after"), r->date);
	return reset >= 0 ? reset :
	    seconds_to(limit_header(r, "reset"), r->date);
}

struct rate_signal
rate_read(const struct http_reply *r)
{
	struct rate_signal s = { .wait = r->retry_after };
	double reset;

	if (r->fault != HTTP_ANSWERED)
		return s;
	reset = exhausted(r);
	s.limited = r->status == 429 || (r->status == 403 &&
	    (r->retry_after > 0 || reset >= 0));
	if (s.wait == 0 && reset > 0)
		s.wait = reset;
	return s;
}

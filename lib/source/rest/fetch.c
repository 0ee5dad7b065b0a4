/* SPDX-License-Identifier: MIT */
#include "source/rest/fetch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/url.h"
#include "net/ref.h"
#include "source/rest/link.h"
#include "source/rest/underway.h"

enum {
	SKEW_SECONDS = 60       /* a signature may be that old, at least */
};

/* ---- open and close ---- */

static int
check_clear(const struct fetch *f, struct err *e)
{
	if (f->o.allow_http || (!f->o.secrets && !auth_secret(f->auth)) ||
	    !url_in_clear(span_of(f->o.url)))
		return 0;
	return err_set(e, ST_USAGE, "url: credentials would go over http in "
	    "the clear; use https, or set allow_http: true");
}

static int
open_http(struct fetch *f, struct err *e)
{
	struct http_options h = {
		.ca = f->o.ca, .cert = f->o.cert, .key = f->o.key,
		.aws = auth_aws(f->auth),
		.total = f->o.total, .reply_max = f->o.reply_max,
		.coding = &http_gzip, .headers = true, .show = true
	};

	return http_open(&f->http, &h, e);
}

static int
open_checked(struct fetch *f, struct err *e)
{
	f->origin = ref_origin(f->o.url);
	if (f->origin == NULL)
		return err_set(e, ST_USAGE,
		    "url: not an http or https URL without a user");
	if (auth_open(&f->auth, &f->o, &f->retry, e) < 0 ||
	    check_clear(f, e) < 0)
		return -1;
	if (!rate_init(&f->rate, f->o.rate))
		return err_set(e, ST_USAGE,
		    "rate: must be like 3/s or 900/15m");
	return open_http(f, e);
}

int
fetch_open(struct fetch **out, const struct fetch_options *o, struct err *e)
{
	struct fetch *f = xcalloc(1, sizeof *f);

	*out = NULL;
	f->o = *o;
	if (f->o.parallel == 0)
		f->o.parallel = 1;
	if (f->o.reply_max == 0)
		f->o.reply_max = FETCH_REPLY_MAX;
	jobs_init(&f->jobs);
	retry_init(&f->retry, o->retry);
	f->retry.first = 1;
	if (open_checked(f, e) < 0) {
		fetch_close(f);
		return -1;
	}
	*out = f;
	return 0;
}

void
fetch_close(struct fetch *f)
{
	if (f == NULL)
		return;
	http_close(f->http);
	auth_close(f->auth);
	jobs_release(&f->jobs);
	rate_release(&f->rate);
	free(f->origin);
	free(f);
}

void
fetch_reply_release(struct fetch_reply *r)
{
	free(r->url);
	buf_release(&r->body);
	buf_release(&r->headers);
	buf_release(&r->links);
	*r = (struct fetch_reply){ 0 };
}

/* ---- URLs ---- */

/* A reference as messages show it: without a query, and without a user. */
static struct span
shown(const char *ref)
{
	struct span place = { ref, http_place(ref) };

	return memchr(ref, '@', place.n) != NULL ?
	    SPAN("a reference with a user") : place;
}

char *
fetch_resolve(const struct fetch *f, const char *base, const char *ref,
    struct err *e)
{
	char *url = ref_resolve(base != NULL ? base : f->o.url, ref);

	if (url == NULL) {
		struct span s = shown(ref);

		err_set(e, ST_PERSON, "%.*s: not a URL to go to", (int)s.n,
		    s.p);
		return NULL;
	}
	if (underway_origin(f, url, e) == 0)
		return url;
	free(url);
	return NULL;
}

/* ---- one request ---- */

static void
swap(struct buf *a, struct buf *b)
{
	struct buf c = *a;

	*a = *b;
	*b = c;
}

/* With several tokens: until one of them may be used again. */
static double
wait_of(struct fetch *f, const struct job *j, const struct rate_signal *s)
{
	double free_at;

	if (!s->limited || auth_tokens(f->auth) < 2)
		return s->wait;
	if (auth_limit(f->auth, j, 0, &free_at))
		return 0;
	return fmax(free_at - clock_mono(), 0);
}

static void
give(struct fetch *f, struct job *j, struct fetch_reply *r)
{
	struct rate_signal s = rate_read(&j->reply);

	r->fault = j->reply.fault;
	r->status = j->reply.status;
	r->date = j->reply.date;
	r->err = j->reply.err;
	r->wait = wait_of(f, j, &s);
	r->limited = s.limited;
	r->renewal = j->renewal;
	free(r->url);
	r->url = xstrdup(j->rq.url);
	snprintf(r->type, sizeof r->type, "%s", j->reply.type);
	link_charset(&j->reply, r->charset, sizeof r->charset);
	link_headers(&j->reply, &r->headers);
	link_relations(&j->reply, r->url, &r->links);
	swap(&r->body, &j->reply.body);
}

static bool
redirects(const struct http_reply *r)
{
	int s = r->status;

	return r->fault == HTTP_ANSWERED && (s == 301 || s == 302 ||
	    s == 303 || s == 307 || s == 308) &&
	    http_reply_header(r, "location") != NULL;
}

/* Where to; NULL with e. */
static char *
redirected(const struct fetch *f, const struct job *j, unsigned n,
    struct err *e)
{
	const char *to = http_reply_header(&j->reply, "location");
	int place = (int)http_place(j->rq.url);
	struct err why = { 0 };
	char *url;

	if (!streq(j->rq.method, "GET") || n >= FETCH_REDIRECTS) {
		struct span s = shown(to);

		err_set(e, ST_PERSON, "%.*s: redirected to %.*s%s", place,
		    j->rq.url, (int)s.n, s.p,
		    n >= FETCH_REDIRECTS ? ", and so on without end" : "");
		return NULL;
	}
	url = fetch_resolve(f, j->rq.url, to, &why);
	if (url == NULL)
		err_set(e, why.status, "%.*s: redirected: %s", place,
		    j->rq.url, why.text);
	return url;
}

/* Was a signature refused for the time it tells? Then it is the server's from
 * now on. */
static bool
retimed(struct fetch *f, const struct http_reply *r)
{
	time_t skew = r->date - clock_wall().tv_sec;

	if (auth_aws(f->auth) == NULL || r->date == 0 || (r->status != 403 &&
	    r->status != 401 && r->status != 400) ||
	    labs((long)skew) < SKEW_SECONDS)
		return false;
	detail("%s: its clock differs by %ld s", f->origin, (long)skew);
	http_clock(f->http, skew);
	return true;
}

/* How often one question was asked once more, and may be. */
struct second {
	unsigned redirects, tokens;
	bool renewed;
};

/* May it be asked again at once, with other credentials? -1: e. */
static int
other_credentials(struct fetch *f, const struct job *j, struct second *n,
    struct err *e)
{
	const struct http_reply *r = &j->reply;
	bool renewed = false;
	double ignored;

	if (r->fault != HTTP_ANSWERED)
		return 0;
	if (rate_read(r).limited)
		return n->tokens++ < auth_tokens(f->auth) &&
		    auth_limit(f->auth, j, 0, &ignored);
	if (n->renewed)
		return 0;
	renewed = retimed(f, r);
	if (!renewed && r->status == 401 &&
	    auth_renew(f->auth, j->renewal, &renewed, e) < 0)
		return -1;
	n->renewed = renewed;
	return renewed;
}

/* What comes after an answer: 1: *to, or the same again if that is NULL; 0:
 * nothing; -1: e. */
static int
next_step(struct fetch *f, const struct job *j, struct second *n, char **to,
    struct err *e)
{
	int again = other_credentials(f, j, n, e);

	*to = NULL;
	if (again != 0)
		return again;
	if (j->reply.fault != HTTP_ANSWERED) {
		*e = j->reply.err;
		return -1;
	}
	if (!redirects(&j->reply))
		return 0;
	*to = redirected(f, j, n->redirects++, e);
	return *to != NULL ? 1 : -1;
}

static int
follow(struct fetch *f, struct fetch_request rq, struct fetch_reply *r,
    struct err *e)
{
	struct second n = { 0 };
	char *url = NULL, *to;
	int step;

	do {
		struct job *j = underway_answer(f, &rq, e);

		if (j == NULL) {
			step = -1;
			break;
		}
		step = next_step(f, j, &n, &to, e);
		give(f, j, r);
		jobs_drop(&f->jobs, j);
		if (to != NULL) {
			free(url);
			rq.url = url = to;
		}
	} while (step == 1);
	free(url);
	return step;
}

static void
clear(struct fetch_reply *r)
{
	r->fault = HTTP_ANSWERED;
	r->status = 0;
	r->type[0] = r->charset[0] = '\0';
	r->date = 0;
	r->wait = 0;
	r->limited = false;
	buf_clear(&r->body);
	buf_clear(&r->headers);
	buf_clear(&r->links);
}

/* Of the time for trouble each request has its own: a server that lets everyone
 * wait each minute would use up that of a run. */
static void
begin_anew(struct fetch *f)
{
	retry_success(&f->retry, &f->try);
	f->retry.spent = 0;
}

int
fetch_get(struct fetch *f, const struct fetch_request *rq,
    struct fetch_reply *r, struct err *e)
{
	clear(r);
	if (!f->again)
		begin_anew(f);
	f->again = false;
	if (underway_check(f, rq, e) == 0 && follow(f, *rq, r, e) == 0) {
		underway_guess(f);
		return 0;
	}
	if (r->fault == HTTP_ANSWERED) {        /* there was no request */
		r->fault = e->status == ST_TEMP ? HTTP_DOWN : HTTP_BROKEN;
		r->err = *e;
	}
	return -1;
}

bool
fetch_again(struct fetch *f, const struct fetch_reply *r)
{
	double floor = ldexp(0.5, (int)f->try.failures);

	if (r->fault == HTTP_ANSWERED && r->status < 500)
		floor = fmax(floor, f->o.wait);
	if (f->try.failures + 1 >= FETCH_TRIES || r->fault == HTTP_BROKEN ||
	    r->fault == HTTP_LARGE || r->wait > f->retry.budget)
		return false;
	f->again = retry_wait(&f->retry, &f->try, r->wait > 0 ? r->wait :
	    floor);
	return f->again;
}

int
fetch_renew(struct fetch *f, const struct fetch_reply *r, bool *renewed,
    struct err *e)
{
	return auth_renew(f->auth, r->renewal, renewed, e);
}

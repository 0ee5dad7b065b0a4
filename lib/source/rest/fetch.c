/* SPDX-License-Identifier: MIT */
#include "source/rest/fetch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"
#include "config/url.h"
#include "net/ref.h"
#include "net/retry.h"
#include "source/rest/job.h"
#include "source/rest/link.h"
#include "source/rest/rate.h"

enum {
	RETRY_SECONDS = 600,
	/* A limit that lasts longer is not waited for. */
	LIMIT_SECONDS = 3600
};

struct fetch {
	struct fetch_options o;
	char *origin;
	struct http *http;
	struct jobs jobs;
	struct rate rate;
	struct retry retry;
	struct retry_try try;   /* of the request asked for last */
	bool again;             /* fetch_again was called for it */
	bool needed;            /* a request is waited for: no guesses now */
};

/* ---- open and close ---- */

static int
check_clear(const struct fetch_options *o, struct err *e)
{
	if (o->allow_http || (o->auth == NULL && !o->secrets) ||
	    !url_in_clear(span_of(o->url)))
		return 0;
	return err_set(e, ST_USAGE, "url: credentials would go over http in "
	    "the clear; use https, or set allow_http: true");
}

static int
open_http(struct fetch *f, struct err *e)
{
	struct http_options h = {
		.ca = f->o.ca, .cert = f->o.cert, .key = f->o.key,
		.total = f->o.total, .reply_max = f->o.reply_max,
		.decode = true, .headers = true, .show = true
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
	if (check_clear(&f->o, e) < 0)
		return -1;
	if (f->o.auth != NULL)
		return err_set(e, ST_USAGE, "auth: not known");
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
	retry_init(&f->retry, o->retry > 0 ? o->retry : RETRY_SECONDS);
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

static int
check_origin(const struct fetch *f, const char *url, struct err *e)
{
	char *origin = ref_origin(url);
	bool same = origin != NULL && streq(origin, f->origin);

	free(origin);
	if (same)
		return 0;
	return err_set(e, ST_PERSON, "%.*s: not on %s, which this connector "
	    "may not leave", (int)http_place(url), url, f->origin);
}

char *
fetch_resolve(const struct fetch *f, const char *base, const char *ref,
    struct err *e)
{
	char *url = ref_resolve(base != NULL ? base : f->o.url, ref);

	if (url == NULL) {
		err_set(e, ST_PERSON, "%.*s: not a URL", (int)http_place(ref),
		    ref);
		return NULL;
	}
	if (check_origin(f, url, e) == 0)
		return url;
	free(url);
	return NULL;
}

/* ---- requests under way ---- */

/* Would another try perhaps bring something else? Then a guess is not kept. */
static bool
unsettled(const struct http_reply *r, const struct rate_signal *s)
{
	return r->fault != HTTP_ANSWERED || s->limited || r->status >= 500 ||
	    r->status == 401 || r->status == 408 || r->status == 425;
}

static void
ended(struct fetch *f, struct job *j)
{
	struct rate_signal s = rate_read(&j->reply);

	jobs_move(&f->jobs, j, JOB_DONE);
	if (s.wait > 0)
		rate_block(&f->rate, clock_mono() + s.wait);
	if (j->hint && unsettled(&j->reply, &s))
		jobs_drop(&f->jobs, j);
}

/* Something may happen for so many milliseconds. */
static void
turn(struct fetch *f, int ms)
{
	struct http_reply *r;

	if (f->jobs.active == 0) {
		if (ms > 0)
			sig_poll(NULL, 0, ms);
		return;
	}
	r = http_done(f->http, -1, ms);
	if (r != NULL)
		ended(f, (struct job *)r);
}

static void
start(struct fetch *f, struct job *j)
{
	jobs_move(&f->jobs, j, JOB_ACTIVE);
	rate_sent(&f->rate, clock_mono());
	http_start(f->http, &j->rq, &j->reply);
}

/* Starts what was foreseen, as far as there is room now. */
static void
start_hints(struct fetch *f)
{
	struct jobs *js = &f->jobs;
	struct job *j;

	while (!f->needed && !sig_stop && js->active < f->o.parallel &&
	    js->active + js->done < 2 * f->o.parallel &&
	    rate_delay(&f->rate, clock_mono()) <= 0 &&
	    (j = jobs_first(js, JOB_QUEUED)) != NULL)
		start(f, j);
}

void
fetch_tick(struct fetch *f)
{
	unsigned active;

	do {
		active = f->jobs.active;
		turn(f, 0);
	} while (f->jobs.active < active);
	start_hints(f);
}

void
fetch_ahead(struct fetch *f, const struct fetch_request *rq)
{
	struct err ignored;

	if (f->jobs.queued < JOB_HINTS && jobs_find(&f->jobs, rq) == NULL &&
	    check_origin(f, rq->url, &ignored) == 0)
		jobs_add(&f->jobs, rq)->hint = true;
	fetch_tick(f);
}

/* ---- one request ---- */

static int
check(const struct fetch *f, const struct fetch_request *rq, struct err *e)
{
	for (size_t i = 0; i < rq->n; i++)
		if (http_field_check(rq->fields[i].name, rq->fields[i].value,
		    e) < 0)
			return -1;
	return check_origin(f, rq->url, e);
}

static int
interrupted(const struct job *j, struct err *e)
{
	return err_set(e, ST_TEMP, "%.*s: interrupted",
	    (int)http_place(j->rq.url), j->rq.url);
}

/* Waits until a request may be sent. */
static int
wait_turn(struct fetch *f, const struct job *j, struct err *e)
{
	for (;;) {
		double delay = rate_delay(&f->rate, clock_mono());

		if (sig_stop)
			return interrupted(j, e);
		if (delay > LIMIT_SECONDS)
			/* sooner is no use, and later another run may try */
			return err_set(e, ST_TEMP, "%.*s: the server's limit "
			    "is reached for %.0f s", (int)http_place(j->rq.url),
			    j->rq.url, delay);
		if (f->jobs.active >= f->o.parallel)
			turn(f, -1);
		else if (delay > 0)
			turn(f, (int)fmin(ceil(delay * 1e3), 1e6));
		else
			return 0;
	}
}

/* Room for one more: a guess that nobody came for goes. */
static void
make_room(struct fetch *f)
{
	struct job *old = jobs_first(&f->jobs, JOB_DONE);

	if (f->jobs.active + f->jobs.done >= 2 * f->o.parallel && old != NULL)
		jobs_drop(&f->jobs, old);
}

/* One request is made, or that which was foreseen waited for. */
static struct job *
answer(struct fetch *f, const struct fetch_request *rq, struct err *e)
{
	struct job *j = jobs_find(&f->jobs, rq);

	if (j == NULL)
		j = jobs_add(&f->jobs, rq);
	if (j->state == JOB_QUEUED)
		make_room(f);
	j->hint = false;
	f->needed = true;
	if (j->state == JOB_QUEUED) {
		if (wait_turn(f, j, e) < 0) {
			jobs_drop(&f->jobs, j);
			j = NULL;
		} else {
			start(f, j);
		}
	}
	while (j != NULL && j->state != JOB_DONE)
		turn(f, -1);
	f->needed = false;
	return j;
}

static void
swap(struct buf *a, struct buf *b)
{
	struct buf c = *a;

	*a = *b;
	*b = c;
}

static void
give(struct job *j, struct fetch_reply *r)
{
	struct rate_signal s = rate_read(&j->reply);

	r->fault = j->reply.fault;
	r->status = j->reply.status;
	r->date = j->reply.date;
	r->err = j->reply.err;
	r->wait = s.wait;
	r->limited = s.limited;
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
		err_set(e, ST_PERSON, "%.*s: redirected to %.*s%s", place,
		    j->rq.url, (int)http_place(to), to,
		    n >= FETCH_REDIRECTS ? ", and so on without end" : "");
		return NULL;
	}
	url = fetch_resolve(f, j->rq.url, to, &why);
	if (url == NULL)
		err_set(e, why.status, "%.*s: redirected: %s", place,
		    j->rq.url, why.text);
	return url;
}

static int
follow(struct fetch *f, struct fetch_request rq, struct fetch_reply *r,
    struct err *e)
{
	char *url = NULL, *to;
	int result = -1;

	for (unsigned n = 0;; n++) {
		struct job *j = answer(f, &rq, e);

		if (j == NULL)
			break;
		give(j, r);
		to = NULL;
		if (redirects(&j->reply))
			to = redirected(f, j, n, e);
		else if (r->fault != HTTP_ANSWERED)
			*e = r->err;
		else
			result = 0;
		jobs_drop(&f->jobs, j);
		if (to == NULL)
			break;
		free(url);
		rq.url = url = to;
	}
	free(url);
	return result;
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

int
fetch_get(struct fetch *f, const struct fetch_request *rq,
    struct fetch_reply *r, struct err *e)
{
	clear(r);
	if (!f->again)
		retry_success(&f->retry, &f->try);
	f->again = false;
	if (check(f, rq, e) == 0 && follow(f, *rq, r, e) == 0) {
		start_hints(f);
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

	if (f->try.failures + 1 >= FETCH_TRIES || r->fault == HTTP_BROKEN ||
	    r->fault == HTTP_LARGE || r->wait > f->retry.budget)
		return false;
	f->again = retry_wait(&f->retry, &f->try, r->wait > 0 ? r->wait :
	    floor);
	return f->again;
}

/* SPDX-License-Identifier: MIT */
#include "source/rest/underway.h"

#include <math.h>

#include "base/clock.h"
#include "base/sig.h"
#include "net/ref.h"

enum {
	/* A limit that lasts longer is not waited for. */
	LIMIT_SECONDS = 3600,
	/* A token whose limit is reached rests so long, if nothing is told. */
	TOKEN_REST = 60
};

int
underway_origin(const struct fetch *f, const char *url, struct err *e)
{
	if (ref_same_origin(url, f->origin))
		return 0;
	return err_set(e, ST_PERSON, "%.*s: not on %s, which this connector "
	    "may not leave", (int)http_place(url), url, f->origin);
}

int
underway_check(const struct fetch *f, const struct fetch_request *rq,
    struct err *e)
{
	for (size_t i = 0; i < rq->n; i++)
		if (http_field_check(rq->fields[i].name, rq->fields[i].value,
		    e) < 0)
			return -1;
	return underway_origin(f, rq->url, e);
}

/* ---- their ends ---- */

/* Would another try perhaps bring something else? Then a guess is not kept. */
static bool
unsettled(const struct http_reply *r, const struct rate_signal *s)
{
	return r->fault != HTTP_ANSWERED || s->limited || r->status >= 500 ||
	    r->status == 401 || r->status == 408 || r->status == 425;
}

/* What a server says of its limits holds for the token alone, if there are
 * others. */
static void
obey(struct fetch *f, const struct job *j, const struct rate_signal *s)
{
	double told = s->wait > 0 ? s->wait : s->limited ? f->o.wait : 0;
	double wait = told > 0 ? told : TOKEN_REST, free_at;

	if (told <= 0 && !s->limited)
		return;
	if (!auth_limit(f->auth, j, clock_mono() + wait, &free_at) &&
	    told > 0)
		rate_block(&f->rate, free_at);
}

static void
ended(struct fetch *f, struct job *j)
{
	struct rate_signal s = rate_read(&j->reply);

	jobs_move(&f->jobs, j, JOB_DONE);
	obey(f, j, &s);
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
	auth_apply(f->auth, j);
	rate_sent(&f->rate, clock_mono());
	http_start(f->http, &j->rq, &j->reply);
}

void
underway_guess(struct fetch *f)
{
	struct jobs *js = &f->jobs;
	struct job *j;

	while (!f->needed && !sig_stop && js->active < f->o.parallel &&
	    js->active + js->done < 2 * f->o.parallel &&
	    auth_ready(f->auth) &&
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
	underway_guess(f);
}

void
fetch_ahead(struct fetch *f, const struct fetch_request *rq)
{
	struct err ignored;

	if (f->o.alone)
		return;
	if (f->jobs.queued < JOB_HINTS && jobs_find(&f->jobs, rq) == NULL &&
	    underway_check(f, rq, &ignored) == 0)
		jobs_add(&f->jobs, rq)->hint = true;
	fetch_tick(f);
}

/* ---- what is asked for ---- */

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

struct job *
underway_answer(struct fetch *f, const struct fetch_request *rq, struct err *e)
{
	struct job *j = jobs_find(&f->jobs, rq);

	if (j == NULL)
		j = jobs_add(&f->jobs, rq);
	if (j->state == JOB_QUEUED)
		make_room(f);
	j->hint = false;
	f->needed = true;
	if (j->state == JOB_QUEUED) {
		if (wait_turn(f, j, e) < 0 || auth_prepare(f->auth, e) < 0) {
			jobs_drop(&f->jobs, j);
			j = NULL;
		} else {
			start(f, j);
		}
	}
	f->needed = false;
	while (j != NULL && j->state != JOB_DONE) {
		underway_guess(f);
		turn(f, -1);
	}
	return j;
}

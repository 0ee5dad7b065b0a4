/* SPDX-License-Identifier: MIT */
/*
 * Lanes. Operations are shared out by their id, and a lane has one request
 * under way; how many lanes send at once, and how much, is the pace's affair.
 * The first batch after a flush goes alone, so that a few operations are one
 * request and a server is not met by all lanes at once: only when it is done
 * do the other lanes begin to send.
 */
#include "index/elasticsearch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sig.h"
#include "net/gzip.h"

enum {
	LOOK = 128 << 10        /* bytes taken between two looks at requests */
};

void
es_lanes_open(struct es *es, unsigned n, size_t bytes)
{
	es->nlanes = n;
	es->lanes = xcalloc(n, sizeof *es->lanes);
	pace_init(&es->pace, n, bytes);
}

void
es_lanes_release(struct es *es)
{
	for (unsigned i = 0; i < es->nlanes; i++) {
		es_batch_release(&es->lanes[i].filling);
		es_batch_release(&es->lanes[i].sent);
		http_reply_release(&es->lanes[i].reply);
	}
	free(es->lanes);
}

/* ---- sending ---- */

/* May it send now? */
static bool
ready(const struct es *es, const struct es_lane *l, double now)
{
	return l->sent.nleft > 0 && !l->busy && l->due <= now &&
	    es->hold <= now;
}

static void
post(struct es *es, struct es_lane *l)
{
	struct es_batch *b = &l->sent;
	struct http_request rq = { .method = "POST", .url = es->bulk_url,
		.type = "application/x-ndjson", .gzipped = es->gzip };

	l->n = es_batch_choose(b, es->pace.bytes, &l->bytes);
	rq.body = es_batch_body(b, l->n);
	if (es->gzip) {
		gzip_pack(&b->packed, rq.body);
		rq.body = buf_span(&b->packed);
	}
	l->busy = true;
	es->underway++;
	http_start(es->http, &rq, &l->reply);
}

/* Lets as many lanes send as may, each in turn. */
static void
post_ready(struct es *es)
{
	double now = clock_mono();

	for (unsigned i = 0; i < es->nlanes &&
	    es->underway < es->pace.window; i++) {
		struct es_lane *l = &es->lanes[es->next];

		es->next = (es->next + 1) % es->nlanes;
		if (ready(es, l, now))
			post(es, l);
	}
}

/* What the lane has collected is sent next. A document far longer than a
 * request is rare: what it took is given back, and what answers quoted of
 * it. */
static void
promote(const struct es *es, struct es_lane *l)
{
	size_t keep = 4 * es->pace.bytes_max;
	struct es_batch b = l->sent;

	l->sent = l->filling;
	l->filling = b;
	es_batch_clear(&l->filling, keep);
	if (l->reply.body.cap > keep)
		buf_release(&l->reply.body);
}

/* ---- answers ---- */

static bool
is_json(const char *type)
{
	size_t n = strlen(type);

	return span_starts(span_of(type), SPAN("application/")) && n >= 4 &&
	    streq(type + n - 4, "json");
}

/* Later; -1: the budget is spent. */
static int
put_off(struct es *es, struct es_lane *l, const struct err *e)
{
	double floor = l->reply.retry_after;
	double delay = retry_delay(&es->retry, &l->tries, floor);

	l->err = *e;
	l->sent.resent = false;         /* of another time, maybe server */
	if (delay < 0)
		return -1;
	l->due = clock_mono() + delay;
	if (floor > 0)
		es->hold = fmax(es->hold, l->due);
	return 0;
}

/* What was sent may have been done or not: it is sent again as it was, once. */
static int
resend(struct es_batch *b)
{
	bool twice = b->resent;

	b->resent = true;
	return twice ? -1 : 0;
}

/* A server that has too much to do, which may be the request's length. */
static int
overloaded(struct es *es, struct es_lane *l, bool alone, const struct err *e)
{
	bool shorter = pace_trouble(&es->pace, l->bytes, alone);

	if (shorter && l->tries.failures > 1)
		l->tries.failures = 1;
	return put_off(es, l, e);
}

/* The request got 200. */
static int
answered(struct es *es, struct es_lane *l, struct err *e)
{
	struct err why = { 0 };

	if (!is_json(l->reply.type))
		return err_set(e, ST_PERSON, "%s/_bulk: HTTP 200 without JSON; "
		    "is this Elasticsearch or OpenSearch", es->url);
	switch (es_batch_answer(&l->sent, l->n, buf_span(&l->reply.body),
	    &es->index, &why)) {
	case ES_DONE:
		pace_good(&es->pace, l->bytes, l->reply.seconds);
		retry_success(&es->retry, &l->tries);
		return 0;
	case ES_HALVE:
		retry_success(&es->retry, &l->tries);
		return 0;
	case ES_AGAIN:
		err_set(e, why.status, "%s/_bulk: %s", es->url, why.text);
		return overloaded(es, l, es->underway == 0, e);
	case ES_ODD:
		err_set(e, why.status, "%s/_bulk: %s", es->url, why.text);
		return resend(&l->sent);
	default:
		return err_set(e, why.status, "%s/_bulk: %s", es->url,
		    why.text);
	}
}

static int
too_long(struct es *es, struct es_lane *l, const char *message)
{
	if (l->n > 1)
		pace_too_long(&es->pace, l->bytes);
	else
		es_batch_refuse(&l->sent, "too_large", message, &es->index);
	return 0;
}

static int
poisoned(struct es *es, struct es_lane *l, const char *type)
{
	char code[16];

	snprintf(code, sizeof code, "http_%d", l->reply.status);
	if (l->n > 1)
		l->sent.bad = l->n;
	else
		es_batch_refuse(&l->sent, *type ? type : code, "", &es->index);
	return 0;
}

/* message: what is to be said of a refusal, or "". */
static enum es_answer
judge(int status, const struct val *answer, const char *type, char *message)
{
	struct span reason = val_str(val_get(val_get(answer, "error"),
	    "reason"));

	*message = '\0';
	if (es_over_limit(span_of(type), reason, message))
		type = "over_limit";
	return es_judge_request(status, type);
}

/* The request failed as a whole. */
static int
rejected(struct es *es, struct es_lane *l, struct err *e)
{
	struct arena arena = { 0 };
	char message[ES_MESSAGE];
	const struct val *answer;
	enum es_answer verdict;
	const char *type;
	int r = -1;

	answer = es_tree(&arena, &l->reply);
	type = es_error_type(answer);
	es_rejected(es->bulk_url, l->reply.status, type, e);
	l->sent.resent = false;
	verdict = judge(l->reply.status, answer, type, message);
	if (verdict != ES_AGAIN)        /* it has time for us again */
		retry_success(&es->retry, &l->tries);
	switch (verdict) {
	case ES_AGAIN:
		r = overloaded(es, l, es->underway == 0, e);
		break;
	case ES_HALVE:
		r = too_long(es, l, message);
		break;
	case ES_BISECT:
		r = poisoned(es, l, type);
		break;
	default:
		break;
	}
	arena_release(&arena);
	return r;
}

/* No reply, or not all of it. */
static int
unanswered(struct es *es, struct es_lane *l, struct err *e)
{
	*e = l->reply.err;
	switch (l->reply.fault) {
	case HTTP_LATE:
		return overloaded(es, l, true, e);
	case HTTP_DOWN:
		return put_off(es, l, e);
	case HTTP_CUT:
		e->status = ST_PERSON;
		return resend(&l->sent);
	case HTTP_LARGE:        /* refusals quote what they refuse */
		if (l->n > 1) {
			l->sent.bad = l->n;
			return 0;
		}
		break;
	default:
		break;
	}
	e->status = ST_PERSON;
	return -1;
}

static struct es_lane *
lane_of(struct es *es, const struct http_reply *r)
{
	struct es_lane *l = es->lanes;

	while (&l->reply != r)
		l++;
	return l;
}

static int
take_reply(struct es *es, struct http_reply *r, struct err *e)
{
	struct es_lane *l = lane_of(es, r);

	l->busy = false;
	es->underway--;
	if (r->fault != HTTP_ANSWERED)
		return unanswered(es, l, e);
	return r->status == 200 ? answered(es, l, e) : rejected(es, l, e);
}

/* ---- turns ---- */

/* Seconds until a lane that waits may send; negative: none waits. */
static double
next_due(const struct es *es, double now)
{
	double due = INFINITY;

	for (unsigned i = 0; i < es->nlanes; i++) {
		const struct es_lane *l = &es->lanes[i];

		if (l->sent.nleft > 0 && !l->busy)
			due = fmin(due, fmax(l->due, es->hold));
	}
	return due == INFINITY ? -1 : fmax(due - now, 0);
}

/* A stop signal: what waits to be tried again is given up. Of the lanes that
 * wait, some may only be held up by the trouble of others. */
static int
give_up(const struct es *es, struct err *e)
{
	err_set(e, ST_TEMP, "%s/_bulk: interrupted", es->url);
	for (unsigned i = 0; i < es->nlanes; i++)
		if (es->lanes[i].tries.failures > 0)
			*e = es->lanes[i].err;
	return -1;
}

/* Nothing is under way, a lane waits to try again. */
static int
sleep_until_due(struct es *es, int fd, double seconds, struct err *e)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	int ms = seconds * 1e3 < 1e6 ? (int)(seconds * 1e3) + 1 : 1000000;

	if (sig_poll(&in, fd >= 0 ? 1 : 0, ms) < 0)
		return give_up(es, e);
	return 0;
}

/* Sends what may be sent; waits until a reply came and was dealt with, or fd
 * can be read, or a lane may try again; wait false: does not wait. */
static int
turn(struct es *es, int fd, bool wait, struct err *e)
{
	struct http_reply *r;
	double due;

	post_ready(es);
	due = next_due(es, clock_mono());
	if (es->underway == 0)
		return wait && due > 0 ?
		    sleep_until_due(es, fd, due, e) : 0;
	r = http_done(es->http, fd, !wait ? 0 : due < 0 ||
	    es->underway >= es->pace.window ? -1 : (int)(due * 1e3) + 1);
	return r != NULL ? take_reply(es, r, e) : 0;
}

/* After a failure: what is under way ends, and what it did is told; within
 * the time that a stop signal leaves, too. */
static int
wind_up(struct es *es)
{
	double end = clock_mono() + HTTP_GRACE, left;
	struct err ignored;

	while (es->underway > 0 && (left = end - clock_mono()) > 0) {
		struct http_reply *r = http_done(es->http, -1,
		    (int)(left * 1e3) + 1);

		if (r != NULL)
			take_reply(es, r, &ignored);
	}
	return -1;
}

/* The lane's last batch is done. */
static int
await_lane(struct es *es, struct es_lane *l, struct err *e)
{
	while (l->sent.nleft > 0)
		if (turn(es, -1, true, e) < 0)
			return wind_up(es);
	return 0;
}

/* Sends what the lane has collected. The first batch holds ids of all lanes:
 * none sends before it is done. */
static int
advance(struct es *es, struct es_lane *l, struct err *e)
{
	if (es->batches == 1 && await_lane(es, es->lanes, e) < 0)
		return -1;
	if (await_lane(es, l, e) < 0)
		return -1;
	promote(es, l);
	es->batches++;
	post_ready(es);
	return 0;
}

static struct es_lane *
lane_for(struct es *es, uint64_t key)
{
	return &es->lanes[es->batches > 0 ? key % es->nlanes : 0];
}

/* ---- the index's verbs ---- */

int
es_apply(struct index *ix, const struct index_op *op, struct err *e)
{
	struct es *es = (struct es *)ix;
	uint64_t key = hash64(op->id.p, op->id.n, 0);
	struct es_lane *l = lane_for(es, key);
	size_t size = (op->remove ? 0 : op->line.n) + 2 * op->id.n + ES_FRAME;

	if (l->filling.n > 0 && (l->filling.n == ES_OPS_MAX ||
	    l->filling.body.n + size > es->pace.bytes)) {
		if (advance(es, l, e) < 0)
			return -1;
		l = lane_for(es, key);
	}
	es_batch_add(&l->filling, op, key, es->source);
	es->taken += size;
	if (es->taken < LOOK)
		return 0;
	es->taken = 0;
	return turn(es, -1, false, e) < 0 ? wind_up(es) : 0;
}

int
es_idle(struct index *ix, int fd, struct err *e)
{
	struct es *es = (struct es *)ix;
	struct pollfd in = { .fd = fd, .events = POLLIN };

	while (es->underway > 0 || next_due(es, 0) >= 0) {
		if (poll(&in, 1, 0) != 0)
			return 0;
		if (turn(es, fd, true, e) < 0)
			return wind_up(es);
	}
	return 0;
}

int
es_flush(struct index *ix, struct err *e)
{
	struct es *es = (struct es *)ix;

	for (unsigned i = 0; i < es->nlanes; i++)
		if (es->lanes[i].filling.n > 0 &&
		    advance(es, &es->lanes[i], e) < 0)
			return -1;
	for (unsigned i = 0; i < es->nlanes; i++)
		if (await_lane(es, &es->lanes[i], e) < 0)
			return -1;
	es->batches = 0;
	return 0;
}

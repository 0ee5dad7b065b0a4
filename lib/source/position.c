/* SPDX-License-Identifier: MIT */
#include "source/position.h"

#include <stdio.h>

#include "base/clock.h"

static const double OVERLAP = 600, OVERLAP_MOST = 1e9;

static bool
reaches(const struct window *w, struct timespec first, struct timespec last)
{
	if (!w->on)
		return true;
	return clock_cmp(last, w->from) >= 0 &&
	    (!w->ends || clock_cmp(first, w->to) < 0);
}

bool
window_has(const struct window *w, struct timespec t)
{
	return reaches(w, t, t);
}

bool
window_may_have(const struct window *w, const struct when *t)
{
	return !when_tells(t) || reaches(w, when_first(t), when_last(t));
}

bool
window_explicit(const struct request *rq)
{
	return rq->since != NULL || rq->until != NULL;
}

int
position_missing(const char *stream, struct err *e)
{
	emit_reset();
	return err_set(e, ST_PERSON, "stream %s has no saved position; run a "
	    "full sync", stream);
}

static int
saved(struct window *w, const struct request *rq, const char *stream,
    struct timespec now, struct err *e)
{
	const struct val *v = val_get(val_get(rq->state, stream), "since");
	double overlap = OVERLAP;

	if (source_seconds(rq, "overlap", &overlap, e) != 0)
		return -1;
	if (!clock_parse(val_str(v), &w->from))
		return position_missing(stream, e);
	if (clock_cmp(now, w->from) < 0) {
		emit_reset();
		return err_set(e, ST_PERSON, "the clock stands before the "
		    "saved position; run a full sync");
	}
	w->from = clock_earlier(w->from,
	    overlap < OVERLAP_MOST ? overlap : OVERLAP_MOST);
	/* what was changed in that second may know whole seconds only */
	w->from.tv_nsec = 0;
	return 0;
}

int
window_init(struct window *w, const struct request *rq, const char *stream,
    struct timespec now, struct err *e)
{
	*w = (struct window){ .on = true, .from = clock_earlier(now, 1e12),
		.ends = rq->until != NULL };
	if (w->ends && source_time(rq->until, "until", &w->to, e) != 0)
		return -1;
	if (rq->since != NULL)
		return source_time(rq->since, "since", &w->from, e);
	return w->ends ? 0 : saved(w, rq, stream, now, e);
}

void
position_emit(const char *stream, struct timespec t)
{
	char value[CLOCK_TEXT + 16], text[CLOCK_TEXT];

	clock_format(t, 9, text);
	snprintf(value, sizeof value, "{\"since\":\"%s\"}", text);
	emit_state(stream, span_of(value));
}

void
position_emit_unread(const char *stream)
{
	emit_state(stream, SPAN("{\"unread\":true}"));
}

bool
position_unread(const struct val *state)
{
	return val_bool(val_get(state, "unread"), false);
}

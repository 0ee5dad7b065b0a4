/* SPDX-License-Identifier: MIT */
/* Is what was read all that there is? */
#include "source/singer/read.h"

static bool
is_sound(const struct singer_stream *s)
{
	return s->announced && s->doubt[0] == '\0';
}

/* Did one that the tap began never come to its end? */
static bool
any_open(const struct singer_reading *r)
{
	for (size_t i = 0; i < r->catalog->n; i++) {
		const struct singer_stream *s = &r->catalog->v[i];

		if (s->announced && !s->succeeded && !s->activated &&
		    !s->closed)
			return true;
	}
	return false;
}

/* What hangs on a stream succeeds for each of its records, and has come as a
 * whole once that stream has. */
static bool
is_proven(const struct singer_reading *r, const struct singer_stream *s)
{
	return s->activated || s->closed || (s->succeeded && !any_open(r));
}

/* A poll deletes nothing for being absent: it needs no proof. */
static bool
is_good(const struct singer_reading *r, const struct singer_stream *s)
{
	return is_sound(s) && (r->poll || is_proven(r, s));
}

static const char *
why(const struct singer_stream *s)
{
	if (s->doubt[0] != '\0')
		return s->doubt;
	if (!s->announced)
		return "the tap sent no SCHEMA of it";
	if (s->succeeded)
		return "the tap did not tell that all it began is complete, "
		    "and this may hang on that";
	return "the tap did not tell that it is complete: no METRIC "
	    "sync_duration, no ACTIVATE_VERSION, no STATE that has "
	    "currently_syncing null came after its last record";
}

/* What has no ids of its own is not deleted; that is not a failure. */
static void
keep(const struct singer_reading *r)
{
	for (size_t i = 0; i < r->catalog->n; i++) {
		const struct singer_stream *s = &r->catalog->v[i];

		if (s->id.n > 0)
			continue;
		emit_keep(s->prefix);
		if (r->rq->verbose > 0)
			msg("stream %s: no key; nothing of it is deleted",
			    s->label);
	}
}

/* A state that it cannot read is the one thing that a full sync mends. */
static bool
refuses_state(const struct singer_reading *r, const struct err *e)
{
	bool began = false;

	for (size_t i = 0; i < r->catalog->n; i++)
		began = began || r->catalog->v[i].records > 0;
	return r->given && !began && e->status == ST_PERSON;
}

/* The whole run went wrong, whatever became of its streams. */
static int
ending(const struct singer_reading *r, struct err *e)
{
	char text[200] = "";
	int status = tap_verdict(&r->s->tap, text, sizeof text);

	if (r->cut && status != ST_PERSON)
		return singer_failed(r->s, "read", ST_TEMP, status == ST_OK ?
		    "ended in the middle of a line" : text, e);
	if (status != ST_OK)
		return singer_failed(r->s, "read", status, text, e);
	return 0;
}

int
singer_judge(struct singer_reading *r, struct err *e)
{
	bool sound = true;

	if (ending(r, e) != 0) {
		if (refuses_state(r, e))
			emit_reset();
		return -1;
	}
	for (size_t i = 0; i < r->catalog->n; i++)
		sound = sound && is_sound(&r->catalog->v[i]);
	singer_state_emit(r, sound);
	if (!r->poll)
		keep(r);
	for (size_t i = 0; i < r->catalog->n; i++)
		if (!is_good(r, &r->catalog->v[i]))
			emit_fail_prefix(r->catalog->v[i].prefix,
			    "incomplete", why(&r->catalog->v[i]));
	return 0;
}

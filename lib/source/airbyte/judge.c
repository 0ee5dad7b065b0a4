/* SPDX-License-Identifier: MIT */
/* Is what was read all that there is? */
#include "source/airbyte/read.h"

static bool
whole(const struct stream *s)
{
	return s->complete && !s->incomplete && s->status == 0 &&
	    s->doubt[0] == '\0';
}

/* Of one that says nothing of its streams the end must do. */
static bool
whole_untold(const struct stream *s)
{
	return s->status == 0 && s->doubt[0] == '\0';
}

static const char *
why(const struct stream *s)
{
	if (s->status != 0)
		return s->error;
	if (s->doubt[0] != '\0')
		return s->doubt;
	return s->incomplete ? "the connector says that it is incomplete" :
	    "the connector did not say that it is complete";
}

static const char *
code(const struct stream *s)
{
	return s->status != 0 ? "unreadable" : "incomplete";
}

/* What has no ids of its own, or no proof, is not deleted; that is not a
 * failure. */
static void
keep(const struct reading *r)
{
	for (size_t i = 0; i < r->catalog.n; i++) {
		const struct stream *s = &r->catalog.v[i];

		if (r->poll || (s->id.n > 0 && r->told))
			continue;
		emit_keep(s->prefix);
		if (s->id.n == 0 && r->rq->verbose > 0)
			msg("stream %s: no primary key; nothing of it is "
			    "deleted", s->label);
	}
	if (!r->told && !r->poll)
		warn("the connector does not tell whether its streams are "
		    "complete; nothing is deleted");
}

/* An error that another run may not have; else NULL. */
static const struct stream *
temporary(const struct reading *r)
{
	for (size_t i = 0; i < r->catalog.n; i++)
		if (r->catalog.v[i].status == ST_TEMP)
			return &r->catalog.v[i];
	return NULL;
}

static int
of_stream(const struct stream *s, struct err *e)
{
	return err_set(e, s->status, "stream %s: %s", s->label, why(s));
}

/* Every stream failed, and it told why: there is nothing to go on with. */
static bool
nothing_works(const struct reading *r)
{
	for (size_t i = 0; i < r->catalog.n; i++)
		if (r->catalog.v[i].status == 0)
			return false;
	return true;
}

static bool
any_error(const struct reading *r)
{
	for (size_t i = 0; i < r->catalog.n; i++)
		if (r->catalog.v[i].status != 0)
			return true;
	return false;
}

/* A state that it cannot read is the one thing that a full sync mends. */
static bool
refuses_state(const struct reading *r, const struct err *e)
{
	bool began = false;

	for (size_t i = 0; i < r->catalog.n; i++)
		began = began || r->catalog.v[i].started ||
		    r->catalog.v[i].records > 0;
	return r->given && !began && r->states.number == 0 &&
	    e->status == ST_PERSON;
}

/* The whole run went wrong, whatever became of its streams. */
static int
ending(const struct reading *r, struct err *e)
{
	char text[200] = "";
	int status = tap_verdict(&r->c->tap, text, sizeof text);

	if (r->cut)
		return connector_failed(r->c, "read", ST_TEMP,
		    status == ST_OK ? "ended in the middle of a line" : text,
		    e);
	if (status == ST_TEMP)
		return connector_failed(r->c, "read", status, text, e);
	/* its end sums up the errors of its streams, which are known better */
	if (any_error(r))
		return 0;
	if (status != ST_OK || r->c->trouble.status != 0)
		return connector_failed(r->c, "read", ST_PERSON,
		    status == ST_OK ? "failed" : text, e);
	return 0;
}

int
judge(struct reading *r, struct err *e)
{
	int bad = ending(r, e);
	const struct stream *s = temporary(r);

	states_emit(&r->states, &r->catalog, r->rq, r->told || bad ? whole :
	    whole_untold, &r->c->arena);
	if (bad != 0 && refuses_state(r, e))
		emit_reset();
	if (bad != 0)
		return -1;
	if (s != NULL || nothing_works(r))
		return of_stream(s != NULL ? s : &r->catalog.v[0], e);
	keep(r);
	for (size_t i = 0; r->told && i < r->catalog.n; i++)
		if (!whole(&r->catalog.v[i]))
			emit_fail_prefix(r->catalog.v[i].prefix,
			    code(&r->catalog.v[i]), why(&r->catalog.v[i]));
	for (size_t i = 0; !r->told && i < r->catalog.n; i++)
		if (!whole_untold(&r->catalog.v[i]))
			emit_fail_prefix(r->catalog.v[i].prefix,
			    code(&r->catalog.v[i]), why(&r->catalog.v[i]));
	return 0;
}

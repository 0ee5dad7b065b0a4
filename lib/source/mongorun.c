/* SPDX-License-Identifier: MIT */
#include "source/mongorun.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

void
mongorun_release(struct mongorun *r)
{
	while (r->n > 0)
		mongostream_release(&r->v[--r->n]);
	free(r->v);
	mongolist_release(&r->list);
	mongoconn_close(&r->g);
}

/* ---- streams ---- */

static struct mongostream *
add(struct mongorun *r)
{
	r->v = xgrow(r->v, &r->cap, r->n + 1, sizeof *r->v);
	return &r->v[r->n++];
}

static int
named_streams(struct mongorun *r, struct err *e)
{
	for (size_t i = 0; i < r->rq->streams->n; i++)
		if (mongostream_read(add(r), r->rq, i, e) != 0)
			return -1;
	return 0;
}

static int
all_collections(struct mongorun *r, struct err *e)
{
	for (size_t i = 0; i < r->list.n; i++)
		if (!r->list.v[i].view)
			*add(r) = (struct mongostream){
				.name = r->list.v[i].name,
				.collection = r->list.v[i].name,
				.opts = bson_new() };
	return r->n > 0 ? 0 : err_set(e, ST_PERSON,
	    "there is no collection in the database %s", r->g.database);
}

/* To the server a collection that is not there is an empty one. */
static int
look_at(struct mongorun *r, struct mongostream *s, struct err *e)
{
	const struct mongoentry *m = mongolist_find(&r->list, s->collection);

	if (m == NULL && !r->list.partial)
		return err_set(e, ST_PERSON, "streams.%s: there is no "
		    "collection %s in the database %s", s->name,
		    s->collection, r->g.database);
	if (m == NULL) {
		s->unread = true;
		snprintf(s->why, sizeof s->why, "stream %s: not among the "
		    "collections that this user may read", s->name);
		return 0;
	}
	s->plain = m->plain;
	s->uuid = m->uuid != NULL ? xstrdup(m->uuid) : NULL;
	return 0;
}

int
mongorun_open(struct mongorun *r, const struct request *rq, struct err *e)
{
	int result;

	*r = (struct mongorun){ .rq = rq, .g.pem = -1 };
	if (named_streams(r, e) != 0 || mongoconn_open(&r->g, rq, e) != 0)
		return -1;
	result = mongolist_read(&r->list, &r->g, e);
	if (result == 0 && r->n == 0)
		result = all_collections(r, e);
	for (size_t i = 0; result == 0 && i < r->n; i++)
		result = look_at(r, &r->v[i], e);
	return result;
}

const char *
mongorun_partial(const struct mongorun *r)
{
	return r->list.partial && r->rq->streams->n == 0 ? "this user sees "
	    "only those collections that it may read" : NULL;
}

static bool
is_same(const struct mongostream *s, const struct mongoentry *m)
{
	return m != NULL && (s->uuid == NULL || m->uuid == NULL ||
	    streq(s->uuid, m->uuid));
}

int
mongorun_finish(struct mongorun *r, struct err *e)
{
	struct mongolist now;
	int result = mongolist_read(&now, &r->g, e);
	size_t unread = 0;

	for (size_t i = 0; result == 0 && i < r->n; i++) {
		const struct mongostream *s = &r->v[i];

		unread += s->unread;
		if (!s->unread &&
		    !is_same(s, mongolist_find(&now, s->collection)))
			result = err_set(e, ST_TEMP, "stream %s: its "
			    "collection was dropped while it was read",
			    s->name);
	}
	mongolist_release(&now);
	if (result == 0 && unread == r->n)
		return err_set(e, ST_PERSON, "%s", r->v[0].why);
	if (result == 0 && mongorun_partial(r) != NULL)
		emit_fail_all("forbidden", mongorun_partial(r));
	return result;
}

/* ---- positions ---- */

int
mongorun_place(struct mongorun *r, struct mongostream *s, struct err *e)
{
	struct mongochange c;
	int result;

	s->place.n = 0;
	if (!s->plain || s->pipeline != NULL) {
		snprintf(s->none, sizeof s->none, "%s has no change stream",
		    s->pipeline != NULL ? "an aggregate" : "a view");
		return 0;
	}
	if (r->no_changes) {
		memcpy(s->none, r->why, sizeof s->none);
		return 0;
	}
	result = mongochange_open(&c, &r->g, s->collection, NULL, e);
	if (result == 0)
		mongochange_place(&c, &s->place);
	mongochange_close(&c);
	if (result == 0 || e->status == ST_TEMP || r->g.code == 0)
		return result;
	snprintf(s->none, sizeof s->none, "%.*s", (int)sizeof s->none - 1,
	    e->text);
	*e = (struct err){ 0 };
	r->no_changes = r->g.code != MONGO_FORBIDDEN;
	memcpy(r->why, s->none, sizeof r->why);
	detail("stream %s: no change stream: %s", s->name, s->none);
	return 0;
}

static void
put_state(const struct mongorun *r, const struct mongostream *s)
{
	struct buf b = { 0 };
	char since[CLOCK_TEXT];

	buf_putc(&b, '{');
	if (s->unread) {
		buf_puts(&b, "\"unread\":true");
	} else {
		if (s->timestamp != NULL) {
			clock_format(r->g.since, 3, since);
			json_put_key(&b, "since");
			json_put_cstring(&b, since);
		}
		if (s->place.n > 0 && b.n > 1)
			buf_putc(&b, ',');
		buf_add_span(&b, buf_span(&s->place));
	}
	buf_putc(&b, '}');
	if (b.n > 2)
		emit_state(s->name, buf_span(&b));
	buf_release(&b);
}

void
mongorun_states(const struct mongorun *r)
{
	if (r->rq->slim || r->rq->ids != NULL || window_explicit(r->rq))
		return;
	for (size_t i = 0; i < r->n; i++)
		put_state(r, &r->v[i]);
}

/* SPDX-License-Identifier: MIT */
#include "source/mongoquery.h"
#include "source/mongorun.h"

/* ---- what a poll is to read ---- */

static const struct val *
state_of(const struct mongorun *r, const struct mongostream *s)
{
	return val_get(r->rq->state, s->name);
}

static bool
was_unread(const struct mongorun *r, const struct mongostream *s)
{
	return val_bool(val_get(state_of(r, s), "unread"), false) &&
	    !window_explicit(r->rq);
}

static int
no_place(struct mongorun *r, struct mongostream *s, struct err *e)
{
	if (window_explicit(r->rq))
		return mongostream_wrong(s, e,
		    "since and until need timestamp");
	if (mongorun_place(r, s, e) != 0)
		return -1;
	if (s->place.n == 0)
		return mongostream_wrong(s, e, "a poll needs timestamp or a "
		    "change stream: %s", s->none);
	return position_missing(s->name, e);
}

/* All of them, before the first document is written. */
static int
look_at(struct mongorun *r, struct mongostream *s, struct err *e)
{
	struct window w;

	if (s->part)
		return mongostream_wrong(s, e, "with skip or limit there are "
		    "no polls");
	if (s->unread || was_unread(r, s))
		return 0;
	if (s->timestamp != NULL)
		return window_init(&w, r->rq, s->name, r->g.now, e);
	if (s->plain && s->pipeline == NULL && !window_explicit(r->rq) &&
	    mongochange_knows(state_of(r, s)))
		return 0;
	return no_place(r, s, e);
}

/* Nothing else tells of a collection that is gone. One that is not told may
 * be there. */
static int
look_for_gone(const struct mongorun *r, struct err *e)
{
	for (size_t i = 0; r->rq->streams->n == 0 && !r->list.partial &&
	    r->rq->state != NULL && i < r->rq->state->n; i++) {
		const char *name = r->rq->state->members[i].key.p;

		if (mongolist_find(&r->list, name) != NULL)
			continue;
		emit_reset();
		return err_set(e, ST_PERSON, "the collection %s is gone; run "
		    "a full sync", name);
	}
	return 0;
}

/* ---- reading ---- */

/* Some servers do not know all types. */
static int
choose_others(struct mongorun *r, const struct mongostream *s,
    struct mongopart *part, struct err *e)
{
	bson_t command = BSON_INITIALIZER, filter, id, types, reply;
	int result;

	BSON_APPEND_UTF8(&command, "find", s->collection);
	BSON_APPEND_DOCUMENT_BEGIN(&command, "filter", &filter);
	BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &id);
	BSON_APPEND_ARRAY_BEGIN(&id, "$type", &types);
	mongoquery_types(&types);
	bson_append_array_end(&id, &types);
	bson_append_document_end(&filter, &id);
	bson_append_document_end(&command, &filter);
	BSON_APPEND_INT32(&command, "limit", 1);
	BSON_APPEND_BOOL(&command, "singleBatch", true);
	result = mongoconn_command(&r->g, &command, &reply, e);
	bson_destroy(&reply);
	bson_destroy(&command);
	if (result != 0 && (r->g.code == 0 || e->status == ST_TEMP))
		return -1;
	part->others = result == 0 ? MONGO_BY_TYPE : MONGO_NOT_TIMES;
	return 0;
}

static int
poll_times(struct mongorun *r, struct mongostream *s, struct err *e)
{
	struct mongopart part = { 0 };

	if (window_init(&part.w, r->rq, s->name, r->g.now, e) != 0 ||
	    mongorun_place(r, s, e) != 0)
		return -1;
	if (!window_explicit(r->rq) && choose_others(r, s, &part, e) != 0)
		return -1;
	return mongoread_stream(&r->g, s, &part, e);
}

static int
poll_stream(struct mongorun *r, struct mongostream *s, struct err *e)
{
	struct mongopart all = { 0 };

	if (s->unread) {
		mongoread_refused(s);
		return 0;
	}
	if (was_unread(r, s))
		return mongorun_place(r, s, e) != 0 ? -1 :
		    mongoread_stream(&r->g, s, &all, e);
	if (s->timestamp != NULL)
		return poll_times(r, s, e);
	return mongobatch_changes(r, s, state_of(r, s), e);
}

int
mongopoll_all(struct mongorun *r, struct err *e)
{
	if (look_for_gone(r, e) != 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (look_at(r, &r->v[i], e) != 0)
			return -1;
	for (size_t i = 0; i < r->n; i++)
		if (poll_stream(r, &r->v[i], e) != 0)
			return -1;
	if (mongorun_finish(r, e) != 0)
		return -1;
	mongorun_states(r);
	return 0;
}

/* ---- has anything changed? ---- */

enum answer { SAME, CHANGED, UNKNOWN };

/* A router may end its stream before each shard was heard. */
static enum answer
ask(struct mongorun *r, struct mongostream *s)
{
	const struct val *state = state_of(r, s);
	struct err ignored = { 0 };
	struct mongochange c;
	int more;

	if (s->unread || !s->plain || s->pipeline != NULL || s->wavers ||
	    !mongochange_knows(state))
		return UNKNOWN;
	more = mongochange_open(&c, &r->g, s->collection, state, &ignored);
	if (more == 0)
		more = mongochange_next(&c, &ignored);
	mongochange_close(&c);
	if (more == 1)
		return CHANGED;
	return more == 0 && !r->g.router ? SAME : UNKNOWN;
}

static bool
all_known(const struct mongorun *r)
{
	for (size_t i = 0; r->rq->streams->n == 0 && r->rq->state != NULL &&
	    i < r->rq->state->n; i++)
		if (mongolist_find(&r->list,
		    r->rq->state->members[i].key.p) == NULL)
			return false;
	return true;
}

int
mongopoll_changed(struct mongorun *r, struct err *e)
{
	static const struct span text[] = {
		[SAME] = SPAN("{\"changed\":false}"),
		[CHANGED] = SPAN("{\"changed\":true}"),
		[UNKNOWN] = SPAN("{\"changed\":null}")
	};
	enum answer all = all_known(r) ? SAME : UNKNOWN, one;

	(void)e;
	for (size_t i = 0; all != CHANGED && i < r->n; i++) {
		one = ask(r, &r->v[i]);
		if (one == CHANGED || all == SAME)
			all = one;
	}
	emit_raw(text[all]);
	return 0;
}

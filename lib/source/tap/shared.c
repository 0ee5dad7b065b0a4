/* SPDX-License-Identifier: MIT */
#include "source/tap/shared.h"

/* How many are in both. */
static size_t
common(const struct val *list, const struct tap_labels *l)
{
	size_t found = 0;

	for (size_t i = 0; list != NULL && i < l->n; i++)
		for (size_t j = 0; j < val_nitems(list); j++)
			found += span_is(val_str(list->items[j]), l->v[i]);
	return found;
}

/* Of more streams than the position is of, a full sync finds the new ones.
 * One that is missing was left out with -s; or, where nobody chose, whether it
 * is gone is for a person to say, since a full sync deletes it. */
static void
other_streams(const struct request *rq, bool missing, struct err *e)
{
	if (!missing)
		emit_reset();
	if (missing && rq->streams->n > 0)
		err_set(e, ST_USAGE, "its streams have one position together, "
		    "so all of them are polled, or none");
	else
		err_set(e, ST_PERSON, "there are %s streams than those that "
		    "the saved position is of; run a full sync",
		    missing ? "other" : "more");
}

const struct val *
tap_shared_given(const struct request *rq, const struct tap_labels *l,
    struct err *e)
{
	const struct val *shared = val_get(rq->state, "*");
	const struct val *list = val_get(shared, "streams");
	size_t both = common(list, l);
	bool theirs = false;

	/* a "*" of earlier days stays in the state beside their own ones */
	for (size_t i = 0; i < l->n; i++)
		theirs = theirs || val_bool(val_get(val_get(rq->state,
		    l->v[i]), "shared"), false);
	if (!theirs)
		return NULL;
	if (list != NULL && both == l->n && both == val_nitems(list))
		return shared;
	other_streams(rq, both < val_nitems(list), e);
	return NULL;
}

void
tap_state_emit(const char *stream, const struct val *v)
{
	struct buf b = { 0 };

	val_write(&b, v);
	emit_state(stream, buf_span(&b));
	buf_release(&b);
}

void
tap_shared_emit(struct arena *a, struct span key, struct span text,
    const struct tap_labels *l)
{
	struct val *v = val_new(a, JSON_OBJECT), *list = val_new(a, JSON_ARRAY);
	struct val *mark = val_new(a, JSON_OBJECT);

	for (size_t i = 0; i < l->n; i++)
		val_push(a, list, val_string(a, span_of(l->v[i])));
	val_set(a, v, key, val_string(a, text));
	val_set(a, v, SPAN("streams"), list);
	tap_state_emit("*", v);
	val_set(a, mark, SPAN("shared"), val_new(a, JSON_TRUE));
	for (size_t i = 0; i < l->n; i++)
		tap_state_emit(l->v[i], mark);
}

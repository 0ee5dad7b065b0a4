/* SPDX-License-Identifier: MIT */
/* A tap's states, which nobody reads but it: as it gave them, as JSON text in
 * one string. Ours are those of all streams together (tap/shared.h), with the
 * key "state"; and {"full":true}, none: it is read as a whole. */
#include "source/singer/read.h"
#include "source/tap/shared.h"

static const char SYNCING[] = "currently_syncing";

/* The string that begins there in a validated text: its end, behind the
 * quote. */
static const char *
string_end(const char *p)
{
	for (p++; *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p + 1;
}

/* Is there anything but null in it, other than what is being synced? */
static bool
says_something(struct span json)
{
	const char *p = json.p, *end = json.p + json.n;
	bool passed = false;

	while (p < end) {
		const char *next = *p == '"' ? string_end(p) : p + 1;

		if (*p == '"') {
			struct span text = { p + 1, (size_t)(next - p) - 2 };

			while (next < end && strchr(" \t\r\n", *next) != NULL)
				next++;
			if (next == end || *next != ':') {
				if (!passed)
					return true;
				passed = false;
			} else
				passed = span_is(text, SYNCING);
		} else if (*p == 'n') {
			next = p + 4;
			passed = false;
		} else if (strchr("{}[],: \t\r\n", *p) == NULL)
			return true;
		p = next;
	}
	return false;
}

/* null says something of a stream only once it was its turn. */
static void
take_syncing(struct singer_reading *r, const struct json_member *m)
{
	struct singer_stream *s = m->type != JSON_STRING ? NULL :
	    singer_catalog_find(r->catalog, json_string(m, &r->name));

	if (s != NULL)
		s->begun = true;
	for (size_t i = 0; m->type == JSON_NULL && i < r->catalog->n; i++) {
		s = &r->catalog->v[i];
		s->closed = s->announced && (s->begun || s->records > 0);
	}
}

void
singer_state_take(struct singer_reading *r, const struct json_member *value)
{
	struct json_member m;

	if (value->type == JSON_OBJECT &&
	    json_iter_find(value->value, SYNCING, &m))
		take_syncing(r, &m);
	if (!says_something(value->value))
		return;
	buf_clear(&r->state);
	buf_add_span(&r->state, value->value);
}

static struct tap_labels
labels_of(const struct singer_reading *r)
{
	return (struct tap_labels){ singer_catalog_labels(r->catalog,
	    &r->s->arena), r->catalog->n };
}

int
singer_state_write(struct singer_reading *r, struct buf *out, struct err *e)
{
	struct tap_labels labels = labels_of(r);
	const struct val *shared = r->rq->state == NULL ? NULL :
	    tap_shared_given(r->rq, &labels, e);

	if (shared != NULL)
		buf_add_span(out, val_str(val_get(shared, "state")));
	return e->status == 0 ? 0 : -1;
}

/* In a poll without a new state the old one stays; after a load without one
 * all is to be read as a whole. */
void
singer_state_emit(struct singer_reading *r, bool good)
{
	struct tap_labels labels = labels_of(r);
	struct val *full;

	if (good && r->state.n > 0) {
		tap_shared_emit(&r->s->arena, SPAN("state"),
		    buf_span(&r->state), &labels);
		return;
	}
	if (r->poll)
		return;
	full = val_new(&r->s->arena, JSON_OBJECT);
	val_set(&r->s->arena, full, SPAN("full"),
	    val_new(&r->s->arena, JSON_TRUE));
	for (size_t i = 0; i < labels.n; i++)
		tap_state_emit(labels.v[i], full);
}

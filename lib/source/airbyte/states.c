/* SPDX-License-Identifier: MIT */
#include "source/airbyte/states.h"

#include <stdlib.h>

#include "source/tap/shared.h"

/* ---- taking ---- */

/* The parts of a STATE message; p NULL: not there. */
struct parts {
	struct span stream, global, data, count;
};

static struct parts
split(struct span body)
{
	struct parts p = { { 0 }, { 0 }, { 0 }, { 0 } };
	struct json_iter it;
	struct json_member m, n;

	json_iter_init(&it, body);
	while (json_iter_next(&it, &m)) {
		if (m.type != JSON_OBJECT)
			continue;
		if (json_key_is(&m, "stream"))
			p.stream = m.value;
		else if (json_key_is(&m, "global"))
			p.global = m.value;
		else if (json_key_is(&m, "data"))
			p.data = m.value;
		else if (json_key_is(&m, "sourceStats") &&
		    json_iter_find(m.value, "recordCount", &n) &&
		    n.type == JSON_NUMBER)
			p.count = n.value;
	}
	return p;
}

/* Both are spelt so in the CDK: there is nothing to go on from. */
static bool
is_final(const struct json_member *state)
{
	struct json_iter it;
	struct json_member m;

	if (state->type != JSON_OBJECT)
		return true;
	json_iter_init(&it, state->value);
	while (json_iter_next(&it, &m))
		if (json_key_is(&m, "__ab_no_cursor_state_message") ||
		    json_key_is(&m, "__ab_full_refresh_sync_complete"))
			return true;
	return false;
}

static bool
equals(struct span number, uint64_t n)
{
	struct buf b = { 0 };
	bool same;

	json_put_u64(&b, n);
	same = json_number_cmp(number, buf_span(&b)) == 0;
	buf_release(&b);
	return same;
}

static void
take_stream(struct catalog *k, const struct parts *p, struct buf scratch[2])
{
	struct stream *s = NULL;
	struct json_iter it;
	struct json_member m, state = { .type = JSON_NULL };

	json_iter_init(&it, p->stream);
	while (json_iter_next(&it, &m)) {
		if (json_key_is(&m, "stream_descriptor") &&
		    m.type == JSON_OBJECT)
			s = catalog_named(k, m.value, "name", scratch);
		else if (json_key_is(&m, "stream_state"))
			state = m;
	}
	if (s == NULL)
		return;
	if (p->count.n > 0 && !equals(p->count, s->counted))
		stream_doubt(s, "its state counts %.*s records, %llu came",
		    (int)(p->count.n < 40 ? p->count.n : 40), p->count.p,
		    (unsigned long long)s->counted);
	s->counted = 0;
	s->final = is_final(&state);
	buf_clear(&s->position);
	buf_add_span(&s->position, p->stream);
}

void
states_take(struct states *s, struct catalog *k, struct span body,
    struct buf scratch[2])
{
	struct parts p = split(body);
	struct span whole = p.global.p != NULL ? p.global : p.data;

	s->number++;
	if (p.stream.p != NULL) {
		take_stream(k, &p, scratch);
		return;
	}
	if (whole.p == NULL)
		return;
	if (p.count.n > 0 && !equals(p.count, s->counted))
		for (size_t i = 0; i < k->n; i++)
			stream_doubt(&k->v[i], "the state counts %.*s "
			    "records, %llu came",
			    (int)(p.count.n < 40 ? p.count.n : 40), p.count.p,
			    (unsigned long long)s->counted);
	s->counted = 0;
	s->legacy = p.global.p == NULL;
	buf_clear(&s->shared);
	buf_add_span(&s->shared, whole);
}

/* ---- giving back ---- */

/* Those of these streams, for what they have together. */
static struct tap_labels
labels_of(const struct catalog *k, struct arena *a)
{
	const char **v = arena_alloc(a, (k->n + 1) * sizeof *v);

	for (size_t i = 0; i < k->n; i++)
		v[i] = k->v[i].label;
	return (struct tap_labels){ v, k->n };
}

static void
write_shared(struct buf *out, const struct val *shared)
{
	const struct val *global = val_get(shared, "global");

	if (global != NULL)
		buf_printf(out, "[{\"type\":\"GLOBAL\",\"global\":%s}]",
		    global->str.p);
	else
		buf_add_span(out, val_str(val_get(shared, "legacy")));
}

int
states_write(struct buf *out, const struct catalog *k, struct arena *a,
    const struct request *rq, struct err *e)
{
	struct tap_labels labels = labels_of(k, a);
	const struct val *shared = rq->state == NULL ? NULL :
	    tap_shared_given(rq, &labels, e);
	size_t n = 0;

	if (shared != NULL)
		write_shared(out, shared);
	if (rq->state == NULL || shared != NULL || e->status != 0)
		return e->status == 0 ? 0 : -1;
	for (size_t i = 0; i < k->n; i++) {
		struct span text = val_str(val_get(val_get(rq->state,
		    k->v[i].label), "stream"));

		if (text.n == 0 || !k->v[i].incremental)
			continue;
		buf_puts(out, n++ > 0 ? "," : "[");
		buf_puts(out, "{\"type\":\"STREAM\",\"stream\":");
		buf_add_span(out, text);
		buf_putc(out, '}');
	}
	if (n > 0)
		buf_putc(out, ']');
	return 0;
}

/* ---- printing ---- */

/* In a poll a stream that is not whole, or came without a new state, keeps the
 * old one; in a load it is to be read as a whole. */
static void
emit_one(const struct stream *s, bool poll, bool whole, struct arena *a)
{
	struct val *v = val_new(a, JSON_OBJECT);

	if (poll && (!whole || (s->incremental && s->position.n == 0)))
		return;
	if (whole && s->incremental && !s->final && s->position.n > 0)
		val_set(a, v, SPAN("stream"), val_string(a,
		    buf_span(&s->position)));
	else
		val_set(a, v, SPAN("full"), val_new(a, JSON_TRUE));
	tap_state_emit(s->label, v);
}

void
states_emit(const struct states *s, const struct catalog *k,
    const struct request *rq, bool (*whole)(const struct stream *),
    struct arena *a)
{
	bool poll = streq(rq->verb, "poll"), all = true;
	struct tap_labels labels = labels_of(k, a);

	for (size_t i = 0; i < k->n; i++)
		all = all && whole(&k->v[i]);
	if (s->shared.n > 0 && all)
		tap_shared_emit(a, s->legacy ? SPAN("legacy") : SPAN("global"),
		    buf_span(&s->shared), &labels);
	else
		for (size_t i = 0; i < k->n; i++)
			emit_one(&k->v[i], poll, whole(&k->v[i]) &&
			    s->shared.n == 0, a);
}

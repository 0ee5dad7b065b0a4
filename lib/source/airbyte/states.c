/* SPDX-License-Identifier: MIT */
#include "source/airbyte/states.h"

#include <stdlib.h>

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

static bool
covers(const struct val *list, const struct catalog *k)
{
	size_t found = 0;

	for (size_t i = 0; list != NULL && i < k->n; i++)
		for (size_t j = 0; j < list->n; j++)
			found += span_is(val_str(list->items[j]),
			    k->v[i].label);
	return list != NULL && found == k->n && found == list->n;
}

static int
write_shared(struct buf *out, const struct catalog *k,
    const struct val *shared, struct err *e)
{
	const struct val *global = val_get(shared, "global");

	if (!covers(val_get(shared, "streams"), k))
		return err_set(e, ST_USAGE, "its streams have one position "
		    "together, so all of them are polled, or none");
	if (global != NULL)
		buf_printf(out, "[{\"type\":\"GLOBAL\",\"global\":%s}]",
		    global->str.p);
	else
		buf_add_span(out, val_str(val_get(shared, "legacy")));
	return 0;
}

int
states_write(struct buf *out, const struct catalog *k,
    const struct request *rq, struct err *e)
{
	size_t n = 0;

	if (rq->state == NULL)
		return 0;
	/* a "*" of earlier days stays in the state beside their own ones */
	for (size_t i = 0; i < k->n; i++)
		if (val_bool(val_get(val_get(rq->state, k->v[i].label),
		    "shared"), false))
			return write_shared(out, k, val_get(rq->state, "*"),
			    e);
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

static void
emit_val(const char *stream, const struct val *v)
{
	struct buf b = { 0 };

	val_write(&b, v);
	emit_state(stream, buf_span(&b));
	buf_release(&b);
}

static void
emit_shared(const struct states *s, const struct catalog *k, struct arena *a)
{
	struct val *v = val_new(a, JSON_OBJECT), *list = val_new(a, JSON_ARRAY);
	struct val *mark = val_new(a, JSON_OBJECT);

	for (size_t i = 0; i < k->n; i++)
		val_push(a, list, val_string(a, span_of(k->v[i].label)));
	val_set(a, v, s->legacy ? SPAN("legacy") : SPAN("global"),
	    val_string(a, buf_span(&s->shared)));
	val_set(a, v, SPAN("streams"), list);
	emit_val("*", v);
	val_set(a, mark, SPAN("shared"), val_new(a, JSON_TRUE));
	for (size_t i = 0; i < k->n; i++)
		emit_val(k->v[i].label, mark);
}

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
	emit_val(s->label, v);
}

void
states_emit(const struct states *s, const struct catalog *k,
    const struct request *rq, bool (*whole)(const struct stream *),
    struct arena *a)
{
	bool poll = streq(rq->verb, "poll"), all = true;

	for (size_t i = 0; i < k->n; i++)
		all = all && whole(&k->v[i]);
	if (s->shared.n > 0 && all)
		emit_shared(s, k, a);
	else
		for (size_t i = 0; i < k->n; i++)
			emit_one(&k->v[i], poll, whole(&k->v[i]) &&
			    s->shared.n == 0, a);
}

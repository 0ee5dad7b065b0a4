/* SPDX-License-Identifier: MIT */
#include "stream/writer.h"

#include "base/clock.h"
#include "json/text.h"
#include "stream/state.h"

/* Of a text for people: a control line has a ceiling. */
enum { TEXT_MAX = 4096 };
/* A byte can take so many in a JSON string. */
enum { ESCAPED_MAX = 6 };

void
writer_init(struct writer *w, struct out *out, bool raw)
{
	*w = (struct writer){ .out = out, .raw = raw };
}

void
writer_release(struct writer *w)
{
	buf_release(&w->scratch);
}

static struct buf *
start(struct writer *w, const char *ctl)
{
	buf_clear(&w->scratch);
	buf_puts(&w->scratch, "{\"_ctl\":");
	json_put_cstring(&w->scratch, ctl);
	return &w->scratch;
}

static void
put(struct buf *b, const char *key, struct span s)
{
	json_put_key(b, key);
	json_put_string(b, s);
}

/* Cut between characters where it is too long. */
static void
put_text(struct buf *b, const char *key, const char *text)
{
	struct span s = span_of(text);

	if (s.n > TEXT_MAX) {
		s.n = TEXT_MAX;
		while (s.n > TEXT_MAX - 4 &&
		    (s.p[s.n] & 0xc0) == 0x80)
			s.n--;
	}
	put(b, key, s);
}

static void
put_now(struct buf *b)
{
	char now[CLOCK_TEXT];

	clock_now(now);
	json_put_key(b, "time");
	json_put_cstring(b, now);
}

static void
put_member(struct buf *b, const struct val_member *m)
{
	buf_putc(b, ',');
	json_put_string(b, m->key);
	buf_putc(b, ':');
	val_write(b, m->value);
}

static void
finish(struct writer *w)
{
	buf_putc(&w->scratch, '}');
	out_line(w->out, buf_span(&w->scratch));
}

void
writer_begin(struct writer *w, const struct val *begin)
{
	struct buf *b = start(w, "begin");

	if (w->raw)
		return;
	for (size_t i = 0; i < begin->n; i++)
		if (!span_is(begin->members[i].key, "_ctl"))
			put_member(b, &begin->members[i]);
	if (val_get(begin, "time") == NULL)
		put_now(b);
	finish(w);
	out_flush(w->out);
}

void
writer_doc(struct writer *w, struct span id, struct span line)
{
	proof_add(&w->proof, REC_DOC, id);
	out_line(w->out, line);
}

static inline void
put_rest(struct buf *b, const char *head, struct span s)
{
	buf_puts(b, head);
	json_put_string(b, s);
}

void
writer_id(struct writer *w, struct span id, struct span timestamp,
    struct span hash)
{
	struct buf *b;

	if (w->raw)
		return;
	proof_add(&w->proof, REC_ID, id);
	b = out_room(w->out, 64 + (id.n + timestamp.n + hash.n) * ESCAPED_MAX);
	buf_puts(b, "{\"id\":");
	json_put_string(b, id);
	if (timestamp.p != NULL)
		put_rest(b, ",\"timestamp\":", timestamp);
	if (hash.p != NULL)
		put_rest(b, ",\"hash\":", hash);
	buf_puts(b, "}\n");
}

void
writer_delete(struct writer *w, struct span id, const char *reason)
{
	struct buf *b = start(w, "delete");

	if (w->raw)
		return;
	proof_add(&w->proof, REC_DELETE, id);
	put(b, "id", id);
	if (reason != NULL)
		put_text(b, "reason", reason);
	finish(w);
}

void
writer_fail(struct writer *w, struct span id, struct span prefix,
    const char *code, const char *message)
{
	struct buf *b = start(w, "fail");

	if (w->raw)
		return;
	proof_add(&w->proof, REC_FAIL, id.n > 0 ? id : prefix);
	if (id.n > 0)
		put(b, "id", id);
	else if (prefix.n > 0)
		put(b, "prefix", prefix);
	put_text(b, "code", code);
	if (message != NULL)
		put_text(b, "message", message);
	finish(w);
}

void
writer_pass(struct writer *w, const struct rec *r)
{
	if (w->raw && r->kind != REC_DOC)
		return;
	proof_add(&w->proof, r->kind, r->prefix.n > 0 ? r->prefix : r->id);
	out_line(w->out, r->line);
}

static void
finish_state(struct writer *w, struct span stream, const struct val *value)
{
	char hex[HASH_HEX + 1];

	proof_write(&w->scratch, &w->proof);
	if (value != NULL) {
		hash_hex(state_sum(stream, value), hex);
		json_put_key(&w->scratch, "sum");
		json_put_cstring(&w->scratch, hex);
	}
	finish(w);
}

void
writer_state(struct writer *w, struct span stream, struct span value)
{
	struct buf *b = start(w, "state");
	struct arena a = { 0 };
	struct val_error e;

	if (w->raw)
		return;
	put(b, "stream", stream);
	json_put_key(b, "value");
	buf_add_span(b, value);
	finish_state(w, stream, val_parse(&a, value, JSON_DEPTH, false, &e));
	arena_release(&a);
}

static bool
is_proof(struct span key)
{
	return span_is(key, "documents") || span_is(key, "ids") ||
	    span_is(key, "deletes") || span_is(key, "fails") ||
	    span_is(key, "digest") || span_is(key, "sum");
}

void
writer_state_val(struct writer *w, const struct val *state)
{
	struct buf *b = start(w, "state");

	if (w->raw)
		return;
	for (size_t i = 0; i < state->n; i++) {
		struct span key = state->members[i].key;

		if (!span_is(key, "_ctl") && !is_proof(key))
			put_member(b, &state->members[i]);
	}
	finish_state(w, val_str(val_get(state, "stream")),
	    val_get(state, "sum") ? val_get(state, "value") : NULL);
}

void
writer_state_pass(struct writer *w, const struct rec *r)
{
	writer_state_val(w, r->ctl);
}

void
writer_end(struct writer *w, bool complete, int status, const char *message,
    const struct val *more)
{
	struct buf *b = start(w, "end");

	if (w->ended)
		return;
	w->ended = true;
	if (!w->raw) {
		json_put_key(b, "complete");
		buf_puts(b, complete ? "true" : "false");
		json_put_key(b, "status");
		json_put_u64(b, (uint64_t)status);
		proof_write(b, &w->proof);
		put_now(b);
		if (message != NULL)
			put_text(b, "message", message);
		for (size_t i = 0; more != NULL && i < more->n; i++)
			put_member(b, &more->members[i]);
		finish(w);
	}
	out_flush(w->out);
}

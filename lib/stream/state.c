/* SPDX-License-Identifier: MIT */
#include "stream/state.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "json/text.h"
#include "stream/control.h"

/* A value stands one level deeper in the file than in its record. */
enum { DEPTH = JSON_DEPTH + 1 };

/* What the file ends with, around the digits. */
static const char sum_head[] = ",\"sum\":\"";
static const char sum_tail[] = "\"}\n";

static struct h128
sum_of(struct span before)
{
	struct buf b = { 0 };
	struct h128 h;

	buf_add_span(&b, before);
	buf_putc(&b, '}');
	h = hash128(b.p, b.n);
	buf_release(&b);
	return h;
}

/* The file is written by us alone, so its end has one form. */
static bool
sum_holds(struct span text)
{
	enum { HEAD = sizeof sum_head - 1, TAIL = sizeof sum_tail - 1 };
	struct h128 said;
	const char *p;

	if (text.n < HEAD + HASH_HEX + TAIL)
		return false;
	text.n -= HEAD + HASH_HEX + TAIL;
	p = text.p + text.n;
	return memcmp(p, sum_head, HEAD) == 0 &&
	    hash_parse((struct span){ p + HEAD, HASH_HEX }, &said) &&
	    memcmp(p + HEAD + HASH_HEX, sum_tail, TAIL) == 0 &&
	    hash_eq(said, sum_of(text));
}

static int
damaged(const struct state *s, struct err *e, const char *what)
{
	return err_set(e, ST_PERSON, "%s: %s; remove it and run a full sync",
	    s->path, what);
}

static int
fill_streams(struct state *s, const struct val *streams, struct err *e)
{
	if (streams == NULL || streams->type != JSON_OBJECT)
		return damaged(s, e, "streams is not an object");
	for (size_t i = 0; i < streams->n; i++) {
		const struct val *v = streams->members[i].value;

		if (state_value_fault(v) != NULL)
			return damaged(s, e, "a value is not that of a state");
		val_set(&s->arena, s->streams, streams->members[i].key,
		    val_copy(&s->arena, v));
	}
	return 0;
}

static int
fill_stale(struct state *s, const struct val *stale, struct err *e)
{
	if (stale == NULL)
		return 0;
	if (stale->type != JSON_ARRAY)
		return damaged(s, e, "stale is not an array");
	s->stale = val_copy(&s->names, stale);
	return 0;
}

static int
fill_retry(struct state *s, const struct val *retry, struct err *e)
{
	if (retry == NULL || retry->type != JSON_ARRAY)
		return damaged(s, e, "retry is not an array");
	for (size_t i = 0; i < retry->n; i++) {
		struct span id = val_str(retry->items[i]);

		if (id_fault(id) != NULL)
			return damaged(s, e, "an id to retry is none");
		state_retry_add(s, id);
	}
	state_retry_sort(s);
	return 0;
}

static int
fill_deletes(struct state *s, const struct val *deletes, struct err *e)
{
	if (deletes == NULL)
		return 0;
	if (deletes->type != JSON_ARRAY)
		return damaged(s, e, "deletes is not an array");
	for (size_t i = 0; i < deletes->n; i++) {
		struct span id = val_str(deletes->items[i]);

		if (id.p == NULL || !state_retry_has(s, id))
			return damaged(s, e, "a delete is not to be retried");
		state_retry_set_remove(s, id, true);
	}
	return 0;
}

static int
fill(struct state *s, const struct val *root, struct err *e)
{
	uint64_t v;

	if (!val_u64(val_get(root, "v"), 1, &v) || v != 1)
		return damaged(s, e, "v is not 1");
	if (val_cstr(val_get(root, "source")) == NULL ||
	    val_cstr(val_get(root, "index")) == NULL)
		return damaged(s, e, "no source or no index");
	s->found = streq(val_cstr(val_get(root, "source")), s->source) &&
	    streq(val_cstr(val_get(root, "index")), s->index);
	state_set(&s->run, val_cstr(val_get(root, "run")));
	if (!s->found)
		return 0;
	state_set(&s->file, val_cstr(val_get(root, "file")));
	state_set(&s->uuid, val_cstr(val_get(root, "uuid")));
	state_set(&s->config, val_cstr(val_get(root, "config")));
	state_set(&s->time, val_cstr(val_get(root, "time")));
	state_set(&s->started, val_cstr(val_get(root, "started")));
	if (fill_streams(s, val_get(root, "streams"), e) < 0 ||
	    fill_stale(s, val_get(root, "stale"), e) < 0 ||
	    fill_retry(s, val_get(root, "retry"), e) < 0)
		return -1;
	return fill_deletes(s, val_get(root, "deletes"), e);
}

static int
parse(struct state *s, struct span text, struct err *e)
{
	struct arena a = { 0 };
	struct val_error ve;
	const struct val *root;
	int r;

	if (!sum_holds(text))
		return damaged(s, e, "damaged, its sum is wrong");
	root = val_parse(&a, text, DEPTH, true, &ve);
	r = root == NULL ? damaged(s, e, "not a state") : fill(s, root, e);
	arena_release(&a);
	return r;
}

int
state_load(struct state *s, const char *path, const char *source,
    const char *index, struct err *e)
{
	struct buf b = { 0 };
	int r = 0;

	*s = (struct state){ .path = path, .source = xstrdup(source),
		.index = xstrdup(index) };
	s->streams = val_new(&s->arena, JSON_OBJECT);
	if (file_read(path, STATE_FILE_MAX, &b) == 0)
		r = parse(s, buf_span(&b), e);
	else if (errno == EFBIG)
		r = damaged(s, e, "too large");
	else if (errno != ENOENT)
		r = err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	buf_release(&b);
	return r;
}

static void
put(struct buf *b, const char *key, const char *s)
{
	if (s == NULL)
		return;
	json_put_key(b, key);
	json_put_cstring(b, s);
}

static void
put_retry(struct buf *b, const struct state *s)
{
	json_put_key(b, "retry");
	buf_putc(b, '[');
	for (size_t i = 0; i < s->nretry; i++) {
		if (i > 0)
			buf_putc(b, ',');
		json_put_cstring(b, s->retry[i].id);
	}
	buf_putc(b, ']');
}

static void
put_deletes(struct buf *b, const struct state *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nretry; i++) {
		if (!s->retry[i].remove)
			continue;
		if (n++ == 0) {
			json_put_key(b, "deletes");
			buf_putc(b, '[');
		} else {
			buf_putc(b, ',');
		}
		json_put_cstring(b, s->retry[i].id);
	}
	if (n > 0)
		buf_putc(b, ']');
}

static void
write_text(struct buf *b, const struct state *s)
{
	char hex[HASH_HEX + 1];

	buf_puts(b, "{\"v\":1");
	put(b, "source", s->source);
	put(b, "index", s->index);
	put(b, "file", s->file);
	put(b, "uuid", s->uuid);
	put(b, "config", s->config);
	put(b, "run", s->run);
	put(b, "time", s->time);
	put(b, "started", s->started);
	json_put_key(b, "streams");
	val_write(b, s->streams);
	if (val_nitems(s->stale) > 0) {
		json_put_key(b, "stale");
		val_write(b, s->stale);
	}
	put_retry(b, s);
	put_deletes(b, s);
	hash_hex(sum_of(buf_span(b)), hex);
	buf_puts(b, sum_head);
	buf_puts(b, hex);
	buf_puts(b, sum_tail);
}

int
state_save(struct state *s, struct err *e)
{
	char now[CLOCK_TEXT];
	struct buf b = { 0 };
	int r;

	clock_now(now);
	state_set(&s->time, now);
	state_retry_sort(s);
	write_text(&b, s);
	r = b.n > STATE_FILE_MAX ?
	    err_set(e, ST_PERSON, "%s: larger than 64 MiB", s->path) :
	    file_replace(s->path, buf_span(&b), e);
	buf_release(&b);
	s->found = s->found || r == 0;
	return r;
}

void
state_release(struct state *s)
{
	char **fields[] = { &s->source, &s->index, &s->file, &s->uuid,
		&s->config, &s->run, &s->time, &s->started, &s->unproven };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		state_set(fields[i], NULL);
	state_retry_clear(s);
	free(s->retry);
	free(s->slots);
	arena_release(&s->arena);
	arena_release(&s->names);
	*s = (struct state){ 0 };
}

void
state_set(char **field, const char *value)
{
	char *copy = value != NULL ? xstrdup(value) : NULL;

	free(*field);
	*field = copy;
}

static bool
is_in(const struct val *names, struct span stream)
{
	for (size_t i = 0; i < val_nitems(names); i++)
		if (span_eq(names->items[i]->str, stream))
			return true;
	return false;
}

static void
add_name(struct state *s, struct val **names, struct span stream)
{
	if (*names == NULL)
		*names = val_new(&s->names, JSON_ARRAY);
	if (!is_in(*names, stream))
		val_push(&s->names, *names, val_string(&s->names, stream));
}

void
state_distrust_all(struct state *s)
{
	for (size_t i = 0; i < s->streams->n; i++)
		add_name(s, &s->stale, s->streams->members[i].key);
}

void
state_trust_set(struct state *s)
{
	s->stale = NULL;
	for (size_t i = 0; i < s->streams->n; i++)
		if (!is_in(s->set, s->streams->members[i].key))
			add_name(s, &s->stale, s->streams->members[i].key);
}

void
state_trust(struct state *s, struct span stream)
{
	for (size_t i = 0; i < val_nitems(s->stale); i++)
		if (span_eq(s->stale->items[i]->str, stream))
			s->stale->items[i] = s->stale->items[--s->stale->n];
}

const struct val *
state_positions(struct state *s)
{
	struct val *trusted;

	if (val_nitems(s->stale) == 0)
		return s->streams;
	trusted = val_new(&s->names, JSON_OBJECT);
	for (size_t i = 0; i < s->streams->n; i++)
		if (!is_in(s->stale, s->streams->members[i].key))
			val_set(&s->names, trusted, s->streams->members[i].key,
			    s->streams->members[i].value);
	return trusted;
}

/* Old values stay in the arena; copy what lives when they outweigh it. */
static void
compact(struct state *s)
{
	struct arena fresh = { 0 };
	struct buf b = { 0 };

	s->streams = val_copy(&fresh, s->streams);
	arena_release(&s->arena);
	s->arena = fresh;
	val_write(&b, s->streams);
	s->replaced = 0;
	s->live = b.n;
	buf_release(&b);
}

void
state_set_stream(struct state *s, struct span stream, struct span value)
{
	struct val_error ve;
	struct val *v = val_parse(&s->arena, value, JSON_DEPTH, false, &ve);

	if (v == NULL)
		return;
	val_set(&s->arena, s->streams, stream, v);
	add_name(s, &s->set, stream);
	s->replaced += value.n + sizeof *v;
	if (s->replaced > s->live + (1 << 20))
		compact(s);
}

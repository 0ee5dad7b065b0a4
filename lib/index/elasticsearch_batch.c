/* SPDX-License-Identifier: MIT */
/*
 * A batch. The operations that have no verdict yet stand in `left` in the
 * order of the calls; a request carries some of them from the front, one
 * request at a time. So no operation overtakes another, but for one case: of
 * two operations on one id in one request the server may put off the first
 * and apply the second. Then the first is out of date and counts as done; and
 * while none after it is applied, all after it wait with it.
 */
#include "index/elasticsearch.h"

#include <stdlib.h>

#include "json/text.h"

enum { CRASHES = 5 };           /* answers 500 until an operation is refused */

void
es_batch_release(struct es_batch *b)
{
	free(b->v);
	free(b->left);
	buf_release(&b->body);
	buf_release(&b->ids);
	buf_release(&b->notes);
	buf_release(&b->part);
	buf_release(&b->packed);
	*b = (struct es_batch){ 0 };
}

void
es_batch_clear(struct es_batch *b, size_t keep)
{
	if (b->body.cap > keep)
		es_batch_release(b);
	b->n = b->nleft = b->bad = 0;
	b->resent = false;
	buf_clear(&b->body);
	buf_clear(&b->ids);
	buf_clear(&b->notes);
}

/* ---- operations ---- */

/* Where there is room. */
static char *
put(char *p, struct span s)
{
	memcpy(p, s.p, s.n);
	return p + s.n;
}

/* A document's own bytes after its brace, without its id and the comma that
 * goes with it. */
static char *
put_rest(char *p, const struct index_op *op)
{
	const struct json_member *m = op->name, *first = op->doc->v;
	const char *own = op->line.p + 1, *end = op->line.p + op->line.n;
	const char *from = m->key.p - 1, *to = m->value.p + m->value.n;

	if (m + 1 < first + op->doc->n)
		to = m[1].key.p - 1;
	else if (m > first)
		from = m[-1].value.p + m[-1].value.n;
	p = put(p, (struct span){ own, (size_t)(from - own) });
	return put(p, (struct span){ to, (size_t)(end - to) });
}

/* The document as it is stored: _conn first, then its own bytes. id: JSON. */
static char *
put_document(char *p, const struct index_op *op, struct span id,
    struct span source)
{
	p = put(p, SPAN("{\"_conn\":{\"id\":"));
	p = put(p, id);
	p = put(p, SPAN(",\"source\":"));
	p = put(p, source);
	p = put(p, SPAN(",\"hash\":\""));
	hash_hex(hash128(op->line.p, op->line.n), p);
	p += HASH_HEX;
	p = op->doc->n > 1 ? put(p, SPAN("\"},")) : put(p, SPAN("\"}"));
	p = put_rest(p, op);
	*p++ = '\n';
	return p;
}

static void
put_lines(struct es_batch *b, const struct index_op *op, struct span source)
{
	struct span id;
	char *p;

	if (op->remove || op->name->escaped) {
		buf_clear(&b->part);
		json_put_string(&b->part, op->id);
		id = buf_span(&b->part);
	} else {
		id = op->name->value;
	}
	buf_reserve(&b->body, ES_FRAME + 2 * id.n + source.n + op->line.n);
	p = b->body.p + b->body.n;
	p = op->remove ? put(p, SPAN("{\"delete\":{\"_id\":")) :
	    put(p, SPAN("{\"index\":{\"_id\":"));
	p = put(p, id);
	p = put(p, SPAN("}}\n"));
	if (!op->remove)
		p = put_document(p, op, id, source);
	b->body.n = (size_t)(p - b->body.p);
}

void
es_batch_add(struct es_batch *b, const struct index_op *op, uint64_t key,
    struct span source)
{
	struct es_op *o;

	if (b->n == b->cap) {
		b->v = xgrow(b->v, &b->cap, b->n + 1, sizeof *b->v);
		b->left = xrealloc(b->left, b->cap, sizeof *b->left);
	}
	o = &b->v[b->n];
	*o = (struct es_op){ .seq = op->seq, .remove = op->remove, .key = key,
		.at = b->body.n, .id = b->ids.n, .nid = op->id.n };
	buf_add_span(&b->ids, op->id);
	put_lines(b, op, source);
	o->len = b->body.n - o->at;
	b->left[b->nleft++] = b->n++;
}

static struct span
id_of(const struct es_batch *b, const struct es_op *o)
{
	return (struct span){ b->ids.p + o->id, o->nid };
}

/* ---- requests ---- */

size_t
es_batch_choose(const struct es_batch *b, size_t bytes, size_t *size)
{
	size_t max = b->bad > 1 ? b->bad / 2 : b->bad == 1 ? 1 : b->nleft;
	size_t n = 0;

	*size = 0;
	for (size_t i = 0; i < b->nleft; i++)
		if (b->v[b->left[i]].crashes >= CRASHES - 1)
			max = 1;
	while (n < max) {
		size_t len = b->v[b->left[n]].len;

		if (n > 0 && *size + len > bytes)
			break;
		*size += len;
		n++;
	}
	return n;
}

struct span
es_batch_body(struct es_batch *b, size_t n)
{
	const struct es_op *first = &b->v[b->left[0]];

	if (b->left[n - 1] == b->left[0] + n - 1) {
		const struct es_op *last = &b->v[b->left[n - 1]];

		return (struct span){ b->body.p + first->at,
			last->at + last->len - first->at };
	}
	buf_clear(&b->part);
	for (size_t i = 0; i < n; i++) {
		const struct es_op *o = &b->v[b->left[i]];

		buf_add(&b->part, b->body.p + o->at, o->len);
	}
	return buf_span(&b->part);
}

/* ---- answers ---- */

/* Keeps what the item says of its failure: code and message. */
static void
note(struct es_batch *b, struct es_op *o, const struct es_item *item,
    struct err *e)
{
	o->note = b->notes.n;
	buf_add(&b->notes, item->code, strlen(item->code) + 1);
	buf_add(&b->notes, item->message, strlen(item->message) + 1);
	if (item->answer != ES_REFUSED && item->answer != ES_HALVE)
		err_set(e, item->answer == ES_STOP ? ST_PERSON : ST_TEMP,
		    "HTTP %d %s", item->status, item->code);
}

/* Reads all of them before any counts. NULL, or why they do not fit. A stop
 * among them leaves its message in e, whatever comes after it. */
static const char *
read_items(struct es_batch *b, size_t n, struct es_items *r, struct span reply,
    struct err *e)
{
	bool stop = false;
	const char *why;

	buf_clear(&b->notes);
	if (!es_items_open(r, reply, &why))
		return why;
	for (size_t i = 0; i < n; i++) {
		struct es_op *o = &b->v[b->left[i]];
		struct err other, *to = stop ? &other : e;
		struct es_item item;

		if (!es_items_next(r, o->remove, id_of(b, o), &item, &why))
			return why;
		o->answer = (unsigned char)item.answer;
		if (item.answer != ES_DONE)
			note(b, o, &item, to);
		stop = stop || item.answer == ES_STOP;
	}
	return es_items_end(r, &why) ? NULL : why;
}

/* The operation at i is put off: what becomes of it and of those after it on
 * the same id, which wait for what it waits for. So ES_AGAIN and ES_STOP are
 * always the answer of some item, which told why. */
static void
keep_order(struct es_batch *b, size_t i, size_t n)
{
	struct es_op *o = &b->v[b->left[i]];

	for (int pass = 0; pass < 2; pass++) {
		for (size_t j = i + 1; j < n; j++) {
			struct es_op *later = &b->v[b->left[j]];

			if (later->key != o->key ||
			    !span_eq(id_of(b, later), id_of(b, o)))
				continue;
			if (pass == 1 && later->answer == ES_REFUSED)
				later->answer = o->answer;
			if (pass == 0 && later->answer == ES_DONE) {
				o->answer = ES_DONE;
				return;
			}
		}
	}
}

static int
rank(enum es_answer a)
{
	return a == ES_STOP ? 3 : a == ES_AGAIN ? 2 : a == ES_HALVE ? 1 : 0;
}

/* Settles the answers; returns what is severest among them. */
static enum es_answer
settle(struct es_batch *b, size_t n)
{
	enum es_answer worst = ES_DONE;

	for (size_t i = 0; i < n; i++) {
		struct es_op *o = &b->v[b->left[i]];

		if (o->answer == ES_CRASHED)
			o->answer = ++o->crashes >= CRASHES ? ES_REFUSED :
			    ES_AGAIN;
		else if (o->answer == ES_HALVE && n == 1)
			o->answer = ES_REFUSED;
	}
	for (size_t i = 0; i < n; i++) {
		struct es_op *o = &b->v[b->left[i]];

		if (o->answer == ES_AGAIN || o->answer == ES_HALVE)
			keep_order(b, i, n);
		if (rank(o->answer) > rank(worst))
			worst = o->answer;
	}
	return worst;
}

static void
give(struct es_batch *b, const struct es_op *o, const char *code,
    const char *message, struct index *ix)
{
	struct index_answer a = { .seq = o->seq, .id = id_of(b, o),
		.remove = o->remove, .code = code, .message = message };

	ix->verdict(ix->ctx, &a);
}

/* Hands out what is final; the rest stays, in its order: how many. */
static size_t
deliver(struct es_batch *b, size_t n, struct index *ix)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct es_op *o = &b->v[b->left[i]];

		if (o->answer == ES_DONE) {
			give(b, o, NULL, NULL, ix);
		} else if (o->answer == ES_REFUSED) {
			const char *code = b->notes.p + o->note;
			const char *message = code + strlen(code) + 1;

			give(b, o, code, *message ? message : NULL, ix);
		} else {
			b->left[kept++] = b->left[i];
		}
	}
	memmove(b->left + kept, b->left + n,
	    (b->nleft - n) * sizeof *b->left);
	b->nleft -= n - kept;
	return kept;
}

enum es_answer
es_batch_answer(struct es_batch *b, size_t n, struct span reply,
    struct index *ix, struct err *e)
{
	struct es_items r = { 0 };
	const char *why = read_items(b, n, &r, reply, e);
	enum es_answer worst;
	size_t kept;

	es_items_release(&r);
	if (why != NULL) {
		err_set(e, ST_PERSON, "%s", why);
		return ES_ODD;
	}
	b->resent = false;
	b->bad -= n < b->bad ? n : b->bad;
	worst = settle(b, n);
	kept = deliver(b, n, ix);
	for (size_t i = 0; i < kept; i++)
		if (b->v[b->left[i]].answer == ES_HALVE)
			b->bad = kept;
	return worst;
}

void
es_batch_refuse(struct es_batch *b, const char *code, const char *message,
    struct index *ix)
{
	give(b, &b->v[b->left[0]], code, *message ? message : NULL, ix);
	memmove(b->left, b->left + 1, --b->nleft * sizeof *b->left);
	b->bad = 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Batches. The operations of a batch that have no verdict yet stand in `left`
 * in the order of the calls; a request carries some of them from the front,
 * one request at a time. So no operation overtakes another, but for one case:
 * of two operations on one id in one request the server may put off the first
 * and apply the second. Then the first is out of date and counts as done; and
 * while none after it is applied, all after it wait with it.
 */
#include "index/elasticsearch.h"

#include <stdio.h>
#include <stdlib.h>

#include "json/text.h"
#include "net/gzip.h"

enum {
	CRASHES = 5,            /* answers 500 until an operation is refused */
	FRAME = 128             /* what surrounds a document, about */
};

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
}

/* ---- taking operations ---- */

/* Where the member _id stands in a document, the comma that goes with it
 * included; nothing, if it is not there. */
static struct span
id_member(const struct index_op *op)
{
	const struct json_object *o = op->doc;
	const char *from = NULL, *to = NULL;

	for (size_t i = 0; i < o->n; i++) {
		if (!json_key_is(&o->v[i], "_id"))
			continue;
		from = o->v[i].key.p - 1;
		to = o->v[i].value.p + o->v[i].value.n;
		if (i + 1 < o->n)
			to = o->v[i + 1].key.p - 1;
		else if (i > 0)
			from = o->v[i - 1].value.p + o->v[i - 1].value.n;
		break;
	}
	return (struct span){ from, (size_t)(to - from) };
}

/* The document as it is stored: _conn first, then its own bytes. */
static void
put_document(struct buf *b, const struct index_op *op, const char *source)
{
	struct span cut = id_member(op), rest = op->line;
	char hash[HASH_HEX + 1];

	hash_hex(hash128(op->line.p, op->line.n), hash);
	buf_puts(b, "{\"_conn\":{\"id\":");
	json_put_string(b, op->id);
	buf_puts(b, ",\"source\":");
	json_put_cstring(b, source);
	buf_puts(b, ",\"hash\":\"");
	buf_add(b, hash, HASH_HEX);
	buf_puts(b, "\"}");
	if (op->doc->n > (cut.p != NULL ? 1 : 0))
		buf_putc(b, ',');
	rest.p++;
	rest.n--;
	if (cut.p != NULL) {
		buf_add(b, rest.p, (size_t)(cut.p - rest.p));
		rest.n -= (size_t)(cut.p + cut.n - rest.p);
		rest.p = cut.p + cut.n;
	}
	buf_add_span(b, rest);
	buf_putc(b, '\n');
}

static void
add(struct es *es, const struct index_op *op)
{
	struct es_batch *b = &es->batch;
	struct es_op *o;

	b->v = xgrow(b->v, &b->cap, b->n + 1, sizeof *b->v);
	b->left = xgrow(b->left, &b->capleft, b->n + 1, sizeof *b->left);
	o = &b->v[b->n];
	*o = (struct es_op){ .seq = op->seq, .remove = op->remove,
		.key = hash128(op->id.p, op->id.n).lo, .at = b->body.n,
		.id = b->ids.n, .nid = op->id.n };
	buf_add_span(&b->ids, op->id);
	buf_puts(&b->body, op->remove ? "{\"delete\":{\"_id\":" :
	    "{\"index\":{\"_id\":");
	json_put_string(&b->body, op->id);
	buf_puts(&b->body, "}}\n");
	if (!op->remove)
		put_document(&b->body, op, es->config->name);
	o->len = b->body.n - o->at;
	b->left[b->nleft++] = b->n++;
}

int
es_apply(struct index *ix, const struct index_op *op, struct err *e)
{
	struct es *es = (struct es *)ix;
	struct es_batch *b = &es->batch;
	size_t size = (op->remove ? 0 : op->line.n) + 2 * op->id.n + FRAME;

	if (b->n > 0 && (b->n == ES_OPS_MAX || b->body.n + size > b->target) &&
	    es_flush(ix, e) < 0)
		return -1;
	add(es, op);
	return 0;
}

/* ---- one request ---- */

static struct span
id_of(const struct es_batch *b, const struct es_op *o)
{
	return (struct span){ b->ids.p + o->id, o->nid };
}

/* How many operations the next request takes from the front. */
static size_t
choose(const struct es_batch *b)
{
	size_t max = b->bad > 1 ? b->bad / 2 : b->bad == 1 ? 1 : b->nleft;
	size_t bytes = 0, n = 0;

	for (size_t i = 0; i < b->nleft; i++)
		if (b->v[b->left[i]].crashes >= CRASHES - 1)
			max = 1;
	while (n < max) {
		size_t len = b->v[b->left[n]].len;

		if (n > 0 && bytes + len > b->target)
			break;
		bytes += len;
		n++;
	}
	return n;
}

/* The lines of the first n. */
static struct span
compose(struct es_batch *b, size_t n)
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

static bool
post(struct es *es, size_t n, struct err *e)
{
	struct es_batch *b = &es->batch;
	struct http_request rq = { .method = "POST", .url = es->bulk_url,
		.type = "application/x-ndjson", .body = compose(b, n),
		.gzipped = es->gzip };

	if (es->gzip) {
		gzip_pack(&b->packed, rq.body);
		rq.body = buf_span(&b->packed);
	}
	return http_send(es->http, &rq, &es->reply, e) == 0;
}

static bool
is_json(const char *type)
{
	size_t n = strlen(type);

	return span_starts(span_of(type), SPAN("application/")) && n >= 4 &&
	    streq(type + n - 4, "json");
}

/* ---- the answers of a request ---- */

/* Keeps what the item says of its failure: code and message. */
static void
note(struct es *es, struct es_op *o, const struct es_item *item,
    struct err *e)
{
	struct es_batch *b = &es->batch;

	o->note = b->notes.n;
	buf_add(&b->notes, item->code, strlen(item->code) + 1);
	buf_add(&b->notes, item->message, strlen(item->message) + 1);
	if (item->answer != ES_REFUSED)
		err_set(e, item->answer == ES_STOP ? ST_PERSON : ST_TEMP,
		    "%s/_bulk: HTTP %d %s", es->url, item->status, item->code);
}

/* Reads all of them before any counts. NULL, or why they do not fit. A stop
 * among them leaves its message in e, whatever comes after it. */
static const char *
read_items(struct es *es, struct es_items *r, size_t n, struct err *e)
{
	struct es_batch *b = &es->batch;
	bool stop = false;
	const char *why;

	buf_clear(&b->notes);
	if (!es_items_open(r, buf_span(&es->reply.body), &why))
		return why;
	for (size_t i = 0; i < n; i++) {
		struct es_op *o = &b->v[b->left[i]];
		struct err other, *to = stop ? &other : e;
		struct es_item item;

		if (!es_items_next(r, o->remove, id_of(b, o), &item, &why))
			return why;
		o->answer = (unsigned char)item.answer;
		if (item.answer != ES_DONE)
			note(es, o, &item, to);
		stop = stop || item.answer == ES_STOP;
	}
	return es_items_end(r) ? NULL :
	    "the reply has more items than were sent";
}

/* The operation at i is put off: what becomes of it and of those after it on
 * the same id. */
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
				later->answer = ES_AGAIN;
			if (pass == 0 && later->answer == ES_DONE) {
				o->answer = ES_DONE;
				return;
			}
		}
	}
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
	}
	for (size_t i = 0; i < n; i++) {
		struct es_op *o = &b->v[b->left[i]];

		if (o->answer == ES_AGAIN)
			keep_order(b, i, n);
		if (o->answer == ES_STOP)
			worst = ES_STOP;
		else if (o->answer == ES_AGAIN && worst != ES_STOP)
			worst = ES_AGAIN;
	}
	return worst;
}

/* Hands out what is final; the rest stays, in its order. */
static void
deliver(struct es *es, size_t n)
{
	struct es_batch *b = &es->batch;
	struct index *ix = &es->index;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct es_op *o = &b->v[b->left[i]];
		const char *code = b->notes.p + o->note;

		if (o->answer == ES_DONE) {
			ix->verdict(ix->ctx, o->seq, NULL, NULL);
		} else if (o->answer == ES_REFUSED) {
			const char *message = code + strlen(code) + 1;

			ix->verdict(ix->ctx, o->seq, code,
			    *message ? message : NULL);
		} else {
			b->left[kept++] = b->left[i];
		}
	}
	memmove(b->left + kept, b->left + n,
	    (b->nleft - n) * sizeof *b->left);
	b->nleft -= n - kept;
}

/* The front operation is refused as the request was. */
static void
refuse_front(struct es *es, const char *code)
{
	struct es_batch *b = &es->batch;

	es->index.verdict(es->index.ctx, b->v[b->left[0]].seq, code, NULL);
	memmove(b->left, b->left + 1, --b->nleft * sizeof *b->left);
	b->bad = 0;
}

static int
wait_for(struct es *es)
{
	return retry_wait(&es->retry, es->reply.retry_after) ? 0 : -1;
}

/* What was sent may have been done or not: it is sent again as it was, once. */
static int
resend(struct es_batch *b)
{
	bool twice = b->resent;

	b->resent = true;
	return twice ? -1 : 0;
}

/* The request got 200. */
static int
answered(struct es *es, size_t n, struct err *e)
{
	struct es_batch *b = &es->batch;
	struct es_items r = { 0 };
	enum es_answer worst;
	const char *why;

	if (!is_json(es->reply.type))
		return err_set(e, ST_PERSON, "%s/_bulk: HTTP 200 without JSON; "
		    "is this Elasticsearch or OpenSearch", es->url);
	why = read_items(es, &r, n, e);
	es_items_release(&r);
	if (why != NULL) {
		err_set(e, ST_PERSON, "%s/_bulk: %s", es->url, why);
		return resend(b);
	}
	b->resent = false;
	b->bad -= n < b->bad ? n : b->bad;
	worst = settle(b, n);
	deliver(es, n);
	if (worst == ES_STOP)
		return -1;
	if (worst == ES_AGAIN)
		return wait_for(es);
	retry_success(&es->retry);
	return 0;
}

/* The request failed as a whole. */
static int
rejected(struct es *es, size_t n, struct err *e)
{
	struct es_batch *b = &es->batch;
	struct val_error ve;
	const char *type;
	char code[16];
	size_t bytes = 0;

	arena_release(&es->arena);
	es->answer = val_parse(&es->arena, buf_span(&es->reply.body), ES_DEPTH,
	    false, &ve);
	type = es_error_type(es->answer);
	es_refused(es, es->bulk_url, e);
	switch (es_judge_request(es->reply.status, type)) {
	case ES_AGAIN:
		return wait_for(es);
	case ES_HALVE:
		for (size_t i = 0; i < n; i++)
			bytes += b->v[b->left[i]].len;
		if (n > 1)
			b->target = bytes / 2;
		else
			refuse_front(es, "too_large");
		return 0;
	case ES_BISECT:
		snprintf(code, sizeof code, "http_%d", es->reply.status);
		if (n > 1)
			b->bad = n;
		else
			refuse_front(es, *type ? type : code);
		return 0;
	default:
		return -1;
	}
}

/* No reply, or not all of it. */
static int
unanswered(struct es *es, struct err *e)
{
	if (es->reply.fault == HTTP_DOWN)
		return wait_for(es);
	e->status = ST_PERSON;
	return es->reply.fault == HTTP_CUT ? resend(&es->batch) : -1;
}

int
es_flush(struct index *ix, struct err *e)
{
	struct es *es = (struct es *)ix;
	struct es_batch *b = &es->batch;

	while (b->nleft > 0) {
		size_t n = choose(b);
		int r;

		if (!post(es, n, e))
			r = unanswered(es, e);
		else if (es->reply.status == 200)
			r = answered(es, n, e);
		else
			r = rejected(es, n, e);
		if (r < 0)
			return -1;
	}
	b->n = 0;
	b->bad = 0;
	buf_clear(&b->body);
	buf_clear(&b->ids);
	return 0;
}

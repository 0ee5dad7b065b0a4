/* SPDX-License-Identifier: MIT */
/*
 * The answer to a bulk request: nothing is called done, or refused, that the
 * reply does not say so of, in its place. The tree of json/val.h is the second
 * opinion. The input: three operations, a letter each (i or d, in capitals on
 * the id of the one before), a line break, the reply.
 */
#include "fuzz.h"

#include "index/elasticsearch.h"
#include "json/val.h"

enum { OPS = 3 };

struct sent {
	bool remove[OPS];
	const char *id[OPS];
	bool answered[OPS], done[OPS];
	const struct val *items;        /* NULL: the reply is no answer */
};

static void
take_verdict(void *ctx, const struct index_answer *a)
{
	struct sent *s = ctx;

	MUST(a->seq < OPS && !s->answered[a->seq]);
	MUST(a->remove == s->remove[a->seq]);
	MUST(span_is(a->id, s->id[a->seq]));
	MUST(a->code == NULL || *a->code != '\0');
	s->answered[a->seq] = true;
	s->done[a->seq] = a->code == NULL;
}

/* The one answer at place i, if it is to this operation. */
static const struct val *
answer_at(const struct sent *s, size_t i)
{
	const struct val *item = s->items->items[i], *a;

	if (item->type != JSON_OBJECT)
		return NULL;
	a = val_get(item, s->remove[i] ? "delete" : "index");
	return a != NULL && a->type == JSON_OBJECT &&
	    span_is(val_str(val_get(a, "_id")), s->id[i]) ? a : NULL;
}

static bool
says_done(const struct sent *s, size_t i)
{
	const struct val *a = answer_at(s, i);
	uint64_t status = 0;

	if (a == NULL || !val_u64(val_get(a, "status"), 999, &status))
		return false;
	if (val_get(a, "error") != NULL &&
	    val_get(a, "error")->type != JSON_NULL)
		return false;
	return (status >= 200 && status <= 201) ||
	    (s->remove[i] && status == 404 &&
	    span_is(val_str(val_get(a, "result")), "not_found"));
}

/* Put off, an operation may be done by a later one on its id. */
static bool
done_later(const struct sent *s, size_t i)
{
	for (size_t j = i + 1; j < OPS; j++)
		if (streq(s->id[i], s->id[j]) && says_done(s, j))
			return true;
	return false;
}

static void
check(const struct sent *s, enum es_answer all)
{
	for (size_t i = 0; i < OPS; i++) {
		if (!s->answered[i])
			continue;
		MUST(all != ES_ODD);
		MUST(s->items != NULL && s->items->type == JSON_ARRAY);
		MUST(s->items->n == OPS);
		MUST(answer_at(s, i) != NULL);
		MUST(!s->done[i] || says_done(s, i) || done_later(s, i));
		MUST(s->done[i] || !says_done(s, i) ||
		    val_get(answer_at(s, i), "result") != NULL ||
		    val_get(answer_at(s, i), "failure_store") != NULL);
	}
	for (size_t i = 0; i < OPS; i++)
		MUST(all != ES_DONE || s->answered[i]);
}

static void
add(struct es_batch *b, struct sent *s, size_t i, char letter)
{
	static const char *const ids[OPS] = { "w:1", "w:2", "w:\"3\xc3\xa9" };
	struct json_object o = { 0 };
	struct json_error e;
	struct buf line = { 0 };
	struct index_op op = { .seq = i };

	s->remove[i] = letter == 'd' || letter == 'D';
	s->id[i] = i > 0 && letter < 'a' ? s->id[i - 1] : ids[i];
	buf_puts(&line, s->id[i] == ids[2] ?
	    "{\"_id\":\"w:\\\"3\xc3\xa9\"}" : s->id[i] == ids[1] ?
	    "{\"_id\":\"w:2\"}" : "{\"_id\":\"w:1\"}");
	buf_pad(&line);
	op.remove = s->remove[i];
	op.id = span_of(s->id[i]);
	op.line = buf_span(&line);
	MUST(json_object_scan(op.line, 2, &o, &e) == 0);
	op.doc = &o;
	op.name = &o.v[0];
	es_batch_add(b, &op, (uint64_t)(unsigned char)op.id.p[2],
	    SPAN("\"w\""));
	json_object_release(&o);
	buf_release(&line);
}

static void
judge_reply(struct sent *s, struct span letters, struct span reply)
{
	struct index ix = { .verdict = take_verdict, .ctx = s };
	struct es_batch b = { 0 };
	struct err e = { 0 };
	enum es_answer all;

	for (size_t i = 0; i < OPS; i++)
		add(&b, s, i, i < letters.n ? letters.p[i] : 'i');
	es_batch_body(&b, OPS);
	all = es_batch_answer(&b, OPS, reply, &ix, &e);
	check(s, all);
	MUST(all == ES_DONE || b.nleft > 0);
	es_batch_release(&b);
}

static void
judge_request(struct span text)
{
	char *type = xstrndup(text);

	for (int status = 100; status < 600; status += 1)
		MUST(es_judge_request(status, type) != ES_DONE &&
		    es_judge_request(status, type) != ES_REFUSED);
	free(type);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = { (const char *)p, n };
	struct span letters = fuzz_part(&in, '\n');
	struct sent s = { 0 };
	struct arena a = { 0 };
	struct val_error e;
	char *reply = fuzz_padded(in.p, in.n);
	const struct val *v;

	in.p = reply;
	v = val_parse(&a, in, JSON_DEPTH, false, &e);
	if (v != NULL && v->type == JSON_OBJECT)
		s.items = val_get(v, "items");
	judge_reply(&s, letters, in);
	if (in.n < 64)
		judge_request(in);
	arena_release(&a);
	free(reply);
	return 0;
}

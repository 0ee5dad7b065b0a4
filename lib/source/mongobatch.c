/* SPDX-License-Identifier: MIT */
/* Documents by their _id: those that a change stream names, and those that
 * the request does. */
#include <stdlib.h>

#include "base/mem.h"
#include "source/bsonvalue.h"
#include "source/mongorun.h"

/* Documents to be read: their ids, and the values of these. */
struct batch {
	struct mongorun *r;
	struct mongostream *s;
	bson_t values;          /* an array */
	uint32_t n;
	struct span id[MONGO_IDS];      /* sorted before they are read */
	bool found[MONGO_IDS];
};

/* A string of MongoDB may hold a NUL. */
static int
compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

static void
mark(void *ctx, struct span id, const bson_t *document)
{
	struct batch *b = ctx;
	const struct span *found;

	(void)document;
	found = bsearch(&id, b->id, b->n, sizeof *b->id, compare);
	if (found != NULL)
		b->found[found - b->id] = true;
}

static void
forget(struct batch *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		free((char *)b->id[i].p);
	b->n = 0;
	bson_reinit(&b->values);
}

/* What is not found is gone, or is none of the stream's any more. */
static int
read_batch(struct batch *b, bool deletes, struct err *e)
{
	struct mongopart part = { .ids = &b->values, .seen = mark, .ctx = b };
	int result;

	if (b->n == 0)
		return 0;
	memset(b->found, 0, sizeof b->found);
	qsort(b->id, b->n, sizeof *b->id, compare);
	result = mongoread_stream(&b->r->g, b->s, &part, e);
	for (uint32_t i = 0; result == 0 && deletes && !b->s->unread &&
	    i < b->n; i++) {
		bool same = i + 1 < b->n &&
		    compare(&b->id[i], &b->id[i + 1]) == 0;

		if (same)
			b->found[i + 1] = b->found[i + 1] || b->found[i];
		else if (!b->found[i])
			emit_delete(b->id[i]);
	}
	forget(b);
	return result;
}

static void
keep_id(struct batch *b, struct span id)
{
	b->id[b->n++] = (struct span){ xstrndup(id), id.n };
}

static const char *
key_of(uint32_t n, char text[16])
{
	const char *key;

	bson_uint32_to_string(n, &key, text, 16);
	return key;
}

/* ---- the change stream ---- */

static void
add_change(struct batch *b, const bson_iter_t *value)
{
	struct buf id = { 0 }, text = { 0 };
	char key[16];

	mongoread_prefix(&id, b->s);
	bsonvalue_id(&text, value);
	id_part(&id, buf_span(&text));
	bson_append_iter(&b->values, key_of(b->n, key), -1, value);
	keep_id(b, buf_span(&id));
	buf_release(&id);
	buf_release(&text);
}

static int
full(struct mongostream *s, const char *why, struct err *e)
{
	emit_reset();
	return err_set(e, ST_PERSON, "stream %s: %s; run a full sync",
	    s->name, why);
}

static int
refused(struct mongostream *s, struct err *e)
{
	struct err first = *e;

	return full(s, first.text, e);
}

static int
follow(struct batch *b, struct mongochange *c, struct err *e)
{
	int more;

	while ((more = mongochange_next(c, e)) == 1) {
		if (c->kind == MONGO_OVER)
			return full(b->s, "a change that cannot be followed",
			    e);
		add_change(b, &c->id);
		if (b->n == MONGO_IDS && read_batch(b, true, e) != 0)
			return -1;
		if (mongoconn_refresh(&b->r->g, e) != 0)
			return -1;
	}
	return more == 0 ? read_batch(b, true, e) : -1;
}

int
mongobatch_changes(struct mongorun *r, struct mongostream *s,
    const struct val *state, struct err *e)
{
	static struct batch b;
	struct mongochange c;
	int result;

	b = (struct batch){ .r = r, .s = s };
	bson_init(&b.values);
	result = mongochange_open(&c, &r->g, s->collection, state, e);
	if (result == 0)
		result = follow(&b, &c, e);
	else if (e->status != ST_TEMP && r->g.code != MONGO_FORBIDDEN)
		result = refused(s, e);
	if (result == 0) {
		s->place.n = 0;
		mongochange_place(&c, &s->place);
	}
	mongochange_close(&c);
	forget(&b);
	bson_destroy(&b.values);
	return result;
}

/* ---- ids of a request ---- */

/* The opposite of id_part. */
static void
unescape(struct buf *out, struct span part)
{
	for (size_t i = 0; i < part.n; i++) {
		char digits[3] = { 0 }, *end = digits;
		unsigned long c = 0;

		if (part.p[i] == '%' && i + 2 < part.n) {
			memcpy(digits, part.p + i + 1, 2);
			c = strtoul(digits, &end, 16);
		}
		buf_putc(out, end == digits + 2 ? (char)c : part.p[i]);
		i += end == digits + 2 ? 2 : 0;
	}
}

static void
add_asked(struct batch *b, struct span id, struct span part)
{
	struct buf text = { 0 };
	char key[16];

	unescape(&text, part);
	if (bsonvalue_from_id(&b->values, key_of(b->n, key), buf_span(&text)))
		keep_id(b, id);
	else
		emit_fail(id, "bad_id", "no document has such an id");
	buf_release(&text);
}

/* A part of all documents cannot be had by name; the program that started us
 * takes what it asked for. */
static int
ids_of(struct batch *b, struct err *e)
{
	const struct val *ids = b->r->rq->ids;
	struct mongopart all = { 0 };
	struct buf prefix = { 0 };
	int result = 0;

	mongoread_prefix(&prefix, b->s);
	for (size_t i = 0; result == 0 && !b->s->part && i < ids->n; i++) {
		struct span id = val_str(ids->items[i]);

		if (!span_starts(id, buf_span(&prefix)))
			continue;
		add_asked(b, id, (struct span){ id.p + prefix.n,
		    id.n - prefix.n });
		if (b->n == MONGO_IDS)
			result = read_batch(b, false, e);
	}
	if (result == 0)
		result = b->s->part ? mongoread_stream(&b->r->g, b->s, &all, e)
		    : read_batch(b, false, e);
	buf_release(&prefix);
	return result;
}

int
mongobatch_ids(struct mongorun *r, struct err *e)
{
	static struct batch b;
	int result = 0;

	for (size_t i = 0; result == 0 && i < r->n; i++) {
		b = (struct batch){ .r = r, .s = &r->v[i] };
		bson_init(&b.values);
		if (r->v[i].unread)
			mongoread_refused(&r->v[i]);
		else
			result = ids_of(&b, e);
		forget(&b);
		bson_destroy(&b.values);
	}
	return result;
}

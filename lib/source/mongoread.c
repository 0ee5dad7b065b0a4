/* SPDX-License-Identifier: MIT */
#include "source/mongoread.h"

#include <stdio.h>

#include "source/bsonvalue.h"
#include "source/mongoquery.h"

/* ---- one document ---- */

struct reader {
	const struct mongostream *s;
	const struct mongopart *part;
	struct buf id, value, stamp;
	size_t prefix;          /* how much of id is the stream's */
};

void
mongoread_prefix(struct buf *out, const struct mongostream *s)
{
	id_part(out, span_of(s->name));
	buf_putc(out, '/');
}

void
mongoread_refused(const struct mongostream *s)
{
	struct buf prefix = { 0 };

	mongoread_prefix(&prefix, s);
	emit_fail_prefix(buf_span(&prefix), "forbidden", s->why);
	buf_release(&prefix);
}

static struct span
stamp_of(struct reader *r, const bson_t *document)
{
	static const struct span none;
	bson_iter_t i, found;

	buf_clear(&r->stamp);
	if (r->s->timestamp == NULL || !bson_iter_init(&i, document) ||
	    !bson_iter_find_descendant(&i, r->s->timestamp, &found) ||
	    !bsonvalue_stamp(&r->stamp, &found))
		return none;
	return buf_span(&r->stamp);
}

static void
put_document(struct reader *r, struct span stamp, const bson_t *document)
{
	struct buf *b = emit_begin(buf_span(&r->id), stamp, r->s->name);

	switch (bsonvalue_document(b, document)) {
	case BSONVALUE_GOOD:
		emit_end();
		break;
	case BSONVALUE_DEEP:
		emit_cancel("too_deep", "the document is nested too deep");
		break;
	default:
		emit_cancel("damaged", "the document is not valid BSON");
	}
}

static int
put(struct reader *r, const bson_t *document, struct err *e)
{
	bson_iter_t i;

	if (!bson_iter_init_find(&i, document, "_id"))
		return err_set(e, ST_PERSON, "stream %s: a document without "
		    "_id; the pipeline has to keep it", r->s->name);
	r->id.n = r->prefix;
	buf_clear(&r->value);
	bsonvalue_id(&r->value, &i);
	id_part(&r->id, buf_span(&r->value));
	if (r->part->seen != NULL)
		r->part->seen(r->part->ctx, buf_span(&r->id), document);
	if (r->part->few)
		return 0;
	if (r->part->slim)
		emit_doc(buf_span(&r->id), stamp_of(r, document), r->s->name,
		    (struct span){ 0 });
	else
		put_document(r, stamp_of(r, document), document);
	return 0;
}

/* ---- the cursor ---- */

static mongoc_cursor_t *
open_cursor(struct mongoconn *g, const struct mongostream *s,
    const struct mongopart *part)
{
	mongoc_collection_t *collection = mongoc_client_get_collection(
	    g->client, g->database, s->collection);
	bson_t query = BSON_INITIALIZER, opts = BSON_INITIALIZER;
	mongoc_cursor_t *c;

	mongoconn_options(g, &opts);
	mongoquery_options(&opts, s, part);
	if (s->pipeline != NULL) {
		mongoquery_stages(&query, s, part);
		c = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE,
		    &query, &opts, NULL);
	} else {
		mongoquery_filter(&query, s, part);
		c = mongoc_collection_find_with_opts(collection, &query, &opts,
		    NULL);
	}
	bson_destroy(&query);
	bson_destroy(&opts);
	mongoc_collection_destroy(collection);
	return c;
}

static int
read_cursor(struct reader *r, mongoc_cursor_t *c, struct mongoconn *g,
    struct err *e)
{
	const bson_t *document;
	bson_error_t error;
	char what[200];

	while (mongoc_cursor_next(c, &document))
		if (put(r, document, e) != 0 || mongoconn_refresh(g, e) != 0)
			return -1;
	if (!mongoc_cursor_error(c, &error))
		return 0;
	snprintf(what, sizeof what, "stream %s", r->s->name);
	return mongoconn_failed(g, &error, what, e);
}

/* Other streams can be read; what is in the index of this one stays. */
static int
forbidden(struct mongoconn *g, struct mongostream *s, struct err *e)
{
	if (g->code != MONGO_FORBIDDEN)
		return -1;
	s->unread = true;
	snprintf(s->why, sizeof s->why, "%.*s", (int)sizeof s->why - 1,
	    e->text);
	return 0;
}

int
mongoread_stream(struct mongoconn *g, struct mongostream *s,
    const struct mongopart *part, struct err *e)
{
	struct reader r = { .s = s, .part = part };
	mongoc_cursor_t *c;
	int result = 0;

	if (!s->unread) {
		mongoread_prefix(&r.id, s);
		r.prefix = r.id.n;
		g->code = 0;
		c = open_cursor(g, s, part);
		result = read_cursor(&r, c, g, e);
		mongoc_cursor_destroy(c);
		buf_release(&r.id);
		buf_release(&r.value);
		buf_release(&r.stamp);
		if (result != 0)
			result = forbidden(g, s, e);
	}
	if (s->unread && !part->few)
		mongoread_refused(s);
	return result;
}

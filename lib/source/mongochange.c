/* SPDX-License-Identifier: MIT */
#include "source/mongochange.h"

#include <inttypes.h>
#include <stdio.h>

enum { WAIT_MS = 10, EMPTY_AT_END = 2 };

bool
mongochange_knows(const struct val *state)
{
	return val_str(val_get(state, "token")).n > 0 ||
	    val_str(val_get(state, "time")).n > 0;
}

void
mongochange_place(const struct mongochange *c, struct buf *out)
{
	char *text;

	if (c->token == NULL) {
		buf_printf(out, "\"time\":\"%" PRIu32 ".%" PRIu32 "\"",
		    c->seconds, c->count);
		return;
	}
	text = bson_as_canonical_extended_json(c->token, NULL);
	buf_puts(out, "\"token\":");
	json_put_cstring(out, text != NULL ? text : "");
	bson_free(text);
}

/* ---- replies ---- */

static bool
find(const bson_t *b, const char *path, bson_iter_t *found)
{
	bson_iter_t i;

	return bson_iter_init(&i, b) &&
	    bson_iter_find_descendant(&i, path, found);
}

static void
keep_token(struct mongochange *c, const bson_iter_t *i)
{
	const uint8_t *p;
	uint32_t n;

	bson_destroy(c->token);
	bson_iter_document(i, &n, &p);
	c->token = bson_new_from_data(p, n);
}

/* Before the first change there may be no token; then the time of the last
 * operation, or the server's clock, is where we begin. */
static void
take_time(struct mongochange *c)
{
	bson_iter_t i;

	if (c->seconds > 0)
		return;
	if (find(&c->reply, "operationTime", &i) &&
	    BSON_ITER_HOLDS_TIMESTAMP(&i))
		bson_iter_timestamp(&i, &c->seconds, &c->count);
	else
		c->seconds = (uint32_t)c->g->since.tv_sec;
}

/* The batch is over: nothing of the collection is before this token. */
static void
pass_batch(struct mongochange *c)
{
	bson_iter_t i;

	if (find(&c->reply, "cursor.postBatchResumeToken", &i) &&
	    BSON_ITER_HOLDS_DOCUMENT(&i))
		keep_token(c, &i);
}

static int
run(struct mongochange *c, const bson_t *command, const char *batch,
    struct err *e)
{
	bson_iter_t i;

	if (c->loaded)
		bson_destroy(&c->reply);
	c->loaded = true;
	if (mongoconn_command(c->g, command, &c->reply, e) != 0)
		return -1;
	if (!find(&c->reply, "cursor.id", &i))
		return err_set(e, ST_PERSON, "the server gives no cursor");
	c->cursor = bson_iter_as_int64(&i);
	if (!find(&c->reply, batch, &i) || !BSON_ITER_HOLDS_ARRAY(&i) ||
	    !bson_iter_recurse(&i, &c->batch))
		return err_set(e, ST_PERSON, "the server gives no changes");
	return 0;
}

static int
fetch(struct mongochange *c, struct err *e)
{
	bson_t command = BSON_INITIALIZER;
	int result;

	BSON_APPEND_INT64(&command, "getMore", c->cursor);
	BSON_APPEND_UTF8(&command, "collection", c->collection);
	BSON_APPEND_INT64(&command, "maxTimeMS", WAIT_MS);
	result = run(c, &command, "cursor.nextBatch", e);
	bson_destroy(&command);
	return result;
}

/* ---- opening ---- */

static int
put_start(struct mongochange *c, bson_t *stage, const struct val *state,
    struct err *e)
{
	const char *token = val_cstr(val_get(state, "token"));
	const char *time = val_cstr(val_get(state, "time"));
	bson_error_t error;

	if (token != NULL) {
		c->token = bson_new_from_json((const uint8_t *)token, -1,
		    &error);
		if (c->token == NULL)
			return err_set(e, ST_PERSON, "the saved token is "
			    "damaged");
		BSON_APPEND_DOCUMENT(stage, "resumeAfter", c->token);
	} else if (time != NULL) {
		if (sscanf(time, "%" SCNu32 ".%" SCNu32, &c->seconds,
		    &c->count) != 2)
			return err_set(e, ST_PERSON, "the saved time is "
			    "damaged");
		BSON_APPEND_TIMESTAMP(stage, "startAtOperationTime",
		    c->seconds, c->count);
	}
	return 0;
}

/* Documents themselves are read afterwards. */
static void
put_fields(bson_t *pipeline)
{
	bson_t stage, fields;

	BSON_APPEND_DOCUMENT_BEGIN(pipeline, "1", &stage);
	BSON_APPEND_DOCUMENT_BEGIN(&stage, "$project", &fields);
	BSON_APPEND_INT32(&fields, "operationType", 1);
	BSON_APPEND_INT32(&fields, "documentKey", 1);
	BSON_APPEND_INT32(&fields, "clusterTime", 1);
	bson_append_document_end(&stage, &fields);
	bson_append_document_end(pipeline, &stage);
}

int
mongochange_open(struct mongochange *c, struct mongoconn *g,
    const char *collection, const struct val *state, struct err *e)
{
	bson_t command = BSON_INITIALIZER, pipeline, stage, options;
	int result;

	*c = (struct mongochange){ .g = g, .collection = collection };
	g->code = 0;
	BSON_APPEND_UTF8(&command, "aggregate", collection);
	BSON_APPEND_ARRAY_BEGIN(&command, "pipeline", &pipeline);
	BSON_APPEND_DOCUMENT_BEGIN(&pipeline, "0", &stage);
	BSON_APPEND_DOCUMENT_BEGIN(&stage, "$changeStream", &options);
	result = put_start(c, &options, state, e);
	bson_append_document_end(&stage, &options);
	bson_append_document_end(&pipeline, &stage);
	put_fields(&pipeline);
	bson_append_array_end(&command, &pipeline);
	BSON_APPEND_DOCUMENT_BEGIN(&command, "cursor", &options);
	bson_append_document_end(&command, &options);
	if (result == 0)
		result = run(c, &command, "cursor.firstBatch", e);
	bson_destroy(&command);
	if (result == 0 && state == NULL)
		pass_batch(c);
	if (result == 0)
		take_time(c);
	return result;
}

void
mongochange_close(struct mongochange *c)
{
	bson_t command = BSON_INITIALIZER, list, reply;
	struct err ignored = { 0 };

	if (c->cursor != 0) {
		BSON_APPEND_UTF8(&command, "killCursors", c->collection);
		BSON_APPEND_ARRAY_BEGIN(&command, "cursors", &list);
		BSON_APPEND_INT64(&list, "0", c->cursor);
		bson_append_array_end(&command, &list);
		mongoconn_command(c->g, &command, &reply, &ignored);
		bson_destroy(&reply);
	}
	bson_destroy(&command);
	if (c->loaded)
		bson_destroy(&c->reply);
	bson_destroy(c->token);
}

/* ---- changes ---- */

static bool
is_write(const char *type)
{
	static const char *const types[] = { "insert", "update", "replace",
		"delete" };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (streq(type, types[i]))
			return true;
	return false;
}

/* A poll ends, however much is written meanwhile. */
static bool
is_later(const struct mongochange *c, const bson_t *event)
{
	uint32_t seconds, count;
	bson_iter_t i;

	if (!find(event, "clusterTime", &i) || !BSON_ITER_HOLDS_TIMESTAMP(&i))
		return false;
	bson_iter_timestamp(&i, &seconds, &count);
	return (int64_t)seconds > (int64_t)c->g->now.tv_sec + 1;
}

static int
take(struct mongochange *c, struct err *e)
{
	const uint8_t *p;
	bson_iter_t i;
	bson_t event;
	uint32_t n;

	if (!BSON_ITER_HOLDS_DOCUMENT(&c->batch))
		return err_set(e, ST_PERSON, "a change is no document");
	bson_iter_document(&c->batch, &n, &p);
	if (!bson_init_static(&event, p, n) ||
	    !find(&event, "_id", &i) || !BSON_ITER_HOLDS_DOCUMENT(&i))
		return err_set(e, ST_PERSON, "a change has no token");
	if (is_later(c, &event))
		return 0;
	keep_token(c, &i);
	c->kind = find(&event, "operationType", &i) &&
	    BSON_ITER_HOLDS_UTF8(&i) && is_write(bson_iter_utf8(&i, NULL)) &&
	    find(&event, "documentKey._id", &c->id) ?
	    MONGO_WRITTEN : MONGO_OVER;
	return 1;
}

/* The server answers with an empty batch where the stream ends for now; the
 * first reply may be one before it looked. */
int
mongochange_next(struct mongochange *c, struct err *e)
{
	while (!bson_iter_next(&c->batch)) {
		pass_batch(c);
		if (c->cursor == 0 || c->empty == EMPTY_AT_END)
			return 0;
		c->empty++;
		if (fetch(c, e) != 0)
			return -1;
	}
	c->empty = 0;
	return take(c, e);
}

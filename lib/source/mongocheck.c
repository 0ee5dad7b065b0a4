/* SPDX-License-Identifier: MIT */
/* Verbs check and discover. */
#include <stdlib.h>

#include "base/mem.h"
#include "source/bsonvalue.h"
#include "source/fields.h"
#include "source/mongorun.h"

static const char *const id_field = "_id";

static void
report(const struct mongostream *s, bool good, struct buf *message)
{
	char *what = xasprintf("streams.%s", s->name);

	emit_check(what, good, buf_cstr(message));
	buf_release(message);
	free(what);
}

/* ---- grants ---- */

static void
put_grant(struct buf *b, const struct mongorun *r)
{
	buf_puts(b, "db.grantRolesToUser(");
	json_put_cstring(b, r->g.user != NULL ? r->g.user : "USER");
	buf_puts(b, ", [{role: \"read\", db: ");
	json_put_cstring(b, r->g.database);
	buf_puts(b, "}])");
}

static void
report_refused(const struct mongorun *r, const struct mongostream *s)
{
	struct buf b = { 0 };

	buf_puts(&b, s->why);
	buf_puts(&b, "; ");
	put_grant(&b, r);
	report(s, false, &b);
}

static void
check_list(const struct mongorun *r)
{
	struct buf b = { 0 };

	if (mongorun_partial(r) == NULL)
		return;
	buf_puts(&b, mongorun_partial(r));
	buf_puts(&b, "; name the streams, or ");
	put_grant(&b, r);
	emit_check("streams", false, buf_cstr(&b));
	buf_release(&b);
}

/* ---- the timestamp ---- */

struct sample {
	const char *field;
	size_t n, times;
};

static void
count_time(void *ctx, struct span id, const bson_t *document)
{
	struct sample *m = ctx;
	bson_iter_t i, found;

	(void)id;
	m->n++;
	m->times += m->field != NULL && bson_iter_init(&i, document) &&
	    bson_iter_find_descendant(&i, m->field, &found) &&
	    (BSON_ITER_HOLDS_DATE_TIME(&found) ||
	    BSON_ITER_HOLDS_TIMESTAMP(&found));
}

/* Does it begin with the field, and hold all documents? */
static bool
is_of_use(const bson_t *index, const char *field)
{
	bson_iter_t i, key;

	if (bson_has_field(index, "partialFilterExpression") ||
	    (bson_iter_init_find(&i, index, "sparse") &&
	    bson_iter_as_bool(&i)))
		return false;
	return bson_iter_init_find(&i, index, "key") &&
	    BSON_ITER_HOLDS_DOCUMENT(&i) && bson_iter_recurse(&i, &key) &&
	    bson_iter_next(&key) && streq(bson_iter_key(&key), field) &&
	    !BSON_ITER_HOLDS_UTF8(&key);
}

static int
has_index(struct mongorun *r, const struct mongostream *s, bool *out,
    struct err *e)
{
	mongoc_collection_t *collection = mongoc_client_get_collection(
	    r->g.client, r->g.database, s->collection);
	bson_t opts = BSON_INITIALIZER;
	mongoc_cursor_t *c;
	const bson_t *index;
	bson_error_t error;
	int result = 0;

	mongoconn_options(&r->g, &opts);
	c = mongoc_collection_find_indexes_with_opts(collection, &opts);
	*out = false;
	while (mongoc_cursor_next(c, &index))
		*out = *out || is_of_use(index, s->timestamp);
	if (mongoc_cursor_error(c, &error))
		result = mongoconn_failed(&r->g, &error, "indexes", e);
	mongoc_cursor_destroy(c);
	mongoc_collection_destroy(collection);
	bson_destroy(&opts);
	if (result == 0 || r->g.code != MONGO_FORBIDDEN)
		return result;
	*out = true;            /* not ours to see */
	return 0;
}

static int
check_timestamp(struct mongorun *r, const struct mongostream *s,
    const struct sample *m, struct err *e)
{
	struct buf b = { 0 };
	bool indexed;

	if (m->times < m->n) {
		buf_printf(&b, "%zu of %zu documents have no time in the "
		    "timestamp; each poll reads all such documents",
		    m->n - m->times, m->n);
		report(s, true, &b);
	}
	if (!s->plain || s->pipeline != NULL)
		return 0;
	if (has_index(r, s, &indexed, e) != 0)
		return -1;
	if (!indexed) {
		buf_puts(&b, "no index begins with the timestamp, so each "
		    "poll reads the whole collection; db.getCollection(");
		json_put_cstring(&b, s->collection);
		buf_puts(&b, ").createIndex({");
		json_put_cstring(&b, s->timestamp);
		buf_puts(&b, ": 1})");
		report(s, true, &b);
	}
	return 0;
}

/* ---- polls ---- */

static int
check_changes(struct mongorun *r, struct mongostream *s, struct err *e)
{
	struct buf b = { 0 };

	if (mongorun_place(r, s, e) != 0)
		return -1;
	if (s->part)
		buf_puts(&b, "with skip or limit there are no polls");
	else if (s->place.n == 0 && s->timestamp == NULL)
		buf_printf(&b, "it cannot be polled: without timestamp, and "
		    "without a change stream: %s", s->none);
	if (b.n > 0)
		report(s, true, &b);
	return 0;
}

/* ---- ids ---- */

/* {"$group":{"_id":"$_id","n":{"$sum":1}}}, {"$match":{"n":{"$gt":1}}},
 * {"$limit":1} behind the pipeline. */
static bson_t *
put_doubles(const struct mongostream *s)
{
	static const char text[] = "{\"0\":{\"$group\":{\"_id\":\"$_id\","
	    "\"n\":{\"$sum\":1}}},\"1\":{\"$match\":{\"n\":{\"$gt\":1}}},"
	    "\"2\":{\"$limit\":1}}";
	bson_t *stages = bson_copy(s->pipeline);
	bson_t *more = bson_new_from_json((const uint8_t *)text, -1, NULL);
	bson_iter_t i;

	for (bson_iter_init(&i, more); bson_iter_next(&i);) {
		char key[16];
		const char *k;

		bson_uint32_to_string(bson_count_keys(stages), &k, key,
		    sizeof key);
		bson_append_iter(stages, k, -1, &i);
	}
	bson_destroy(more);
	return stages;
}

/* Nothing makes the _id of an aggregate unique. */
static int
check_doubles(struct mongorun *r, const struct mongostream *s, struct err *e)
{
	mongoc_collection_t *collection = mongoc_client_get_collection(
	    r->g.client, r->g.database, s->collection);
	bson_t *stages = put_doubles(s), opts = BSON_INITIALIZER;
	struct buf b = { 0 };
	mongoc_cursor_t *c;
	const bson_t *found;
	bson_error_t error;

	mongoconn_options(&r->g, &opts);
	BSON_APPEND_BOOL(&opts, "allowDiskUse", true);
	BSON_APPEND_INT64(&opts, "maxTimeMS", 60000);
	c = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, stages,
	    &opts, NULL);
	if (mongoc_cursor_next(c, &found))
		buf_puts(&b, "several documents have the same _id, of which "
		    "the last one counts");
	if (mongoc_cursor_error(c, &error))
		buf_printf(&b, "whether each document has an _id of its own "
		    "could not be found out: %s", error.message);
	mongoc_cursor_destroy(c);
	mongoc_collection_destroy(collection);
	bson_destroy(stages);
	bson_destroy(&opts);
	if (b.n > 0)
		report(s, true, &b);
	(void)e;
	return 0;
}

/* ---- all of it ---- */

static int
check_stream(struct mongorun *r, struct mongostream *s, struct err *e)
{
	struct sample m = { .field = s->timestamp };
	struct mongopart part = { .few = true, .seen = count_time, .ctx = &m };

	if (mongoread_stream(&r->g, s, &part, e) != 0)
		return -1;
	if (s->unread) {
		report_refused(r, s);
		return 0;
	}
	if (s->timestamp != NULL && check_timestamp(r, s, &m, e) != 0)
		return -1;
	if (check_changes(r, s, e) != 0)
		return -1;
	return s->pipeline != NULL ? check_doubles(r, s, e) : 0;
}

int
mongocheck_all(struct mongorun *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++)
		if (check_stream(r, &r->v[i], e) != 0)
			return -1;
	check_list(r);
	return 0;
}

/* ---- discover ---- */

struct look {
	struct fields fields;
	struct json_object object;
	struct buf json;
	struct arena names;
	/* of each date so far: in how many documents it was one */
	const char *field[64];
	size_t times[64], nfields, n;
};

static void
count_date(struct look *l, const char *name)
{
	size_t i = 0;

	while (i < l->nfields && !streq(l->field[i], name))
		i++;
	if (i == sizeof l->field / sizeof *l->field)
		return;
	if (i == l->nfields) {
		l->field[i] = arena_strndup(&l->names, span_of(name));
		l->nfields++;
	}
	l->times[i]++;
}

static void
look(void *ctx, struct span id, const bson_t *document)
{
	struct look *l = ctx;
	struct json_error fault;
	bson_iter_t i;

	(void)id;
	l->n++;
	buf_clear(&l->json);
	if (bsonvalue_document(&l->json, document) != BSONVALUE_GOOD)
		return;
	buf_pad(&l->json);
	if (json_object_scan(buf_span(&l->json), JSON_DEPTH, &l->object,
	    &fault) == 0)
		fields_look(&l->fields, &l->object);
	for (bson_iter_init(&i, document); bson_iter_next(&i);)
		if (BSON_ITER_HOLDS_DATE_TIME(&i) ||
		    BSON_ITER_HOLDS_TIMESTAMP(&i))
			count_date(l, bson_iter_key(&i));
}

/* A time in each document, best one whose name speaks of changes. */
static const char *
candidate(const struct look *l)
{
	static const char *const words[] = { "updat", "modif", "chang", "" };

	for (size_t w = 0; w < sizeof words / sizeof *words; w++)
		for (size_t i = 0; i < l->nfields; i++)
			if (l->times[i] == l->n &&
			    strcasestr(l->field[i], words[w]) != NULL)
				return l->field[i];
	return NULL;
}

static int
discover_one(struct mongoconn *g, const char *name, struct err *e)
{
	struct look *l = xcalloc(1, sizeof *l);
	struct mongostream s = { .name = name, .collection = name,
		.opts = bson_new() };
	struct mongopart part = { .few = true, .seen = look, .ctx = l };
	int result = mongoread_stream(g, &s, &part, e);

	if (result == 0 && s.unread)
		warn("%s", s.why);
	else if (result == 0)
		fields_emit(&l->fields, name, &id_field, 1, candidate(l));
	mongostream_release(&s);
	fields_release(&l->fields);
	json_object_release(&l->object);
	arena_release(&l->names);
	buf_release(&l->json);
	free(l);
	return result;
}

int
mongocheck_discover(struct mongoconn *g, const struct mongolist *l,
    struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (discover_one(g, l->v[i].name, e) != 0)
			return -1;
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "source/mongostream.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static const char rules_key[] = "advanced_rules",
    keep_key[] = "no_cursor_timeout";

int
mongostream_wrong(const struct mongostream *s, struct err *e,
    const char *fmt, ...)
{
	char text[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(e, ST_USAGE, "streams.%s: %s", s->name, text);
}

/* ---- advanced rules ---- */

static int
only_one(const struct request *rq, const char *collection, struct err *e)
{
	for (size_t i = 0; i < rq->streams->n; i++) {
		const struct val *v = rq->streams->items[i];

		if (v->n > 1)
			return source_wrong(e, "collection",
			    "beside streams; only one of them may be there");
	}
	return source_one_stream(rq, collection, e);
}

int
mongostream_ready(struct arena *a, struct request *rq, struct err *e)
{
	const struct val *rules = val_get(rq->source, rules_key);
	const char *collection = val_cstr(val_get(rq->source, "collection"));
	struct val *streams, *v;

	if (rules != NULL && rules->type != JSON_NULL &&
	    rules->type != JSON_OBJECT)
		return source_wrong(e, rules_key, "not a mapping");
	if (rules != NULL && rules->n > 1)
		return source_wrong(e, rules_key,
		    "either find or aggregate, not both");
	if (collection == NULL)
		return rules == NULL || rules->n == 0 ? 0 : source_wrong(e,
		    rules_key, "collection is missing, which they are for");
	if (only_one(rq, collection, e) != 0)
		return -1;
	streams = val_new(a, JSON_ARRAY);
	v = val_new(a, JSON_OBJECT);
	val_set(a, v, SPAN("name"), val_string(a, span_of(collection)));
	for (size_t i = 0; rules != NULL && i < rules->n; i++)
		val_set(a, v, rules->members[i].key,
		    val_copy(a, rules->members[i].value));
	val_push(a, streams, v);
	rq->streams = streams;
	return 0;
}

/* ---- JSON to BSON ---- */

static bson_t *
to_bson(const struct mongostream *s, const char *key, const struct val *v,
    struct err *e)
{
	struct buf json = { 0 };
	bson_error_t error;
	bson_t *b;

	val_write(&json, v);
	b = bson_new_from_json((const uint8_t *)json.p, (ssize_t)json.n,
	    &error);
	buf_release(&json);
	if (b == NULL)
		mongostream_wrong(s, e, "%s: %s", key, error.message);
	return b;
}

/* ["a","b"] is {"a":1,"b":1}. */
static bson_t *
projection_of(const struct mongostream *s, const struct val *v,
    struct err *e)
{
	bson_t *b;

	if (v->type == JSON_OBJECT)
		return to_bson(s, "projection", v, e);
	b = bson_new();
	for (size_t i = 0; v->type == JSON_ARRAY && i < v->n; i++)
		if (val_cstr(v->items[i]) != NULL)
			BSON_APPEND_INT32(b, val_cstr(v->items[i]), 1);
	if (v->type == JSON_ARRAY && bson_count_keys(b) == v->n)
		return b;
	bson_destroy(b);
	mongostream_wrong(s, e, "projection: not a list of fields");
	return NULL;
}

/* ---- what may not be ---- */

/* Is there a member of that name, at any depth? */
static bool
holds_key(const struct val *v, const char *key)
{
	if (v == NULL)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (v->type == JSON_OBJECT ? span_is(v->members[i].key, key) ||
		    holds_key(v->members[i].value, key) :
		    holds_key(v->items[i], key))
			return true;
	return false;
}

static bool
holds_text(const struct val *v, const char *text)
{
	if (v == NULL)
		return false;
	if (v->type == JSON_STRING)
		return span_starts(v->str, span_of(text));
	if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (holds_text(v->type == JSON_OBJECT ? v->members[i].value :
		    v->items[i], text))
			return true;
	return false;
}

/* By the clock, by chance, or by code that may do anything. */
static bool
wavers(const struct val *v)
{
	static const char *const keys[] = { "$where", "$function", "$rand",
		"$sampleRate" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (holds_key(v, keys[i]))
			return true;
	return holds_text(v, "$$NOW") || holds_text(v, "$$CLUSTER_TIME");
}

static int
check_writes(const struct mongostream *s, const struct val *pipeline,
    struct err *e)
{
	static const char *const stages[] = { "$out", "$merge" };

	for (size_t i = 0; i < 2; i++)
		if (holds_key(pipeline, stages[i]))
			return mongostream_wrong(s, e, "pipeline: %s writes; "
			    "only what reads is run", stages[i]);
	return 0;
}

/* Without _id, or with another one, documents have no id or a wrong one. */
static int
check_projection(const struct mongostream *s, const struct val *v,
    struct err *e)
{
	const struct val *id = val_get(v, "_id");
	uint64_t one;

	if (id == NULL || id->type == JSON_TRUE ||
	    (val_u64(id, UINT64_MAX, &one) && one > 0))
		return 0;
	return mongostream_wrong(s, e, "projection: _id has to stay as it is");
}

/* ---- entries ---- */

enum kind { FLAG, NUMBER, OBJECT, IGNORED };

struct option {
	const char *key, *name;
	enum kind kind;
};

/* Elastic's names of a find's options, and the server's. */
static const struct option find_options[] = {
	{ "skip", "skip", NUMBER }, { "limit", "limit", NUMBER },
	{ "batch_size", "batchSize", NUMBER },
	{ "max_time_ms", "maxTimeMS", NUMBER },
	{ "return_key", "returnKey", FLAG },
	{ "show_record_id", "showRecordId", FLAG },
	{ "allow_disk_use", "allowDiskUse", FLAG },
	{ keep_key, "noCursorTimeout", FLAG },
	{ "allow_partial_results", "", IGNORED },
	{ "filter", "", IGNORED }, { "projection", "", IGNORED },
	{ NULL, NULL, FLAG }
}, aggregate_options[] = {
	{ "batchSize", "batchSize", NUMBER },
	{ "maxTimeMS", "maxTimeMS", NUMBER },
	{ "allowDiskUse", "allowDiskUse", FLAG }, { "let", "let", OBJECT },
	{ "pipeline", "", IGNORED }, { NULL, NULL, FLAG }
};

static int
add_option(struct mongostream *s, const struct option *o,
    const struct val *v, struct err *e)
{
	uint64_t n = 0;
	bson_t *b;

	switch (o->kind) {
	case FLAG:
		if (v->type != JSON_TRUE && v->type != JSON_FALSE)
			return mongostream_wrong(s, e, "%s: neither true nor "
			    "false", o->key);
		BSON_APPEND_BOOL(s->opts, o->name, val_bool(v, false));
		break;
	case NUMBER:
		if (!val_u64(v, INT32_MAX, &n))
			return mongostream_wrong(s, e, "%s: not a number",
			    o->key);
		BSON_APPEND_INT64(s->opts, o->name, (int64_t)n);
		s->part = s->part || (n > 0 && (streq(o->key, "skip") ||
		    streq(o->key, "limit")));
		break;
	case OBJECT:
		b = v->type == JSON_OBJECT ? to_bson(s, o->key, v, e) : NULL;
		if (b == NULL)
			return mongostream_wrong(s, e, "%s: not a mapping",
			    o->key);
		BSON_APPEND_DOCUMENT(s->opts, o->name, b);
		bson_destroy(b);
		break;
	default:
		break;
	}
	return 0;
}

/* The value of find or aggregate in advanced rules. */
static int
read_options(struct mongostream *s, const struct option *known,
    const struct val *rule, struct err *e)
{
	if (rule->type != JSON_OBJECT)
		return mongostream_wrong(s, e, "the rule is not a mapping");
	if (val_bool(val_get(rule, "allow_partial_results"), false))
		return mongostream_wrong(s, e, "allow_partial_results: what a "
		    "part of the server leaves out would be deleted");
	for (size_t i = 0; i < rule->n; i++) {
		const struct val_member *m = &rule->members[i];
		const struct option *o = known;

		while (o->key != NULL && !span_is(m->key, o->key))
			o++;
		if (o->key == NULL)
			return mongostream_wrong(s, e, "%s: unknown key",
			    m->key.p);
		if (add_option(s, o, m->value, e) != 0)
			return -1;
	}
	return 0;
}

static int
read_find(struct mongostream *s, const struct val *v, struct err *e)
{
	const struct val *filter = val_get(v, "filter");
	const struct val *projection = val_get(v, "projection");
	const struct val *sort = val_get(v, "sort");

	s->wavers = wavers(filter) || wavers(projection);
	if (check_projection(s, projection, e) != 0)
		return -1;
	if (filter != NULL &&
	    (s->filter = to_bson(s, "filter", filter, e)) == NULL)
		return -1;
	if (projection != NULL &&
	    (s->projection = projection_of(s, projection, e)) == NULL)
		return -1;
	if (sort != NULL && (s->sort = to_bson(s, "sort", sort, e)) == NULL)
		return -1;
	return 0;
}

/* What an entry may say of its find, of what Elastic's rules may. */
static int
read_entry(struct mongostream *s, const struct val *v, struct err *e)
{
	static const struct option keep = { keep_key, "noCursorTimeout",
		FLAG };
	const struct val *flag = val_get(v, keep_key);

	if (flag != NULL && add_option(s, &keep, flag, e) != 0)
		return -1;
	return read_find(s, v, e);
}

static int
read_aggregate(struct mongostream *s, const struct val *v, struct err *e)
{
	const struct val *pipeline = val_get(v, "pipeline");

	if (pipeline == NULL || pipeline->type != JSON_ARRAY ||
	    pipeline->n == 0)
		return mongostream_wrong(s, e,
		    "pipeline: not a list of stages");
	if (val_get(v, "filter") != NULL || val_get(v, "projection") != NULL ||
	    val_get(v, "sort") != NULL || val_get(v, keep_key) != NULL)
		return mongostream_wrong(s, e, "pipeline: beside filter, "
		    "projection, sort or no_cursor_timeout");
	if (check_writes(s, pipeline, e) != 0)
		return -1;
	s->pipeline = to_bson(s, "pipeline", pipeline, e);
	return s->pipeline != NULL ? 0 : -1;
}

int
mongostream_read(struct mongostream *s, const struct request *rq, size_t i,
    struct err *e)
{
	const struct val *v = rq->streams->items[i];
	const struct val *find = val_get(v, "find");
	const struct val *aggregate = val_get(v, "aggregate");

	*s = (struct mongostream){ .name = val_cstr(val_get(v, "name")),
		.collection = val_cstr(val_get(v, "collection")),
		.timestamp = val_cstr(val_get(v, "timestamp")),
		.opts = bson_new() };
	if (s->name == NULL || *s->name == '\0')
		return err_set(e, ST_USAGE, "streams: an entry without name");
	if (s->collection == NULL)
		s->collection = s->name;
	if (find != NULL && read_options(s, find_options, find, e) != 0)
		return -1;
	if (aggregate != NULL &&
	    read_options(s, aggregate_options, aggregate, e) != 0)
		return -1;
	if (aggregate != NULL)
		return read_aggregate(s, aggregate, e);
	if (val_get(v, "pipeline") != NULL)
		return read_aggregate(s, v, e);
	return find != NULL ? read_find(s, find, e) : read_entry(s, v, e);
}

void
mongostream_release(struct mongostream *s)
{
	bson_destroy(s->filter);
	bson_destroy(s->projection);
	bson_destroy(s->sort);
	bson_destroy(s->pipeline);
	bson_destroy(s->opts);
	buf_release(&s->place);
	free(s->uuid);
}

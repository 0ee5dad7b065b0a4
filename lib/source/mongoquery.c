/* SPDX-License-Identifier: MIT */
#include "source/mongoquery.h"

enum { BATCH = 2000, SAMPLE = 100 };

/* An array under construction. */
struct list {
	bson_t *b;
	uint32_t n;
};

static void
add(struct list *l, const bson_t *item)
{
	char text[16];
	const char *key;

	bson_uint32_to_string(l->n++, &key, text, sizeof text);
	BSON_APPEND_DOCUMENT(l->b, key, item);
}

/* {FIELD: {OPERATOR: ...}}, closed by end. */
struct test {
	bson_t whole, inner;
};

static void
begin(struct test *t, const char *field)
{
	bson_init(&t->whole);
	BSON_APPEND_DOCUMENT_BEGIN(&t->whole, field, &t->inner);
}

static void
end(struct test *t, struct list *l)
{
	bson_append_document_end(&t->whole, &t->inner);
	add(l, &t->whole);
	bson_destroy(&t->whole);
}

/* ---- the window ---- */

static int64_t
milliseconds(struct timespec t, bool up)
{
	return (int64_t)t.tv_sec * 1000 +
	    (t.tv_nsec + (up ? 999999 : 0)) / 1000000;
}

static uint32_t
seconds(struct timespec t)
{
	return t.tv_sec < 0 ? 0 :
	    t.tv_sec > UINT32_MAX ? UINT32_MAX : (uint32_t)t.tv_sec;
}

/* A comparison finds values of its own type only. */
static void
put_times(struct list *any, const char *field, const struct window *w)
{
	struct test t;

	begin(&t, field);
	BSON_APPEND_DATE_TIME(&t.inner, "$gte", milliseconds(w->from, false));
	if (w->ends)
		BSON_APPEND_DATE_TIME(&t.inner, "$lt",
		    milliseconds(w->to, true));
	end(&t, any);
	begin(&t, field);
	BSON_APPEND_TIMESTAMP(&t.inner, "$gte", seconds(w->from), 0);
	if (w->ends)
		BSON_APPEND_TIMESTAMP(&t.inner, "$lt", seconds(w->to), 0);
	end(&t, any);
}

static void
put_none_of(struct list *any, const char *field)
{
	static const bson_type_t times[] = { BSON_TYPE_DATE_TIME,
		BSON_TYPE_TIMESTAMP };
	bson_t nor = BSON_INITIALIZER, inner;
	struct list l = { .b = &inner };

	BSON_APPEND_ARRAY_BEGIN(&nor, "$nor", &inner);
	for (size_t i = 0; i < 2; i++) {
		struct test t;

		begin(&t, field);
		BSON_APPEND_INT32(&t.inner, "$type", (int32_t)times[i]);
		end(&t, &l);
	}
	bson_append_array_end(&nor, &inner);
	add(any, &nor);
	bson_destroy(&nor);
}

void
mongoquery_types(bson_t *b)
{
	/* those that a server may not know come first: one may look no further
	 * than to the type that it finds */
	static const int32_t types[] = { 6, 12, 14, 15, 13, -1, 127, 1, 2, 3,
		4, 5, 7, 8, 11, 16, 18, 19 };
	char text[16];
	const char *key;

	for (uint32_t i = 0; i < sizeof types / sizeof *types; i++) {
		bson_uint32_to_string(i, &key, text, sizeof text);
		BSON_APPEND_INT32(b, key, types[i]);
	}
}

/* Whatever is no time may have been changed at any time. An index helps to
 * find all other types, but none to find what is not of two. */
static void
put_others(struct list *any, const char *field, enum mongoothers others)
{
	struct test t;
	bson_t types;

	if (others == MONGO_NOT_TIMES) {
		put_none_of(any, field);
		return;
	}
	begin(&t, field);
	BSON_APPEND_ARRAY_BEGIN(&t.inner, "$type", &types);
	mongoquery_types(&types);
	bson_append_array_end(&t.inner, &types);
	end(&t, any);
	bson_init(&t.whole);
	BSON_APPEND_NULL(&t.whole, field);
	add(any, &t.whole);
	bson_destroy(&t.whole);
}

static void
put_window(struct list *all, const struct mongostream *s,
    const struct mongopart *part)
{
	bson_t either = BSON_INITIALIZER, inner;
	struct list any = { .b = &inner };

	BSON_APPEND_ARRAY_BEGIN(&either, "$or", &inner);
	put_times(&any, s->timestamp, &part->w);
	if (part->others != MONGO_LEFT_OUT)
		put_others(&any, s->timestamp, part->others);
	bson_append_array_end(&either, &inner);
	add(all, &either);
	bson_destroy(&either);
}

static void
put_ids(struct list *all, const bson_t *ids)
{
	struct test t;

	begin(&t, "_id");
	BSON_APPEND_ARRAY(&t.inner, "$in", ids);
	end(&t, all);
}

/* Its parts, of which all have to hold. */
static void
put_part(struct list *all, const struct mongostream *s,
    const struct mongopart *part)
{
	if (part->w.on && s->timestamp != NULL)
		put_window(all, s, part);
	if (part->ids != NULL)
		put_ids(all, part->ids);
}

void
mongoquery_filter(bson_t *b, const struct mongostream *s,
    const struct mongopart *part)
{
	bson_t inner = BSON_INITIALIZER;
	struct list all = { .b = &inner };

	put_part(&all, s, part);
	if (all.n == 0) {
		if (s->filter != NULL)
			bson_concat(b, s->filter);
	} else {
		if (s->filter != NULL && !bson_empty(s->filter))
			add(&all, s->filter);
		BSON_APPEND_ARRAY(b, "$and", &inner);
	}
	bson_destroy(&inner);
}

/* ---- an aggregate ---- */

static void
put_projection(bson_t *b, const struct mongostream *s)
{
	BSON_APPEND_INT32(b, "_id", 1);
	if (s->timestamp != NULL && !streq(s->timestamp, "_id"))
		BSON_APPEND_INT32(b, s->timestamp, 1);
}

void
mongoquery_stages(bson_t *b, const struct mongostream *s,
    const struct mongopart *part)
{
	bson_t matches = BSON_INITIALIZER, stage, inner;
	struct list stages = { .b = b }, all = { .b = &matches };
	bson_iter_t i;

	bson_concat(b, s->pipeline);
	stages.n = bson_count_keys(s->pipeline);
	put_part(&all, s, part);
	for (bson_iter_init(&i, &matches); bson_iter_next(&i);) {
		bson_init(&stage);
		bson_append_iter(&stage, "$match", -1, &i);
		add(&stages, &stage);
		bson_destroy(&stage);
	}
	bson_destroy(&matches);
	bson_init(&stage);
	if (part->few) {
		BSON_APPEND_INT32(&stage, "$limit", SAMPLE);
	} else if (part->slim) {
		BSON_APPEND_DOCUMENT_BEGIN(&stage, "$project", &inner);
		put_projection(&inner, s);
		bson_append_document_end(&stage, &inner);
	}
	if (!bson_empty(&stage))
		add(&stages, &stage);
	bson_destroy(&stage);
}

/* ---- options ---- */

static void
put_by_id(bson_t *b, const char *key)
{
	bson_t id;

	BSON_APPEND_DOCUMENT_BEGIN(b, key, &id);
	BSON_APPEND_INT32(&id, "_id", 1);
	bson_append_document_end(b, &id);
}

/*
 * In the order of _id, along its index: an _id never changes, so that no
 * document moves from what is still to be read to what was read, as it can
 * in the order of any other index or of the storage. A poll takes any index:
 * what moves while it is read has a timestamp for the next one.
 */
static void
put_order(bson_t *b, const struct mongostream *s,
    const struct mongopart *part)
{
	if (s->sort != NULL) {
		BSON_APPEND_DOCUMENT(b, "sort", s->sort);
		return;
	}
	if (part->w.on || part->ids != NULL || part->few)
		return;
	put_by_id(b, "sort");
	if (s->plain)
		put_by_id(b, "hint");
}

static void
put_find_options(bson_t *b, const struct mongostream *s,
    const struct mongopart *part)
{
	bson_t fields = BSON_INITIALIZER;

	if (!bson_has_field(b, "noCursorTimeout"))
		BSON_APPEND_BOOL(b, "noCursorTimeout", true);
	put_order(b, s, part);
	if (part->slim && (s->projection == NULL || s->timestamp == NULL)) {
		put_projection(&fields, s);
		BSON_APPEND_DOCUMENT(b, "projection", &fields);
	} else if (s->projection != NULL) {
		BSON_APPEND_DOCUMENT(b, "projection", s->projection);
	}
	if (part->few && !bson_has_field(b, "limit"))
		BSON_APPEND_INT64(b, "limit", SAMPLE);
	bson_destroy(&fields);
}

void
mongoquery_options(bson_t *b, const struct mongostream *s,
    const struct mongopart *part)
{
	bson_concat(b, s->opts);
	if (!bson_has_field(b, "batchSize"))
		BSON_APPEND_INT64(b, "batchSize", BATCH);
	if (s->pipeline == NULL)
		put_find_options(b, s, part);
	else if (!bson_has_field(b, "allowDiskUse"))
		BSON_APPEND_BOOL(b, "allowDiskUse", true);
}

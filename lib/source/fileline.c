/* SPDX-License-Identifier: MIT */
/* The formats with one record a line, or two. */
#include "source/fileread.h"

static bool
is_blank(struct span s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t' || *s.p == '\r')) {
		s.p++;
		s.n--;
	}
	return s.n == 0;
}

/* The next line that is not blank, its number in items.line; long ones are
 * reported and skipped. 1, 0 at the end, -1 with errno. */
static int
fileread_line(struct fileread *f, struct lines *in, struct span *line)
{
	for (;;) {
		enum line_result r = lines_next(in, line);

		if (r == LINE_EOF)
			return 0;
		if (r != LINE_OK && r != LINE_CUT && r != LINE_LONG)
			return -1;
		f->items.line = in->number;
		if (r == LINE_LONG) {
			items_bad(&f->items, "too_long", "over 64 MiB");
			continue;
		}
		if (in->number == 1 && line->n >= 3 &&
		    memcmp(line->p, "\xef\xbb\xbf", 3) == 0)
			*line = (struct span){ line->p + 3, line->n - 3 };
		if (is_blank(*line))
			continue;
		return 1;
	}
}

bool
fileread_lines(struct fileread *f, struct lines *in)
{
	struct span line;
	int r = 0;

	while (fileread_more(f) && (r = fileread_line(f, in, &line)) > 0)
		items_object(&f->items, line);
	return r >= 0;
}

/* Of an object with exactly one string or number of that name. NULL, or what
 * is wrong. */
static const char *
find_id(const struct json_member *m, bool twice, struct buf *scratch,
    struct span *id)
{
	if (m == NULL)
		return "no _id";
	if (twice)
		return "_id stands twice";
	*id = items_text(m, scratch);
	return id->p ? NULL : "_id is not a string or number";
}

/* {"_index":...,"_id":...,"_source":{...}}, as elasticdump(1) writes it. */
static void
dumped(struct fileread *f, struct span line)
{
	struct items *t = &f->items;
	const struct json_member *source;
	struct json_error je;
	const char *why;
	bool twice = false;
	struct span id;

	if (json_object_scan(line, 1000, &t->object, &je) != 0) {
		items_bad(t, "bad_line", json_fault_text(je.fault));
		return;
	}
	why = find_id(json_find(&t->object, "_id", &twice), twice, &t->key,
	    &id);
	source = json_find(&t->object, "_source", &twice);
	if (why == NULL && (source == NULL || source->type != JSON_OBJECT))
		why = "no _source";
	if (why == NULL && twice)
		why = "_source stands twice";
	if (why != NULL)
		items_bad(t, "bad_line", why);
	else
		items_known(t, id, source->value);
}

bool
fileread_dump(struct fileread *f, struct lines *in)
{
	struct span line;
	int r = 0;

	while (fileread_more(f) && (r = fileread_line(f, in, &line)) > 0)
		dumped(f, line);
	return r >= 0;
}

/* A line of a _bulk body that says what to do with the next. */
struct action {
	bool source;            /* a line with a document follows */
	const char *why;        /* not NULL: what is wrong */
	struct span id;         /* in items.key */
};

static const char *
read_meta(struct items *t, struct span meta, struct span *id)
{
	const char *why = "no _id";
	struct json_member m;
	struct json_iter it;
	size_t found = 0;

	json_iter_init(&it, meta);
	while (json_iter_next(&it, &m))
		if (json_key_is(&m, "_id"))
			why = find_id(&m, found++ > 0, &t->scratch, id);
	buf_clear(&t->key);
	if (why == NULL)
		buf_add_span(&t->key, *id);
	*id = buf_span(&t->key);
	return why;
}

static struct action
read_action(struct items *t, struct span line)
{
	struct json_object *o = &t->object;
	const struct json_member *m;
	struct action a = { 0 };
	struct json_error je;

	if (json_object_scan(line, JSON_DEPTH, o, &je) != 0) {
		a.why = json_fault_text(je.fault);
		return a;
	}
	m = o->v;
	a.why = "not an action of _bulk";
	if (o->n != 1 || m->type != JSON_OBJECT)
		return a;
	a.source = json_key_is(m, "index") || json_key_is(m, "create") ||
	    json_key_is(m, "update");
	if (json_key_is(m, "update") || json_key_is(m, "delete"))
		a.why = "only index and create are read";
	else if (a.source)
		a.why = read_meta(t, m->value, &a.id);
	return a;
}

bool
fileread_bulk(struct fileread *f, struct lines *in)
{
	struct items *t = &f->items;
	struct span line;
	int r = 0;

	while (fileread_more(f) && (r = fileread_line(f, in, &line)) > 0) {
		struct action a = read_action(t, line);

		if (a.why != NULL)
			items_bad(t, "bad_line", a.why);
		if (!a.source)
			continue;
		r = fileread_line(f, in, &line);
		if (r == 0 && a.why == NULL)
			items_bad(t, "bad_line", "an action without document");
		if (r <= 0)
			break;
		if (a.why == NULL)
			items_named(t, a.id, line);
	}
	return r >= 0;
}

/* SPDX-License-Identifier: MIT */
#include "source/singer/catalog.h"

#include <stdarg.h>
#include <stdlib.h>

static const char *const methods[] = { "FULL_TABLE", "INCREMENTAL",
	"LOG_BASED" };
static const char *const modes[] = { "full_table", "incremental",
	"log_based" };
enum { METHODS = sizeof methods / sizeof *methods };

const char *
singer_method_text(enum singer_method m)
{
	return methods[m];
}

/* ---- what is offered ---- */

/* Of the stream itself, or NULL. */
static const struct val *
singer_about(const struct val *stream, const char *name)
{
	const struct val *list = val_get(stream, "metadata");

	for (size_t i = 0; list != NULL && list->type == JSON_ARRAY &&
	    i < list->n; i++) {
		const struct val *at = val_get(list->items[i], "breadcrumb");

		if (at != NULL && at->type == JSON_ARRAY && at->n == 0)
			return val_get(val_get(list->items[i], "metadata"),
			    name);
	}
	return NULL;
}

/* What the metadata say, else the stream itself: "" is nothing. */
static const char *
told(const struct val *stream, const char *about, const char *member)
{
	const char *text = val_cstr(singer_about(stream, about));

	if (text == NULL || *text == '\0')
		text = val_cstr(val_get(stream, member));
	return text != NULL && *text != '\0' ? text : NULL;
}

static void
put_names(struct singer_stream *s, struct arena *a, const struct val *v)
{
	const char *schema = val_cstr(singer_about(v, "schema-name"));
	struct buf b = { 0 };

	s->offered = v;
	s->label = val_cstr(val_get(v, "tap_stream_id"));
	s->name = val_cstr(val_get(v, "stream"));
	if (s->name == NULL || *s->name == '\0')
		s->name = s->label;
	if (s->label == NULL || *s->label == '\0')
		s->label = s->name;
	if (schema != NULL && *schema != '\0') {
		buf_printf(&b, "%s-%s", schema, s->name);
		s->long_name = arena_strndup(a, buf_span(&b));
	}
	buf_clear(&b);
	id_part(&b, span_of(s->label));
	buf_putc(&b, '/');
	s->prefix = (struct span){ arena_strndup(a, buf_span(&b)), b.n };
	buf_release(&b);
}

static void
take_key(struct singer_stream *s, struct arena *a)
{
	const struct val *places[] = {
		val_get(s->offered, "key_properties"),
		singer_about(s->offered, "view-key-properties"),
		singer_about(s->offered, "table-key-properties")
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (tap_paths_read(a, places[i], &s->id))
			return;
	s->id = (struct tap_paths){ 0 };
}

static const struct val *
one_valid_key(const struct val *stream)
{
	const struct val *list = singer_about(stream, "valid-replication-keys");

	return list != NULL && list->type == JSON_ARRAY && list->n == 1 ?
	    list->items[0] : NULL;
}

static bool
method_of(const char *text, const char *const list[], enum singer_method *out)
{
	for (size_t i = 0; text != NULL && i < METHODS; i++)
		if (streq(text, list[i])) {
			*out = (enum singer_method)i;
			return true;
		}
	return false;
}

static void
set_key(struct singer_stream *s, struct arena *a, const char *name)
{
	if (name != NULL)
		(void)tap_path_read(a, val_string(a, span_of(name)), &s->key);
}

static void
take_offer(struct singer_stream *s, struct arena *a, bool *forced)
{
	const struct val *v = s->offered;

	take_key(s, a);
	set_key(s, a, told(v, "replication-key", "replication_key"));
	*forced = method_of(val_cstr(singer_about(v,
	    "forced-replication-method")), methods, &s->method);
	if (!*forced && !method_of(told(v, "replication-method",
	    "replication_method"), methods, &s->method))
		s->method = s->key.n > 0 ? SINGER_INCREMENTAL : SINGER_FULL;
}

/* ---- what is wanted ---- */

static int
wrong(const struct singer_stream *s, struct err *e, const char *what)
{
	return err_set(e, ST_USAGE, "stream %s: %s", s->label, what);
}

static int
take_method(struct singer_stream *s, struct arena *a, const struct val *wish,
    bool forced, struct err *e)
{
	const char *mode = val_cstr(val_get(wish, "mode"));
	const char *key = val_cstr(val_get(wish, "replication_key"));
	enum singer_method was = s->method;

	set_key(s, a, key);
	if (!method_of(mode, modes, &s->method) && key != NULL && !forced)
		s->method = SINGER_INCREMENTAL;
	if (forced && s->method != was)
		return wrong(s, e, "the tap decides on its mode");
	if (s->method == SINGER_INCREMENTAL && s->key.n == 0)
		set_key(s, a, val_cstr(one_valid_key(s->offered)));
	/* a tap that forces it knows its key */
	if (s->method == SINGER_INCREMENTAL && s->key.n == 0 && !forced)
		return wrong(s, e, "incremental needs a replication_key");
	return 0;
}

static int
take_wish(struct singer_stream *s, struct arena *a, const struct val *wish,
    bool forced, struct err *e)
{
	const struct val *id = val_get(wish, "id");
	const struct val *time = val_get(wish, "timestamp");

	s->own_id = id != NULL;
	if (id != NULL && !tap_paths_read(a, id, &s->id))
		return wrong(s, e, "id is no list of paths");
	if (take_method(s, a, wish, forced, e) != 0)
		return -1;
	s->timestamp = s->key;
	if (time != NULL && !tap_path_read(a, time, &s->timestamp))
		return wrong(s, e, "timestamp is no path");
	return 0;
}

static int
add(struct singer_catalog *k, struct arena *a, const struct val *v,
    const struct val *wish, struct err *e)
{
	struct singer_stream *s = &k->v[k->n];
	bool forced;

	*s = (struct singer_stream){ 0 };
	put_names(s, a, v);
	for (size_t i = 0; i < k->n; i++)
		if (streq(k->v[i].label, s->label))
			return err_set(e, ST_PERSON, "discover: two streams "
			    "are called %s", s->label);
	k->n++;
	take_offer(s, a, &forced);
	return take_wish(s, a, wish, forced, e);
}

/* Those that the tap would not read of itself are to be named. */
static bool
is_for_all(const struct val *v)
{
	const char *inclusion = val_cstr(singer_about(v, "inclusion"));

	return val_bool(singer_about(v, "selected-by-default"), true) &&
	    (inclusion == NULL || !streq(inclusion, "unsupported"));
}

static int
add_wish(struct singer_catalog *k, struct arena *a, const struct val *wish,
    struct err *e)
{
	const char *name = val_cstr(val_get(wish, "name"));

	for (size_t i = 0; name != NULL && i < k->offered->n; i++) {
		struct singer_stream s = { 0 };

		put_names(&s, a, k->offered->items[i]);
		if (streq(s.label, name))
			return add(k, a, k->offered->items[i], wish, e);
	}
	return err_set(e, ST_USAGE, "streams: the tap has no stream %s",
	    name != NULL ? name : "");
}

int
singer_catalog_read(struct singer_catalog *k, struct arena *a,
    const struct request *rq, const struct val *answer, struct err *e)
{
	const struct val *list = val_get(answer, "streams");
	size_t wishes = rq->streams->n;
	int r = 0;

	*k = (struct singer_catalog){ .offered = list };
	if (list != NULL && list->type != JSON_ARRAY)
		list = NULL;
	for (size_t i = 0; list != NULL && i < list->n; i++)
		if (val_str(val_get(list->items[i], "tap_stream_id")).n == 0 &&
		    val_str(val_get(list->items[i], "stream")).n == 0)
			list = NULL;
	if (list == NULL)
		return err_set(e, ST_PERSON,
		    "discover: the answer is no catalog");
	k->v = xcalloc(wishes + list->n + 1, sizeof *k->v);
	for (size_t i = 0; r == 0 && i < wishes; i++)
		r = add_wish(k, a, rq->streams->items[i], e);
	for (size_t i = 0; r == 0 && wishes == 0 && i < list->n; i++)
		if (is_for_all(list->items[i]))
			r = add(k, a, list->items[i], NULL, e);
	if (r == 0 && k->n == 0)
		r = err_set(e, ST_PERSON, "discover: no streams");
	return r;
}

/* ---- while it is read ---- */

struct singer_stream *
singer_catalog_find(struct singer_catalog *k, struct span name)
{
	struct singer_stream *found = NULL;
	bool twice = false;

	if (k->last != NULL && (span_is(name, k->last->label) ||
	    (k->last->long_name != NULL && span_is(name,
	    k->last->long_name))))
		return k->last;
	for (size_t i = 0; i < k->n; i++)
		if (span_is(name, k->v[i].label))
			return k->last = &k->v[i];
	for (size_t i = 0; i < k->n; i++) {
		struct singer_stream *s = &k->v[i];

		if (!span_is(name, s->name) && (s->long_name == NULL ||
		    !span_is(name, s->long_name)))
			continue;
		twice = twice || found != NULL;
		found = s;
	}
	for (size_t i = 0; twice && i < k->n; i++)
		if (span_is(name, k->v[i].name))
			singer_stream_doubt(&k->v[i], "messages of two "
			    "streams have the name %s", k->v[i].name);
	return twice ? NULL : (k->last = found);
}

const char *const *
singer_catalog_labels(const struct singer_catalog *k, struct arena *a)
{
	const char **v = arena_alloc(a, (k->n + 1) * sizeof *v);

	for (size_t i = 0; i < k->n; i++)
		v[i] = k->v[i].label;
	return v;
}

void
singer_stream_doubt(struct singer_stream *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_doubt(s->doubt, fmt, ap);
	va_end(ap);
}

void
singer_catalog_doubt(struct singer_catalog *k, const char *fmt, ...)
{
	va_list ap;

	for (size_t i = 0; i < k->n; i++) {
		va_start(ap, fmt);
		tap_doubt(k->v[i].doubt, fmt, ap);
		va_end(ap);
	}
}

static bool
same_key(const struct tap_paths *a, const struct tap_paths *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = a->v[i].n == 1 && streq(a->v[i].part[0],
		    b->v[i].part[0]);
	return same;
}

void
singer_stream_key(struct singer_stream *s, struct arena *a, struct span names)
{
	struct val_error bad;
	struct tap_paths key;

	if (s->own_id || !tap_paths_read(a, val_parse(a, names, 8, false,
	    &bad), &key) || same_key(&s->id, &key))
		return;
	if (s->records > 0)
		singer_stream_doubt(s, "its key changed on the way");
	s->id = key;
}

void
singer_catalog_release(struct singer_catalog *k)
{
	free(k->v);
	*k = (struct singer_catalog){ 0 };
}

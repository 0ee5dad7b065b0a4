/* SPDX-License-Identifier: MIT */
#include "source/airbyte/catalog.h"

#include <stdarg.h>
#include <stdlib.h>

/* ---- what is offered ---- */

static bool
offers(const struct val *stream, const char *mode)
{
	const struct val *modes = val_get(stream, "supported_sync_modes");

	for (size_t i = 0; modes != NULL && modes->type == JSON_ARRAY &&
	    i < modes->n; i++)
		if (span_is(val_str(modes->items[i]), mode))
			return true;
	return false;
}

static void
put_names(struct stream *s, struct arena *a, const struct val *v)
{
	struct buf b = { 0 };
	const char *ns = val_cstr(val_get(v, "namespace"));

	s->offered = v;
	s->name = val_cstr(val_get(v, "name"));
	s->ns = ns != NULL && *ns != '\0' ? ns : NULL;
	if (s->ns != NULL)
		buf_printf(&b, "%s.", s->ns);
	buf_puts(&b, s->name);
	s->label = arena_strndup(a, buf_span(&b));
	buf_clear(&b);
	id_part(&b, span_of(s->label));
	buf_putc(&b, '/');
	s->prefix = (struct span){ arena_strndup(a, buf_span(&b)), b.n };
	buf_release(&b);
}

static bool
may_delete(const struct val *v)
{
	return val_get(val_get(val_get(v, "json_schema"), "properties"),
	    "_ab_cdc_deleted_at") != NULL;
}

static void
take_offer(struct stream *s, struct arena *a)
{
	const struct val *v = s->offered;

	(void)tap_path_read(a, val_get(v, "default_cursor_field"),
	    &s->cursor);
	if (!tap_paths_read(a, val_get(v, "source_defined_primary_key"),
	    &s->id))
		s->id = (struct tap_paths){ 0 };
	s->deletes = may_delete(v);
}

/* ---- what is wanted ---- */

static int
wrong(const struct stream *s, struct err *e, const char *what)
{
	return err_set(e, ST_USAGE, "stream %s: %s", s->label, what);
}

static int
take_wish(struct stream *s, struct arena *a, const struct val *wish,
    struct err *e)
{
	const struct val *id = val_get(wish, "id");
	const struct val *cursor = val_get(wish, "cursor");
	const struct val *time = val_get(wish, "timestamp");
	const char *mode = val_cstr(val_get(wish, "mode"));
	bool own = val_bool(val_get(s->offered, "source_defined_cursor"),
	    false);

	if (id != NULL && !tap_paths_read(a, id, &s->id))
		return wrong(s, e, "id is no list of paths");
	if (cursor != NULL && own)
		return wrong(s, e, "the connector decides on its cursor");
	if (cursor != NULL && !tap_path_read(a, cursor, &s->cursor))
		return wrong(s, e, "cursor is no path");
	s->timestamp = s->cursor;
	if (time != NULL && !tap_path_read(a, time, &s->timestamp))
		return wrong(s, e, "timestamp is no path");
	s->incremental = offers(s->offered, "incremental") &&
	    (own || s->cursor.n > 0);
	if (mode == NULL)
		return 0;
	if (streq(mode, "incremental") && !s->incremental)
		return wrong(s, e, offers(s->offered, "incremental") ?
		    "incremental needs a cursor" :
		    "the connector does not offer incremental");
	s->incremental = streq(mode, "incremental");
	return 0;
}

static int
add(struct catalog *k, struct arena *a, const struct val *v,
    const struct val *wish, struct err *e)
{
	struct stream *s = &k->v[k->n];

	*s = (struct stream){ 0 };
	put_names(s, a, v);
	for (size_t i = 0; i < k->n; i++)
		if (streq(k->v[i].label, s->label))
			return err_set(e, ST_PERSON, "discover: two streams "
			    "are called %s", s->label);
	k->n++;
	take_offer(s, a);
	return take_wish(s, a, wish, e);
}

static bool
is_named(struct arena *a, const struct val *v, const char *label)
{
	struct stream s;

	put_names(&s, a, v);
	return streq(s.label, label);
}

static int
add_wish(struct catalog *k, struct arena *a, const struct val *list,
    const struct val *wish, struct err *e)
{
	const char *name = val_cstr(val_get(wish, "name"));

	for (size_t i = 0; name != NULL && i < list->n; i++)
		if (is_named(a, list->items[i], name))
			return add(k, a, list->items[i], wish, e);
	return err_set(e, ST_USAGE, "streams: the connector has no stream %s",
	    name != NULL ? name : "");
}

int
catalog_read(struct catalog *k, struct arena *a, const struct request *rq,
    const struct val *answer, struct err *e)
{
	const struct val *list = val_get(answer, "streams");
	size_t wishes = rq->streams->n;
	int r = 0;

	*k = (struct catalog){ 0 };
	for (size_t i = 0; list != NULL && i < list->n &&
	    list->type == JSON_ARRAY; i++)
		if (val_str(val_get(list->items[i], "name")).n == 0)
			list = NULL;
	if (list == NULL || list->type != JSON_ARRAY)
		return err_set(e, ST_PERSON,
		    "discover: the answer is no catalog");
	k->v = xcalloc(wishes + list->n + 1, sizeof *k->v);
	for (size_t i = 0; r == 0 && i < wishes; i++)
		r = add_wish(k, a, list, rq->streams->items[i], e);
	for (size_t i = 0; r == 0 && wishes == 0 && i < list->n; i++)
		r = add(k, a, list->items[i], NULL, e);
	if (r == 0 && k->n == 0)
		r = err_set(e, ST_PERSON, "discover: no streams");
	return r;
}

/* ---- the configured catalog ---- */

static struct val *
configured(const struct stream *s, struct arena *a)
{
	struct val *v = val_new(a, JSON_OBJECT), *keys = val_new(a, JSON_ARRAY);

	for (size_t i = 0; i < s->id.n; i++)
		val_push(a, keys, tap_path_val(a, &s->id.v[i]));
	val_set(a, v, SPAN("stream"), val_copy(a, s->offered));
	val_set(a, v, SPAN("sync_mode"), val_string(a, s->incremental ?
	    SPAN("incremental") : SPAN("full_refresh")));
	val_set(a, v, SPAN("destination_sync_mode"), val_string(a,
	    !s->incremental ? SPAN("overwrite") : s->id.n > 0 ?
	    SPAN("append_dedup") : SPAN("append")));
	val_set(a, v, SPAN("cursor_field"), tap_path_val(a, &s->cursor));
	val_set(a, v, SPAN("primary_key"), keys);
	return v;
}

void
catalog_write(const struct catalog *k, struct arena *a, struct buf *out)
{
	struct val *root = val_new(a, JSON_OBJECT);
	struct val *list = val_new(a, JSON_ARRAY);

	for (size_t i = 0; i < k->n; i++)
		val_push(a, list, configured(&k->v[i], a));
	val_set(a, root, SPAN("streams"), list);
	val_write(out, root);
}

/* ---- while it is read ---- */

static bool
is_stream(const struct stream *s, struct span name, struct span ns)
{
	return span_is(name, s->name) && span_eq(ns, span_of(s->ns));
}

/* ns p NULL or empty: none. NULL: not asked for. */
static struct stream *
catalog_find(struct catalog *k, struct span name, struct span ns)
{
	if (k->last != NULL && is_stream(k->last, name, ns))
		return k->last;
	for (size_t i = 0; i < k->n; i++)
		if (is_stream(&k->v[i], name, ns))
			return k->last = &k->v[i];
	return NULL;
}

struct stream *
catalog_named(struct catalog *k, struct span object, const char *name,
    struct buf scratch[2])
{
	struct span found[2] = { { 0 }, { 0 } };
	struct json_iter it;
	struct json_member m;

	json_iter_init(&it, object);
	while (json_iter_next(&it, &m)) {
		bool ns = json_key_is(&m, "namespace");

		if (m.type == JSON_STRING && (ns || json_key_is(&m, name)))
			found[ns] = json_string(&m, &scratch[ns]);
	}
	return catalog_find(k, found[0], found[1]);
}

void
stream_doubt(struct stream *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_doubt(s->doubt, fmt, ap);
	va_end(ap);
}

void
catalog_doubt(struct catalog *k, const char *fmt, ...)
{
	va_list ap;

	for (size_t i = 0; i < k->n; i++) {
		if (k->v[i].complete)
			continue;
		va_start(ap, fmt);
		tap_doubt(k->v[i].doubt, fmt, ap);
		va_end(ap);
	}
}

void
catalog_release(struct catalog *k)
{
	for (size_t i = 0; i < k->n; i++)
		buf_release(&k->v[i].position);
	free(k->v);
	*k = (struct catalog){ 0 };
}

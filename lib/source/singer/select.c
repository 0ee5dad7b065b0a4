/* SPDX-License-Identifier: MIT */
/* The catalog that a tap is given: a discovered one selects nothing. */
#include "source/singer/catalog.h"

static struct val *
yes_or_no(struct arena *a, bool yes)
{
	return val_new(a, yes ? JSON_TRUE : JSON_FALSE);
}

static void
set_text(struct arena *a, struct val *v, struct span key, const char *text)
{
	val_set(a, v, key, text != NULL ? val_string(a, span_of(text)) :
	    val_new(a, JSON_NULL));
}

/* Of a key that is names of top-level fields; else NULL. */
static struct val *
names_of(struct arena *a, const struct tap_paths *id)
{
	struct val *list = val_new(a, JSON_ARRAY);

	for (size_t i = 0; i < id->n; i++) {
		if (id->v[i].n != 1)
			return NULL;
		val_push(a, list, val_string(a, span_of(id->v[i].part[0])));
	}
	return list;
}

/* The metadata of the stream itself; s NULL: it is not wanted. */
static void
set_root(struct arena *a, struct val *meta, const struct singer_stream *s)
{
	struct val *names = s != NULL && s->own_id ? names_of(a, &s->id) :
	    NULL;

	val_set(a, meta, SPAN("selected"), yes_or_no(a, s != NULL));
	if (s == NULL)
		return;
	set_text(a, meta, SPAN("replication-method"),
	    singer_method_text(s->method));
	if (s->key.n > 0)
		set_text(a, meta, SPAN("replication-key"), s->key.part[0]);
	if (names != NULL && val_bool(val_get(meta, "is-view"), false))
		val_set(a, meta, SPAN("view-key-properties"), names);
}

/* One place of the metadata; true: that of the stream itself. */
static bool
set_place(struct arena *a, struct val *entry, const struct singer_stream *s)
{
	const struct val *at = val_get(entry, "breadcrumb");
	struct val *meta = val_get(entry, "metadata");
	const char *inclusion = val_cstr(val_get(meta, "inclusion"));

	if (at == NULL || at->type != JSON_ARRAY || meta == NULL ||
	    meta->type != JSON_OBJECT)
		return false;
	if (at->n == 0)
		set_root(a, meta, s);
	else if (s != NULL && (inclusion == NULL ||
	    !streq(inclusion, "unsupported")))
		val_set(a, meta, SPAN("selected"), yes_or_no(a, true));
	return at->n == 0;
}

static void
set_metadata(struct arena *a, struct val *v, const struct singer_stream *s)
{
	struct val *list = val_get(v, "metadata"), *entry, *meta;
	bool root = false;

	if (list == NULL || list->type != JSON_ARRAY)
		val_set(a, v, SPAN("metadata"),
		    list = val_new(a, JSON_ARRAY));
	for (size_t i = 0; i < list->n; i++)
		root = set_place(a, list->items[i], s) || root;
	if (root)
		return;
	entry = val_new(a, JSON_OBJECT);
	meta = val_new(a, JSON_OBJECT);
	set_root(a, meta, s);
	val_set(a, entry, SPAN("breadcrumb"), val_new(a, JSON_ARRAY));
	val_set(a, entry, SPAN("metadata"), meta);
	val_push(a, list, entry);
}

/* As taps of before the metadata want it. */
static void
set_schema(struct arena *a, struct val *v, bool wanted, bool properties)
{
	struct val *schema = val_get(v, "schema");
	struct val *fields = val_get(schema, "properties");

	if (schema == NULL || schema->type != JSON_OBJECT)
		return;
	val_set(a, schema, SPAN("selected"), yes_or_no(a, wanted));
	for (size_t i = 0; properties && wanted && fields != NULL &&
	    fields->type == JSON_OBJECT && i < fields->n; i++)
		if (fields->members[i].value->type == JSON_OBJECT)
			val_set(a, fields->members[i].value, SPAN("selected"),
			    yes_or_no(a, true));
}

static struct val *
told(struct arena *a, const struct val *offered,
    const struct singer_stream *s, bool properties)
{
	struct val *v = val_copy(a, offered);

	set_metadata(a, v, s);
	set_schema(a, v, s != NULL, properties);
	if (s == NULL)
		return v;
	set_text(a, v, SPAN("replication_method"),
	    singer_method_text(s->method));
	set_text(a, v, SPAN("replication_key"),
	    s->key.n > 0 ? s->key.part[0] : NULL);
	return v;
}

void
singer_catalog_write(const struct singer_catalog *k, struct arena *a,
    bool properties, struct buf *out)
{
	struct val *root = val_new(a, JSON_OBJECT);
	struct val *list = val_new(a, JSON_ARRAY);

	for (size_t i = 0; i < k->offered->n; i++) {
		const struct singer_stream *s = NULL;

		for (size_t j = 0; j < k->n; j++)
			if (k->v[j].offered == k->offered->items[i])
				s = &k->v[j];
		val_push(a, list, told(a, k->offered->items[i], s,
		    properties));
	}
	val_set(a, root, SPAN("streams"), list);
	val_write(out, root);
}

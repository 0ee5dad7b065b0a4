/* SPDX-License-Identifier: MIT */
/* What goes down goes one level down in the schema with each call; that of
 * references is counted. */
#include "config/patchschema.h"

#include "config/type.h"

enum { REFERENCES = 32 };

typedef void on_schema(struct arena *a, struct val *schema);

static void
visit(struct arena *a, struct val *v, on_schema *each);

/* The schemas in a mapping of names, or in a list. */
static void
visit_all(struct arena *a, struct val *v, on_schema *each)
{
	for (size_t i = 0; v != NULL && i < v->n; i++)
		visit(a, v->type == JSON_ARRAY ? v->items[i] :
		    v->members[i].value, each);
}

static void
visit(struct arena *a, struct val *v, on_schema *each)
{
	static const char *const one[] = { "items", "additionalProperties",
		"additionalItems", "not", "contains" };
	static const char *const all[] = { "properties", "patternProperties",
		"$defs", "definitions", "oneOf", "anyOf", "allOf",
		"prefixItems" };

	if (v == NULL || v->type != JSON_OBJECT)
		return;
	each(a, v);
	for (size_t i = 0; i < sizeof one / sizeof *one; i++)
		visit(a, val_get(v, one[i]), each);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct val *sub = val_get(v, all[i]);

		if (sub != NULL && (sub->type == JSON_OBJECT) == (i < 4))
			visit_all(a, sub, each);
	}
	if (val_get(v, "items") != NULL &&
	    val_get(v, "items")->type == JSON_ARRAY)
		visit_all(a, val_get(v, "items"), each);
}

/* ---- clean ---- */

static const char *
type_name(const struct val *v)
{
	static const char *const names[] = {
		[JSON_NULL] = "null", [JSON_FALSE] = "boolean",
		[JSON_TRUE] = "boolean", [JSON_NUMBER] = "number",
		[JSON_STRING] = "string", [JSON_ARRAY] = "array",
		[JSON_OBJECT] = "object"
	};

	return names[v->type];
}

/* The types of the values, sorted, each once; of only one its name. */
static struct val *
types_of(struct arena *a, const struct val *values)
{
	static const char *const sorted[] = { "array", "boolean", "null",
		"number", "object", "string" };
	struct val *list = val_new(a, JSON_ARRAY);

	for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++)
		for (size_t k = 0; k < values->n; k++)
			if (streq(type_name(values->items[k]), sorted[i])) {
				val_push(a, list, val_string(a,
				    span_of(sorted[i])));
				break;
			}
	return list->n == 1 ? list->items[0] : list;
}

static void
clean(struct arena *a, struct val *v)
{
	static const char *const foreign[] = { "airbyte_hidden", "always_show",
		"group", "groups", "pattern_descriptor", "airbyte_type",
		"name", "xml" };
	const struct val *format = val_get(v, "format");
	const struct val *values = val_get(v, "enum");

	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		val_unset(v, foreign[i]);
	if (span_is(val_str(format), "int32") ||
	    span_is(val_str(format), "int64"))
		val_unset(v, "format");
	if (values == NULL)
		return;
	if (values->type == JSON_ARRAY && values->n > 0 &&
	    val_get(v, "type") == NULL)
		val_set(a, v, SPAN("type"), types_of(a, values));
	val_unset(v, "enum");
}

void
patchschema_clean(struct arena *a, struct val *schema)
{
	visit(a, schema, clean);
}

static void
datetime(struct arena *a, struct val *v)
{
	if (span_is(val_str(val_get(v, "format")), "date"))
		val_set(a, v, SPAN("format"), val_string(a,
		    SPAN("date-time")));
}

void
patchschema_datetime(struct arena *a, struct val *schema)
{
	visit(a, schema, datetime);
}

/* ---- keys ---- */

/* A schema on the way of a key. */
struct way {
	struct arena *a;
	struct val *root;
	unsigned left;          /* references that may still be followed */
};

/* Where "$ref" points, as long as there is one. */
static struct val *
follow(struct way *w, struct val *v)
{
	struct val *ref;

	while (v != NULL && (ref = val_get(v, "$ref")) != NULL) {
		if (w->left-- == 0)
			return NULL;
		v = pointer_ref(w->a, w->root, val_str(ref));
	}
	return v;
}

/* What stands in a slot, for it alone: others may refer to the same. */
static struct val *
own(struct way *w, struct val **slot)
{
	struct val *v = follow(w, *slot);

	if (v != NULL && v != *slot)
		*slot = v = val_copy(w->a, v);
	return v;
}

/* The schema, this or one of its allOf, that has the property. *open: one
 * that does not tell what it has was met. */
static struct val *
holder(struct way *w, struct val *v, struct span name, bool *open)
{
	struct val *all, *more, *found = NULL;

	if (v == NULL || v->type != JSON_OBJECT) {
		*open = true;
		return NULL;
	}
	if (val_get(val_get(v, "properties"), name.p) != NULL)
		return v;
	all = val_get(v, "allOf");
	for (size_t i = 0; found == NULL && all != NULL &&
	    all->type == JSON_ARRAY && i < all->n && w->left > 0; i++) {
		w->left--;
		found = holder(w, own(w, &all->items[i]), name, open);
	}
	more = val_get(v, "additionalProperties");
	*open = *open || w->left == 0 || val_get(v, "oneOf") ||
	    val_get(v, "anyOf") || val_get(v, "patternProperties") ||
	    (more != NULL && more->type != JSON_FALSE) ||
	    (val_get(v, "properties") == NULL && all == NULL);
	return found;
}

/* It is there. */
static struct val **
property(struct val *v, struct span name)
{
	struct val *all = val_get(v, "properties");
	size_t i = 0;

	while (!span_eq(all->members[i].key, name))
		i++;
	return &all->members[i].value;
}

static void
not_null(struct arena *a, struct val *v)
{
	const struct val *type = val_get(v, "type");
	struct val *list;

	if (type == NULL || type->type != JSON_ARRAY)
		return;
	list = val_new(a, JSON_ARRAY);
	for (size_t i = 0; i < type->n; i++)
		if (!span_is(val_str(type->items[i]), "null"))
			val_push(a, list, type->items[i]);
	if (list->n > 0)
		val_set(a, v, SPAN("type"), list->n == 1 ? list->items[0] :
		    list);
}

static void
require(struct arena *a, struct val *v, struct span name)
{
	struct val *list = val_get(v, "required");

	if (list == NULL || list->type != JSON_ARRAY) {
		list = val_new(a, JSON_ARRAY);
		val_set(a, v, SPAN("required"), list);
	}
	for (size_t i = 0; i < list->n; i++)
		if (span_eq(val_str(list->items[i]), name))
			return;
	val_push(a, list, val_string(a, name));
}

enum patchschema_key
patchschema_key(struct arena *a, struct val *schema, const struct pointer *at)
{
	struct way w = { a, schema, REFERENCES };
	struct val *v = follow(&w, schema), *in, **slot;

	for (size_t i = 0; i < at->n; i++) {
		bool open = false;

		in = holder(&w, v, at->v[i], &open);
		if (in == NULL)
			return open ? KEY_OPEN : KEY_NOWHERE;
		require(a, in, at->v[i]);
		not_null(a, in);
		slot = property(in, at->v[i]);
		v = own(&w, slot);
		if (v != NULL && v->type == JSON_OBJECT)
			not_null(a, v);
	}
	return KEY_SET;
}

static bool
takes(const struct val *schema, enum json_type type)
{
	const struct val v = { .type = type };

	return type_fits(schema, &v) == TYPE_OK;
}

enum patchschema_key
patchschema_find(struct arena *a, struct val *schema, const struct pointer *at)
{
	struct way w = { a, schema, REFERENCES };
	struct val *v = follow(&w, schema), *in, *items;

	for (size_t i = 0; i < at->n; i++) {
		struct span name = at->v[i];
		bool open = false;
		size_t k;

		if (v == NULL || v->type != JSON_OBJECT)
			return KEY_OPEN;
		if (!takes(v, JSON_OBJECT) && !takes(v, JSON_ARRAY))
			return KEY_NOWHERE;
		items = val_get(v, "items");
		if (items != NULL && (span_is(name, "*") ||
		    span_is(name, "-") || pointer_index(name, &k))) {
			v = follow(&w, items);
			continue;
		}
		in = holder(&w, v, name, &open);
		if (in == NULL)
			return open ? KEY_OPEN : KEY_NOWHERE;
		v = follow(&w, *property(in, name));
	}
	return KEY_SET;
}

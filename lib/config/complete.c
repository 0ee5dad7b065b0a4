/* SPDX-License-Identifier: MIT */
/* Walks a value and its schema side by side: defaults, strings, visits. */
#include <stdio.h>

#include "config/schema.h"
#include "config/type.h"

/* The branch of oneOf or anyOf that the value fits, or NULL. */
static const struct val *
branch(const struct val *schema, const struct val *v)
{
	const struct val *one = val_get(schema, "oneOf");
	const struct val *list = one ? one : val_get(schema, "anyOf");
	struct schema_fault ignored;

	for (size_t i = 0; list && i < list->n && list->type == JSON_ARRAY; i++)
		if (schema_check(list->items[i], v, "", &ignored) == 0)
			return list->items[i];
	return NULL;
}

static void
fill_defaults(struct arena *a, const struct val *schema, struct val *v)
{
	const struct val *props = val_get(schema, "properties");

	for (size_t i = 0; props && i < props->n &&
	    props->type == JSON_OBJECT; i++) {
		const struct val_member *p = &props->members[i];
		struct val *dflt = val_get(p->value, "default");

		if (dflt == NULL || val_get(v, p->key.p))
			continue;
		dflt = val_copy(a, dflt);
		dflt->line = dflt->col = 0;
		val_set(a, v, p->key, dflt);
	}
}

/* Completes one value; what is in it comes by the visits that follow. */
static int
complete(void *ctx, const struct val *schema, struct val **slot,
    const char *path)
{
	struct arena *a = ctx;
	struct val *v = *slot;

	(void)path;
	if (v->type == JSON_OBJECT && !schema_secret(schema))
		fill_defaults(a, schema, v);
	if (type_fits(schema, v) == TYPE_AS_STRING) {
		struct val *s = val_string(a, type_text(v));

		s->line = v->line;
		s->col = v->col;
		*slot = s;
	}
	return 0;
}

struct val *
schema_complete(struct arena *a, const struct val *schema,
    const struct val *value)
{
	struct val *v = val_copy(a, value);

	schema_visit(schema, &v, "", complete, a);
	return v;
}

static int
visit_members(const struct val *schema, struct val *v, const char *path,
    schema_each *each, void *ctx)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->n; i++) {
		struct val_member *m = &v->members[i];
		const struct val *sub = type_property(schema, m->key);
		char name[SCHEMA_PATH];

		schema_path_key(name, path, m->key.p);
		if (sub && sub->type == JSON_OBJECT)
			r = schema_visit(sub, &m->value, name, each, ctx);
	}
	return r;
}

static int
visit_items(const struct val *schema, struct val *v, const char *path,
    schema_each *each, void *ctx)
{
	const struct val *sub = val_get(schema, "items");
	int r = 0;

	for (size_t i = 0; sub && r == 0 && i < v->n; i++) {
		char name[SCHEMA_PATH];

		schema_path_item(name, path, i);
		r = schema_visit(sub, &v->items[i], name, each, ctx);
	}
	return r;
}

int
schema_visit(const struct val *schema, struct val **slot, const char *path,
    schema_each *each, void *ctx)
{
	struct val *v = *slot;
	const struct val *chosen = branch(schema, v);
	int r = each(ctx, schema, slot, path);

	if (r != 0 || *slot != v)
		return r;
	if (chosen)
		r = schema_visit(chosen, slot, path, each, ctx);
	if (r != 0 || *slot != v || schema_secret(schema))
		return r;
	if (v->type == JSON_OBJECT)
		return visit_members(schema, v, path, each, ctx);
	if (v->type == JSON_ARRAY)
		return visit_items(schema, v, path, each, ctx);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Patches of a type's spec, and of the settings that follow it. */
#include "config/patches.h"
#include "config/type.h"

/* What follows goes down one level of a schema with each call. */

void
patch_forget_places(struct val *v)
{
	v->line = v->col = 0;
	for (size_t i = 0; i < v->n; i++)
		patch_forget_places(v->type == JSON_ARRAY ? v->items[i] :
		    v->members[i].value);
}

/* A secret of Airbyte is one of ours. */
static void
mark_secrets(struct arena *a, struct val *v)
{
	if (v->type == JSON_OBJECT &&
	    val_bool(val_get(v, "airbyte_secret"), false)) {
		val_unset(v, "airbyte_secret");
		val_set(a, v, SPAN("secret"), val_new(a, JSON_TRUE));
	}
	for (size_t i = 0; i < v->n; i++)
		mark_secrets(a, v->type == JSON_ARRAY ? v->items[i] :
		    v->members[i].value);
}

/* The schema, of a whole spec's, that the patches are about. */
static struct val *
settings(const struct val *spec, struct val *schema)
{
	const char *key = val_cstr(val_get(spec, "settings"));

	return key == NULL ? schema :
	    val_get(val_get(schema, "properties"), key);
}

static int
patch_schema(const struct patches *p, struct val *spec, struct err *e)
{
	const struct patch_file *f = &p->files[PATCH_SPEC];
	const char *key = val_cstr(val_get(spec, "settings"));
	struct val *schema = val_get(spec, "schema"), *v;
	struct schema_fault fault;

	if (f->root == NULL)
		return 0;
	v = val_copy(p->arena, settings(spec, schema));
	patch_forget_places(v);
	v = val_merge(p->arena, v, f->root);
	mark_secrets(p->arena, v);
	if (schema_form(v, &fault) != 0) {
		if (fault.line == 0)
			fault.line = fault.col = 1;
		return schema_err(f->path, &fault, e);
	}
	if (key == NULL)
		val_set(p->arena, spec, SPAN("schema"), v);
	else
		val_set(p->arena, val_get(schema, "properties"), span_of(key),
		    v);
	return 0;
}

/* ---- the map ---- */

static bool
has_choices(const struct val *schema)
{
	return val_get(schema, "oneOf") || val_get(schema, "anyOf") ||
	    val_get(schema, "allOf") || val_get(schema, "$ref");
}

/* Does it take values that have others in them? */
static bool
holds(const struct val *schema)
{
	static const struct val object = { .type = JSON_OBJECT };
	static const struct val array = { .type = JSON_ARRAY };

	return type_fits(schema, &object) == TYPE_OK ||
	    type_fits(schema, &array) == TYPE_OK;
}

/* Could there be a value? Only a no is sure. */
static bool
may_be(const struct val *schema, const struct pointer *at)
{
	for (size_t i = 0; i < at->n; i++) {
		const struct val *next = type_property(schema, at->v[i]);
		bool closed = !holds(schema) || (i == 0 &&
		    val_get(schema, "additionalProperties") == NULL);

		if (next != NULL && next->type == JSON_OBJECT)
			schema = next;
		else if (next != NULL && next->type == JSON_FALSE)
			return false;
		else
			return next != NULL || !closed || has_choices(schema);
	}
	return true;
}

static int
nowhere(const struct patches *p, size_t i, const struct pointer *at, bool from,
    struct err *e)
{
	const struct patch_file *f = &p->files[PATCH_MAP];
	const struct val_member *m = &f->root->members[i];
	struct val key = { .line = m->line, .col = m->col };

	return patch_err(f, from ? m->value : &key, e, "points nowhere: "
	    "%s no setting %s", from ? "a config has" : "the driver has",
	    at->v[at->n - 1].p);
}

static int
check_moves(const struct patches *p, const struct val *spec, struct val *own,
    struct err *e)
{
	const struct val *theirs = settings(spec, own);
	const struct val *ours = settings(spec, val_get(spec, "schema"));

	for (size_t i = 0; i < p->nmoves; i++) {
		const struct pointer_move *m = &p->moves[i];

		if (!may_be(ours, &m->from))
			return nowhere(p, i, &m->from, true, e);
		if (!m->drop && !may_be(theirs, &m->to))
			return nowhere(p, i, &m->to, false, e);
	}
	return 0;
}

int
patches_spec(const struct patches *p, struct val *spec, struct val **own,
    struct err *e)
{
	struct val *url = val_get(p->files[PATCH_DOCUMENTATION].root,
	    "documentation_url");
	const struct val *oauth2 = p->files[PATCH_OAUTH2].root;

	*own = val_copy(p->arena, val_get(spec, "schema"));
	if (patch_schema(p, spec, e) != 0)
		return -1;
	if (url != NULL)
		val_set(p->arena, spec, SPAN("documentationUrl"), url);
	if (oauth2 != NULL)
		val_set(p->arena, spec, SPAN("oauth2"),
		    val_copy(p->arena, oauth2));
	return check_moves(p, spec, *own, e);
}

int
patches_source(const struct patches *p, const struct val *spec,
    const struct val *source, struct val **out, struct err *e)
{
	const char *key = val_cstr(val_get(spec, "settings"));
	const struct val *from = key ? val_get(source, key) : source;
	const struct patch_file *f = &p->files[PATCH_MAP];
	struct val *v;
	size_t wrong;

	*out = val_copy(p->arena, source);
	if (p->nmoves == 0 || from == NULL || from->type != JSON_OBJECT)
		return 0;
	v = pointer_map(p->arena, from, p->moves, p->nmoves, &wrong);
	if (v == NULL)
		return patch_err(f, f->root->members[wrong].value, e,
		    "goes through a setting that is no mapping");
	if (key == NULL)
		*out = v;
	else
		val_set(p->arena, *out, span_of(key), v);
	return 0;
}

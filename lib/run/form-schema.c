/* SPDX-License-Identifier: MIT */
#include "run/form.h"

#include <stdlib.h>

#include "json/patch.h"

/* ---- references ---- */

static bool
is_null(const struct val *schema)
{
	return span_is(val_str(val_get(schema, "type")), "null");
}

/* The only variant that is not null. */
static const struct val *
only(const struct val *list)
{
	const struct val *found = NULL;

	for (size_t i = 0; list != NULL && list->type == JSON_ARRAY &&
	    i < list->n; i++) {
		if (is_null(list->items[i]))
			continue;
		if (found != NULL)
			return NULL;
		found = list->items[i];
	}
	return found;
}

static struct val *
copy_shallow(struct arena *a, const struct val *v)
{
	struct val *copy = val_new(a, JSON_OBJECT);

	for (size_t i = 0; v != NULL && v->type == JSON_OBJECT && i < v->n;
	    i++)
		val_set(a, copy, v->members[i].key, v->members[i].value);
	return copy;
}

/* Takes over what the schema does not say itself; lists of properties and of
 * what is required are joined. */
static void
add(struct arena *a, struct val *schema, const struct val *more)
{
	for (size_t i = 0; more != NULL && more->type == JSON_OBJECT &&
	    i < more->n; i++) {
		const struct val_member *m = &more->members[i];
		struct val *own = val_get(schema, m->key.p);

		if (own == NULL) {
			val_set(a, schema, m->key, m->value);
		} else if (span_is(m->key, "properties") &&
		    own->type == JSON_OBJECT) {
			own = copy_shallow(a, own);
			val_set(a, schema, m->key, own);
			for (size_t k = 0; k < m->value->n &&
			    m->value->type == JSON_OBJECT; k++)
				if (val_get(own, m->value->members[k].key.p) ==
				    NULL)
					val_set(a, own,
					    m->value->members[k].key,
					    m->value->members[k].value);
		} else if (span_is(m->key, "required") &&
		    own->type == JSON_ARRAY && m->value->type == JSON_ARRAY) {
			own = val_copy(a, own);
			val_set(a, schema, m->key, own);
			for (size_t k = 0; k < m->value->n; k++)
				val_push(a, own, m->value->items[k]);
		}
	}
}

/* Takes one keyword out and what it stands for in. */
static bool
unfold(struct form *f, struct val *schema)
{
	static const char *const lists[] = { "allOf", "oneOf", "anyOf" };
	const struct val *ref = val_get(schema, "$ref"), *v;

	if (ref != NULL) {
		val_unset(schema, "$ref");
		add(&f->arena, schema, pointer_ref(&f->arena, f->root,
		    val_str(ref)));
		return true;
	}
	for (size_t i = 0; i < 3; i++) {
		v = val_get(schema, lists[i]);
		if (v == NULL || v->type != JSON_ARRAY ||
		    (i > 0 && only(v) == NULL))
			continue;
		val_unset(schema, lists[i]);
		for (size_t k = 0; k < v->n; k++)
			if (i == 0 || v->items[k] == only(v))
				add(&f->arena, schema, v->items[k]);
		return true;
	}
	return false;
}

const struct val *
form_schema(struct form *f, const struct val *schema)
{
	struct val *copy = copy_shallow(&f->arena, schema);

	for (int i = 0; i < FORM_REFS && unfold(f, copy); i++)
		continue;
	return copy;
}

/* ---- what it says ---- */

const struct val *
form_variants(const struct val *schema)
{
	const struct val *one = val_get(schema, "oneOf");
	const struct val *list = one != NULL ? one : val_get(schema, "anyOf");

	return list != NULL && list->type == JSON_ARRAY && list->n > 0 ?
	    list : NULL;
}

const struct val *
form_const(const struct val *schema)
{
	const struct val *v = val_get(schema, "const");
	const struct val *list = val_get(schema, "enum");

	if (v != NULL || list == NULL || list->type != JSON_ARRAY ||
	    list->n != 1)
		return v;
	return list->items[0];
}

bool
form_is_object(const struct val *schema)
{
	const struct val *props = val_get(schema, "properties");

	return props != NULL && props->type == JSON_OBJECT && props->n > 0;
}

static bool
tells_apart(struct form *f, const struct val *variants, const char *key)
{
	for (size_t i = 0; i < variants->n; i++) {
		const struct val *v = form_schema(f, variants->items[i]);
		const struct val *p = val_get(val_get(v, "properties"), key);

		if (p == NULL || form_const(form_schema(f, p)) == NULL)
			return false;
	}
	return true;
}

struct span
form_discriminator(struct form *f, const struct val *variants)
{
	const struct val *props = val_get(form_schema(f, variants->items[0]),
	    "properties");

	for (size_t i = 0; props != NULL && props->type == JSON_OBJECT &&
	    i < props->n; i++)
		if (tells_apart(f, variants, props->members[i].key.p))
			return props->members[i].key;
	return (struct span){ NULL, 0 };
}

static double
order_of(const struct val *schema)
{
	const struct val *v = val_get(schema, "order");

	return v != NULL && v->type == JSON_NUMBER ? strtod(v->str.p, NULL) :
	    1e9;
}

const size_t *
form_order(struct form *f, const struct val *schema)
{
	const struct val *props = val_get(schema, "properties");
	size_t *v = arena_alloc(&f->arena, (props->n + 1) * sizeof *v);

	for (size_t i = 0; i < props->n; i++) {
		double own = order_of(props->members[i].value);
		size_t k = i;

		for (; k > 0 && order_of(props->members[v[k - 1]].value) > own;
		    k--)
			v[k] = v[k - 1];
		v[k] = i;
	}
	return v;
}

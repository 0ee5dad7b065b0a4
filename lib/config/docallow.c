/* SPDX-License-Identifier: MIT */
/* From a violation to words, and to the schema that allows it. */
#include <stdio.h>

#include "config/docrule.h"

/* ---- words ---- */

static void
put_types(struct buf *out, const struct val *t)
{
	size_t n = t->type == JSON_ARRAY ? t->n : 1;

	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i == 0 ? "" : i + 1 == n ? " or " : ", ");
		buf_add_span(out, val_str(t->type == JSON_ARRAY ?
		    t->items[i] : t));
	}
}

void
docfault_words(struct buf *out, const struct docfault *f, bool one)
{
	const struct docrule *r = f->rule;

	switch (r->key->word) {
	case DOC_IS:
		buf_printf(out, "%s %s", one ? "is" : "are", r->key->what);
		if (r->key->form == FORM_WORD)
			buf_printf(out, " %s", r->arg->str.p);
		break;
	case DOC_HAS:
		buf_printf(out, "%s %s", one ? "has" : "have", r->key->what);
		break;
	case DOC_LACKS:
		buf_printf(out, "%s no %.*s%s", one ? "has" : "have",
		    (int)f->name.n, f->name.p, r->key->what);
		break;
	case DOC_TYPE:
		buf_puts(out, one ? "is " : "are ");
		if (r->key->edit == EDIT_TYPE) {
			buf_printf(out, "%s, not ", f->type);
			put_types(out, r->arg);
		} else if (f->name.n > 0) {
			buf_puts(out, "more than one of oneOf");
		} else {
			buf_printf(out, "%s, %s", f->type, r->key->what);
		}
	}
}

/* ---- the schema changed ---- */

/* What in copy stands where `what` stands in v. As deep as v is. */
static struct val *
twin(const struct val *v, struct val *copy, const struct val *what)
{
	struct val *r = NULL;

	if (v == what)
		return copy;
	for (size_t i = 0; r == NULL && copy != NULL && i < v->n; i++) {
		bool object = v->type == JSON_OBJECT;

		if (object)
			r = twin(v->members[i].value,
			    val_get(copy, v->members[i].key.p), what);
		else if (copy->type == JSON_ARRAY && i < copy->n)
			r = twin(v->items[i], copy->items[i], what);
	}
	return r;
}

static bool
has(const struct val *list, struct span name)
{
	for (size_t i = 0; i < list->n; i++)
		if (span_eq(val_str(list->items[i]), name))
			return true;
	return false;
}

/* The schema's types as a list. */
static struct val *
types_of(struct arena *a, const struct val *schema)
{
	const struct val *v = val_get(schema, "type");
	struct val *list = val_new(a, JSON_ARRAY);

	if (v != NULL && v->type == JSON_STRING)
		val_push(a, list, val_copy(a, v));
	for (size_t i = 0; v && v->type == JSON_ARRAY && i < v->n; i++)
		val_push(a, list, v->items[i]);
	return list;
}

static void
add_type(struct arena *a, struct val *schema, const char *type)
{
	struct val *list = types_of(a, schema);
	struct span name = span_of(type);

	if (val_get(schema, "type") == NULL)
		return;
	/* every integer is a number */
	if (streq(type, "number") && has(list, SPAN("integer")))
		for (size_t i = 0; i < list->n; i++)
			if (span_is(val_str(list->items[i]), "integer"))
				list->items[i] = val_string(a, name);
	if (!has(list, name) && !(streq(type, "integer") &&
	    has(list, SPAN("number"))))
		val_push(a, list, val_string(a, name));
	val_set(a, schema, SPAN("type"), list->n == 1 ? list->items[0] : list);
}

/* Patch files apply to a schema whose lists of values became their types, so
 * the type must stand beside them. */
static void
add_listed_type(struct arena *a, struct val *schema, const struct docfault *f)
{
	const struct val *values = f->rule->arg;
	struct val *list = val_new(a, JSON_ARRAY);

	for (size_t i = 0; i < values->n; i++) {
		struct json_member m = { .type = values->items[i]->type,
			.value = values->items[i]->str };
		struct span type = span_of(doctype_name(&m));

		if (!has(list, type))
			val_push(a, list, val_string(a, type));
	}
	if (val_get(schema, "type") == NULL) {
		if (has(list, span_of(f->type)))
			return;
		val_set(a, schema, SPAN("type"), list);
	}
	add_type(a, schema, f->type);
}

static void
allow_value(struct arena *a, struct val *schema, const struct docfault *f)
{
	struct val *list = val_copy(a, val_get(schema, "enum"));

	if (list != NULL && streq(f->type, "null")) {
		val_push(a, list, val_new(a, JSON_NULL));
		val_set(a, schema, SPAN("enum"), list);
	} else {
		val_unset(schema, "enum");
	}
	add_listed_type(a, schema, f);
}

static void
drop_name(struct arena *a, struct val *schema, struct span name)
{
	const struct val *old = val_get(schema, "required");
	struct val *list = val_new(a, JSON_ARRAY);

	for (size_t i = 0; old != NULL && i < old->n; i++)
		if (!span_eq(val_str(old->items[i]), name))
			val_push(a, list, old->items[i]);
	if (list->n == 0)
		val_unset(schema, "required");
	else
		val_set(a, schema, SPAN("required"), list);
}

/* Nothing wants that name any more, whatever else there is. */
static void
drop_needs(struct val *schema, struct span name)
{
	struct val *all = val_get(schema, "dependencies");

	for (size_t i = all != NULL ? all->n : 0; i-- > 0;)
		if (all->members[i].value->type == JSON_ARRAY &&
		    has(all->members[i].value, name))
			val_unset(all, all->members[i].key.p);
}

/* Is it of nothing but types, one of which meets this one? */
static bool
meets(struct arena *a, const struct val *schema, const char *type)
{
	const struct val *list = types_of(a, schema);
	bool number = streq(type, "integer") || streq(type, "number");

	return schema->n == 1 && (has(list, span_of(type)) || (number &&
	    (has(list, SPAN("integer")) || has(list, SPAN("number")))));
}

/* A second branch for what is in one would be too many for oneOf. */
static void
add_branch(struct arena *a, struct val *schema, const char *key,
    const char *type)
{
	struct val *list = val_copy(a, val_get(schema, key)), *branch;
	size_t i = 0;

	if (list == NULL)
		return;
	val_set(a, schema, span_of(key), list);
	while (i < list->n && !meets(a, list->items[i], type))
		i++;
	if (i < list->n) {
		add_type(a, list->items[i], type);
		return;
	}
	branch = val_new(a, JSON_OBJECT);
	val_set(a, branch, SPAN("type"), val_string(a, span_of(type)));
	val_push(a, list, branch);
}

void
docschema_allow(const struct docschema *s, struct arena *a, struct val *copy,
    const struct docfault *f)
{
	const struct dockey *k = f->rule->key;
	struct val *v = twin(s->root, copy, f->rule->schema);

	if (v == NULL)
		return;
	switch (k->edit) {
	case EDIT_TYPE:
		add_type(a, v, f->type);
		return;
	case EDIT_NAME:
		drop_name(a, v, f->name);
		return;
	case EDIT_DEPEND:
		drop_needs(v, f->name);
		return;
	case EDIT_TRUE:
		v->type = JSON_TRUE;
		return;
	case EDIT_ENUM:
		allow_value(a, v, f);
		return;
	case EDIT_BRANCH:
		if (f->name.n == 0)
			add_branch(a, v, k->name, f->type);
		else
			val_unset(v, k->name);
		return;
	case EDIT_DROP:
		val_unset(v, k->name);
	}
}

/* As deep as both are. */
struct val *
docschema_diff(struct arena *a, const struct val *from, const struct val *to)
{
	struct val *patch = val_new(a, JSON_OBJECT);

	for (size_t i = 0; i < from->n; i++)
		if (val_get(to, from->members[i].key.p) == NULL)
			val_set(a, patch, from->members[i].key,
			    val_new(a, JSON_NULL));
	for (size_t i = 0; i < to->n; i++) {
		const struct val_member *m = &to->members[i];
		const struct val *old = val_get(from, m->key.p);
		struct val *sub = m->value;

		if (old != NULL && old->type == JSON_OBJECT &&
		    m->value->type == JSON_OBJECT) {
			sub = docschema_diff(a, old, m->value);
			if (sub->n == 0)
				continue;
		} else if (old != NULL && val_same(old, m->value)) {
			continue;
		}
		val_set(a, patch, m->key, sub);
	}
	return patch;
}

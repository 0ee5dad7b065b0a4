/* SPDX-License-Identifier: MIT */
#include "source/rest/connector.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "config/config.h"
#include "config/schema.h"
#include "config/yaml.h"
#include "source/rest/definition.h"
#include "source/rest/form.h"

int
connector_wrong(const struct connector *c, const struct val *at,
    const char *key, struct err *e, const char *fmt, ...)
{
	char what[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (c->file != NULL)
		return schema_err_at(c->file, at, key, e, "%s", what);
	return err_set(e, ST_USAGE, "source.%s: %s", key, what);
}

int
connector_find(const struct connector *c, struct span name)
{
	for (size_t i = 0; i < c->n; i++)
		if (span_is(name, c->v[i].name))
			return (int)i;
	return CONNECTOR_NONE;
}

/* ---- merging ---- */

static bool
is_map(const struct val *v)
{
	return v != NULL && v->type == JSON_OBJECT;
}

/* The member, or what stands in its place. */
static void
put_merged(struct arena *a, struct val *out, const struct val_member *m,
    struct val *over)
{
	struct val *v = over == NULL ? m->value : over;

	if (v->type == JSON_NULL)
		return;
	if (over != NULL && is_map(over) && is_map(m->value))
		v = connector_merge(a, m->value, over);
	val_set(a, out, m->key, v);
}

struct val *
connector_merge(struct arena *a, const struct val *base,
    const struct val *over)
{
	struct val *out = val_new(a, JSON_OBJECT);

	out->line = over != NULL ? over->line : 0;
	out->col = over != NULL ? over->col : 0;
	for (size_t i = 0; base != NULL && i < base->n; i++)
		put_merged(a, out, &base->members[i],
		    val_get(over, base->members[i].key.p));
	for (size_t i = 0; over != NULL && i < over->n; i++)
		if (val_get(base, over->members[i].key.p) == NULL)
			put_merged(a, out, &over->members[i], NULL);
	return out;
}

/* ---- the file, or the section ---- */

/* Places in the request mean nothing to a person. */
static void
unplace(struct val *v)
{
	v->line = v->col = 0;
	for (size_t i = 0; i < v->n; i++) {
		if (v->type == JSON_OBJECT)
			v->members[i].line = v->members[i].col = 0;
		unplace(v->type == JSON_OBJECT ? v->members[i].value :
		    v->items[i]);
	}
}

static int
read_file(struct connector *c, struct err *e)
{
	struct schema_fault f;
	struct buf text = { 0 };
	struct val *schema = form_file(c->arena), *v;

	if (file_read(c->file, CONFIG_MAX, &text) != 0) {
		err_set(e, ST_USAGE, "%s: %s", c->file, strerror(errno));
		buf_release(&text);
		return -1;
	}
	v = yaml_parse(c->arena, buf_span(&text), CONFIG_DEPTH, c->file, e);
	buf_release(&text);
	if (v == NULL)
		return -1;
	if (schema_check(schema, v, "", &f) != 0)
		return schema_err(c->file, &f, e);
	c->root = schema_complete(c->arena, schema, v);
	return 0;
}

/* The values of a mapping but those that its properties call secret. */
static struct val *
without_secrets(struct arena *a, const struct val *props,
    const struct val *values)
{
	struct val *out = val_new(a, JSON_OBJECT);

	for (size_t i = 0; i < values->n; i++) {
		const struct val_member *m = &values->members[i];
		const struct val *p = val_get(props, m->key.p);
		const struct val *sub = val_get(p, "properties");

		if (p != NULL && schema_secret(p)) {
			msg_secret(val_str(m->value));
			continue;
		}
		val_set(a, out, m->key, is_map(m->value) && is_map(sub) ?
		    without_secrets(a, sub, m->value) : m->value);
	}
	return out;
}

static void
read_settings(struct connector *c, const struct request *rq)
{
	struct val *all = val_new(c->arena, JSON_OBJECT);

	for (size_t i = 0; c->file != NULL && i < rq->source->n; i++)
		if (!form_common(rq->source->members[i].key) ||
		    val_get(val_get(c->root, "settings"),
		    rq->source->members[i].key.p) != NULL)
			val_set(c->arena, all, rq->source->members[i].key,
			    rq->source->members[i].value);
	c->settings = all;
	c->plain = without_secrets(c->arena, val_get(c->root, "settings"),
	    all);
}

int
connector_read(struct connector *c, struct arena *a,
    const struct request *rq, struct err *e)
{
	struct val *copy;

	*c = (struct connector){ .arena = a,
		.file = val_cstr(val_get(rq->root, "connector")) };
	if (c->file != NULL) {
		if (read_file(c, e) != 0)
			return -1;
	} else {
		copy = val_copy(a, rq->source);
		unplace(copy);
		c->root = copy;
	}
	read_settings(c, rq);
	return definition_read(c, rq, e);
}

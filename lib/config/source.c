/* SPDX-License-Identifier: MIT */
/* The source section, checked against its driver's spec. */
#include "base/hash.h"
#include "config/parts.h"
#include "config/url.h"

/* Keys that every source takes; they are passed on to the driver, too. */
static const char common_keys[] = PARTS_JSON({
	"type": { "type": "string" },
	"timeout": { "type": "string", "default": "1h" },
	"rate": { "type": "string" },
	"overlap": { "type": "string", "default": "10m" },
	"retry": { "type": "string", "default": "10m" }
});

struct visit {
	struct config *c;
	struct err *e;
	bool resolve;
	bool secrets;           /* there is one */
	struct val *met;        /* with patches: the secrets met so far */
};

/* A schema of the spec with more properties, and closed to unknown keys
 * unless it says otherwise: a misspelt key must never pass. */
static struct val *
extend(struct arena *a, const struct val *schema, const struct val *more)
{
	struct val *s = schema ? val_copy(a, schema) : val_new(a, JSON_OBJECT);
	struct val *props = val_get(s, "properties");

	if (props == NULL || props->type != JSON_OBJECT) {
		props = val_new(a, JSON_OBJECT);
		val_set(a, s, SPAN("properties"), props);
	}
	for (size_t i = 0; i < more->n; i++)
		if (val_get(props, more->members[i].key.p) == NULL)
			val_set(a, props, more->members[i].key,
			    more->members[i].value);
	if (!val_get(s, "additionalProperties") && !val_get(s, "oneOf") &&
	    !val_get(s, "anyOf"))
		val_set(a, s, SPAN("additionalProperties"),
		    val_new(a, JSON_FALSE));
	return s;
}

static struct val *
source_schema(struct arena *a, const struct val *spec)
{
	return extend(a, val_get(spec, "schema"), parts_schema(a, common_keys));
}

/* With patches a secret is met where the config has it, and again, fetched
 * or not, where the driver wants it. */
static bool
was_met(const struct visit *t, const struct val *v)
{
	for (size_t i = 0; t->met != NULL && v->line > 0 && i < t->met->n; i++)
		if (t->met->items[i]->line == v->line &&
		    t->met->items[i]->col == v->col)
			return true;
	return false;
}

static int
each_value(void *ctx, const struct val *schema, struct val **slot,
    const char *path)
{
	struct visit *t = ctx;
	const struct val *v = *slot;
	const char *text;

	if (schema_secret(schema) && was_met(t, v))
		return 0;
	if (schema_secret(schema)) {
		struct val *made;

		t->secrets = true;
		if (t->met != NULL)
			val_push(&t->c->arena, t->met, (struct val *)v);
		if (!t->resolve)
			return secret_check(t->c, v, path, t->e);
		if (secret_get(t->c, v, path, schema_lines(schema), &text,
		    t->e) != 0)
			return -1;
		made = val_string(&t->c->arena, span_of(text));
		made->line = v->line;
		made->col = v->col;
		*slot = made;
		return 0;
	}
	if (url_holds_password(val_str(v)))
		return parts_err(t->c, v, path, t->e,
		    "a password in a URL; it has a key of its own");
	return parts_absolute(t->c, schema, slot, path, t->e);
}

/* With secrets about, no url may be plain http to another machine. */
static int
check_clear(struct config *c, const struct val *source, struct err *e)
{
	const struct val *url = val_get(source, "url");

	if (!url_in_clear(val_str(url)) ||
	    val_bool(val_get(source, "allow_http"), false))
		return 0;
	return parts_err(c, url, "source.url", e,
	    "credentials would go over http in the clear; "
	    "use https, or set allow_http: true");
}

static int
complete(struct visit *t, const struct val *schema, const struct val *value,
    const char *path, struct val **out)
{
	struct schema_fault f;

	/* what a secret that was not fetched would be is not known */
	if (schema_check(schema, value, path, &f) != 0 &&
	    (t->resolve || !was_met(t, f.at)))
		return schema_err(t->c->file, &f, t->e);
	*out = schema_complete(&t->c->arena, schema, value);
	return schema_visit(schema, out, path, each_value, t);
}

static int
finish(struct config *c, const struct val *schema, const struct val *value,
    const char *path, bool resolve, struct val **out, struct err *e)
{
	struct visit t = { .c = c, .e = e, .resolve = resolve };

	if (complete(&t, schema, value, path, out) != 0)
		return -1;
	return t.secrets ? check_clear(c, *out, e) : 0;
}

/* As a person writes it, then as the driver wants it. */
static int
finish_patched(struct config *c, const struct val *spec, bool resolve,
    struct val **out, struct err *e)
{
	struct visit t = { .c = c, .e = e, .resolve = resolve };
	const struct val *own = extend(&c->arena, c->own_schema,
	    parts_schema(&c->arena, common_keys));
	struct val *v;

	t.met = val_new(&c->arena, JSON_ARRAY);
	if (complete(&t, source_schema(&c->arena, spec), c->source, "source",
	    &v) != 0 || patches_source(c->patches, spec, v, &v, e) != 0)
		return -1;
	c->mapped = val_copy(&c->arena, c->root);
	val_set(&c->arena, c->mapped, SPAN("source"), v);
	if (complete(&t, own, v, "source", out) != 0)
		return -1;
	return t.secrets ? check_clear(c, *out, e) : 0;
}

static int
finish_streams(struct config *c, const struct val *spec, bool resolve,
    struct err *e)
{
	const struct val *entry = val_get(spec, "streams");
	struct val *list, *schema;

	if (c->streams == NULL || entry == NULL)
		return 0;
	schema = extend(&c->arena, entry, parts_schema(&c->arena,
	    PARTS_JSON({ "name": { "type": "string", "minLength": 1 } })));
	list = val_new(&c->arena, JSON_ARRAY);
	list->line = c->streams->line;
	list->col = c->streams->col;
	for (size_t i = 0; i < c->streams->n; i++) {
		char path[SCHEMA_PATH];
		struct val *v;

		schema_path_item(path, "streams", i);
		if (finish(c, schema, c->streams->items[i], path, resolve, &v,
		    e) != 0)
			return -1;
		val_push(&c->arena, list, v);
	}
	c->streams = list;
	return 0;
}

/* Both say what is read. */
static int
check_advanced(struct config *c, struct err *e)
{
	if (c->streams == NULL || val_get(c->source, "advanced_rules") == NULL)
		return 0;
	return parts_err(c, c->streams, "streams", e,
	    "stands beside source.advanced_rules; only one of them may");
}

int
config_source(struct config *c, const struct val *spec, bool resolve,
    const struct val **source, struct err *e)
{
	struct val *v;
	int r;

	if (c->own_schema != NULL)
		r = finish_patched(c, spec, resolve, &v, e);
	else
		r = finish(c, source_schema(&c->arena, spec), c->source,
		    "source", resolve, &v, e);
	if (r != 0 || check_advanced(c, e) != 0)
		return -1;
	*source = v;
	return finish_streams(c, spec, resolve, e);
}

/* ---- digest ---- */

static int
hide_secret(void *ctx, const struct val *schema, struct val **slot,
    const char *path)
{
	struct visit *t = ctx;

	if (schema_secret(schema)) {
		*slot = val_new(&t->c->arena, JSON_NULL);
		return 0;
	}
	return parts_absolute(t->c, schema, slot, path, t->e);
}

/* Keys without a value are as good as absent: so are secrets here. */
static struct val *
without_nulls(struct arena *a, const struct val *v)
{
	struct val *copy;

	if (v->type != JSON_OBJECT)
		return val_copy(a, v);
	copy = val_new(a, JSON_OBJECT);
	for (size_t i = 0; i < v->n; i++)
		if (v->members[i].value->type != JSON_NULL)
			val_set(a, copy, v->members[i].key,
			    without_nulls(a, v->members[i].value));
	return copy;
}

/* The source as it decides what is read: without tuning and secrets, paths
 * absolute (another folder is another source), no defaults (a new version that
 * adds a key changes nothing). */
static struct val *
essence(struct config *c, const struct val *spec)
{
	static const char *const tuning[] = { "timeout", "rate", "overlap",
		"retry", "parallel" };
	struct val *v = val_new(&c->arena, JSON_OBJECT);
	struct err ignored;
	struct visit t = { .c = c, .e = &ignored };

	for (size_t i = 0; i < c->source->n; i++) {
		const struct val_member *m = &c->source->members[i];
		bool keep = true;

		for (size_t k = 0; k < sizeof tuning / sizeof *tuning; k++)
			keep = keep && !span_is(m->key, tuning[k]);
		if (keep)
			val_set(&c->arena, v, m->key,
			    val_copy(&c->arena, m->value));
	}
	schema_visit(source_schema(&c->arena, spec), &v, "source", hide_secret,
	    &t);
	return without_nulls(&c->arena, v);
}

const char *
config_digest(struct config *c, const struct val *spec)
{
	struct val *v = val_new(&c->arena, JSON_OBJECT);
	static const char *const keys[] = { "rules", "map", "streams" };
	char *hex = arena_alloc(&c->arena, HASH_HEX + 1);
	struct buf text = { 0 };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct val *part = val_get(c->root, keys[i]);

		if (part)
			val_set(&c->arena, v, span_of(keys[i]), part);
	}
	val_set(&c->arena, v, SPAN("source"), essence(c, spec));
	if (c->connector_digest != NULL)
		val_set(&c->arena, v, SPAN("connector"), val_string(&c->arena,
		    span_of(c->connector_digest)));
	if (c->patches != NULL)
		val_set(&c->arena, v, SPAN("patches"),
		    patches_essence(&c->arena, c->patches));
	val_write_sorted(&text, v);
	hash_hex(hash128(text.p, text.n), hex);
	buf_release(&text);
	return hex;
}

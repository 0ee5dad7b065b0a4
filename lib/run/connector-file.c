/* SPDX-License-Identifier: MIT */
#include "run/connector-file.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/opt.h"
#include "config/schema.h"
#include "config/yaml.h"

#define JSON(...) #__VA_ARGS__

static const char default_driver[] = "rest";

/* A misspelt key of a setting would be lost without a word; that of "secret"
 * would show one. */
static const char form[] = JSON({
	"type": "object",
	"properties": {
		"type": {
			"type": "string",
			"pattern": "^[a-z][a-z0-9-]{0,63}$"
		},
		"title": { "type": "string", "minLength": 1 },
		"rate": { "type": "string" },
		"overlap": { "type": "string" },
		"parallel": { "type": "integer", "minimum": 1, "maximum": 64 },
		"defaults": { "type": "object" },
		"settings": { "type": "object", "additionalProperties": {
			"type": "object",
			"additionalProperties": false,
			"properties": {
				"type": { "enum": ["string", "integer",
				    "number", "boolean", "array", "object"] },
				"required": { "type": ["boolean", "array"] },
				"secret": { "type": "boolean" },
				"title": { "type": "string" },
				"description": { "type": "string" },
				"format": { "type": "string" },
				"default": {}, "const": {},
				"enum": { "type": "array" },
				"minimum": { "type": "number" },
				"maximum": { "type": "number" },
				"minLength": { "type": "integer" },
				"maxLength": { "type": "integer" },
				"minItems": { "type": "integer" },
				"maxItems": { "type": "integer" },
				"pattern": { "type": "string" },
				"items": { "type": "object" },
				"properties": { "type": "object" },
				"additionalProperties": {},
				"oneOf": { "type": "array" },
				"anyOf": { "type": "array" }
			}
		} }
	}
});

/* What every connector takes beside its settings. */
static const char common[] = JSON({
	"parallel": {
		"title": "Requests under way at a time",
		"type": "integer", "minimum": 1, "maximum": 64
	},
	"ca": {
		"title": "Certificates that are trusted, PEM",
		"type": "string", "format": "path"
	},
	"cert": {
		"title": "Our own certificate, PEM",
		"type": "string", "format": "path"
	},
	"key": {
		"title": "Its key, PEM",
		"type": "string", "format": "path"
	},
	"allow_http": {
		"title": "Send credentials over http in the clear",
		"type": "boolean", "default": false
	}
});

/* Also of every source, conn-config(5). */
static const char *const reserved[] = { "type", "timeout", "rate", "overlap",
	"retry", "parallel", "ca", "cert", "key", "allow_http" };

static struct val *
own_schema(struct arena *a, const char *json)
{
	struct val_error e;
	struct val *v = val_parse(a, span_of(json), CONFIG_DEPTH, true, &e);

	if (v == NULL)
		die(ST_PERSON, "own schema: line %u", e.line);
	return v;
}

/* ---- reading ---- */

static int
check_setting(const char *file, const struct val_member *m, struct err *e)
{
	const struct val *dflt = val_get(m->value, "default");
	struct schema_fault f = { 0 };
	char path[SCHEMA_PATH];

	schema_path_key(path, "settings", m->key.p);
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (span_is(m->key, reserved[i]))
			return schema_err_at(file, m->value, path, e,
			    "is a key of every connector; it needs another "
			    "name");
	if (dflt == NULL)
		return 0;
	if (schema_secret(m->value))
		return schema_err_at(file, dflt, path, e,
		    "a secret has no default");
	return schema_check(m->value, dflt, path, &f) == 0 ? 0 :
	    schema_err(file, &f, e);
}

static int
check(const struct connector_file *c, struct err *e)
{
	const struct val *settings = val_get(c->root, "settings");
	const struct val *defaults = val_get(c->root, "defaults");
	const struct val *overlap = val_get(c->root, "overlap");
	const struct val *rate = val_get(c->root, "rate");
	double n;

	if (overlap && !opt_duration(val_str(overlap), &n))
		return schema_err_at(c->file, overlap, "overlap", e,
		    DURATION_WORDS);
	if (rate && !rate_parse(val_str(rate), &n))
		return schema_err_at(c->file, rate, "rate", e, RATE_WORDS);
	if (settings != NULL && defaults != NULL)
		return schema_err_at(c->file, defaults, "defaults", e,
		    "stands for the driver's own settings, but there are "
		    "settings");
	for (size_t i = 0; settings != NULL && i < settings->n; i++)
		if (check_setting(c->file, &settings->members[i], e) != 0)
			return -1;
	return 0;
}

int
connector_file_read(struct arena *a, const char *file,
    struct connector_file *out, struct err *e)
{
	const struct val *schema = own_schema(a, form);
	struct schema_fault f;
	struct buf text = { 0 };
	struct val *root;

	if (file_read(file, CONFIG_MAX, &text) != 0) {
		buf_release(&text);
		return err_set(e, ST_PERSON, "%s: %s", file, errno == EFBIG ?
		    "larger than 1 MiB" : strerror(errno));
	}
	root = yaml_parse(a, buf_span(&text), CONFIG_DEPTH, file, e);
	buf_release(&text);
	if (root == NULL)
		return -1;
	if (schema_check(schema, root, "", &f) != 0)
		return schema_err(file, &f, e);
	out->file = file;
	out->root = schema_complete(a, schema, root);
	out->driver = val_cstr(val_get(out->root, "type"));
	if (out->driver == NULL)
		out->driver = default_driver;
	return check(out, e);
}

/* ---- spec ---- */

/* "required": true, which stands in a property, as JSON Schema has it: in a
 * list beside the properties. */
static void
hoist_required(struct arena *a, struct val *schema)
{
	struct val *props = val_get(schema, "properties");
	struct val *list = val_new(a, JSON_ARRAY);

	for (size_t i = 0; props != NULL && i < props->n; i++) {
		struct val *p = props->members[i].value;
		const struct val *required = val_get(p, "required");

		if (val_bool(required, false))
			val_push(a, list, val_string(a, props->members[i].key));
		if (required != NULL && required->type != JSON_ARRAY)
			val_unset(p, "required");
		hoist_required(a, p);
	}
	if (list->n > 0)
		val_set(a, schema, SPAN("required"), list);
}

static void
set_default(struct arena *a, struct val *props,
    const struct connector_file *c, const char *key, struct val *property)
{
	const struct val *v = val_get(c->root, key);

	if (v == NULL)
		return;
	val_set(a, property, SPAN("default"), val_copy(a, v));
	val_set(a, props, span_of(key), property);
}

static struct val *
text_property(struct arena *a, const char *title)
{
	struct val *v = val_new(a, JSON_OBJECT);

	val_set(a, v, SPAN("title"), val_string(a, span_of(title)));
	val_set(a, v, SPAN("type"), val_string(a, SPAN("string")));
	return v;
}

static struct val *
settings_schema(struct arena *a, const struct connector_file *c)
{
	struct val *settings = val_get(c->root, "settings");
	struct val *more = own_schema(a, common);
	struct val *schema = val_new(a, JSON_OBJECT);
	struct val *props = settings ? val_copy(a, settings) :
	    val_new(a, JSON_OBJECT);

	val_set(a, schema, SPAN("type"), val_string(a, SPAN("object")));
	val_set(a, schema, SPAN("properties"), props);
	hoist_required(a, schema);
	set_default(a, props, c, "rate", text_property(a,
	    "Requests a second, or in a time, such as 900/15m"));
	set_default(a, props, c, "overlap", text_property(a,
	    "How far a poll looks back before the saved position"));
	set_default(a, props, c, "parallel", val_get(more, "parallel"));
	for (size_t i = 0; i < more->n; i++)
		val_set(a, props, more->members[i].key, more->members[i].value);
	return schema;
}

static bool
given(const struct val *v)
{
	return v != NULL && v->type != JSON_NULL;
}

bool
connector_file_one(const struct val *root)
{
	const struct val *streams = val_get(root, "streams");

	for (size_t i = 0; streams != NULL && streams->type == JSON_OBJECT &&
	    i < streams->n; i++) {
		const struct val *s = streams->members[i].value;

		if (val_get(s, "one") ? given(val_get(s, "one")) :
		    given(val_get(root, "one")))
			return true;
	}
	return false;
}

/* "./x" is a file beside the connector; in place. */
static void
beside(struct arena *a, const char *dir, struct val *v)
{
	char *path;

	for (size_t i = 0; v->type == JSON_ARRAY && i < v->n; i++)
		beside(a, dir, v->items[i]);
	if (!span_starts(val_str(v), SPAN("./")))
		return;
	path = file_join(dir, v->str.p + 2);
	v->str = span_of(arena_strndup(a, span_of(path)));
	free(path);
}

static void
forget_required(struct arena *a, struct val *schema, const struct val *own)
{
	const struct val *list = val_get(schema, "required");
	struct val *left = val_new(a, JSON_ARRAY);

	for (size_t i = 0; list != NULL && list->type == JSON_ARRAY &&
	    i < list->n; i++)
		if (val_get(own, val_str(list->items[i]).p) == NULL)
			val_push(a, left, list->items[i]);
	val_set(a, schema, SPAN("required"), left);
}

/* The driver's own settings, some of which the connector gives. */
static int
set_defaults(struct arena *a, const struct connector_file *c,
    struct val *schema, struct err *e)
{
	const struct val *own = val_get(c->root, "defaults");
	struct val *props = val_get(schema, "properties");
	char *dir = file_dirname(c->file);
	struct schema_fault f;

	forget_required(a, schema, own);
	if (schema_check(schema, own, "defaults", &f) != 0) {
		free(dir);
		return schema_err(c->file, &f, e);
	}
	for (size_t i = 0; i < own->n; i++) {
		const struct val_member *m = &own->members[i];
		struct val *p = val_get(props, m->key.p);
		struct val *v = val_copy(a, m->value);

		beside(a, dir, v);
		if (p != NULL)
			val_set(a, p, SPAN("default"), v);
	}
	free(dir);
	return 0;
}

struct val *
connector_file_spec(struct arena *a, const char *type,
    const struct connector_file *c, const struct val *driver, struct err *e)
{
	const struct val *title = val_get(c->root, "title");
	struct val *spec = val_copy(a, driver);
	bool confirm = connector_file_one(c->root) &&
	    val_bool(val_get(driver, "confirm"), false);

	val_set(a, spec, SPAN("type"), val_string(a, span_of(type)));
	val_set(a, spec, SPAN("title"), val_string(a, title ? val_str(title) :
	    span_of(type)));
	if (val_get(c->root, "defaults") != NULL) {
		if (set_defaults(a, c, val_get(spec, "schema"), e) != 0)
			return NULL;
	} else {
		val_set(a, spec, SPAN("schema"), settings_schema(a, c));
		val_unset(spec, "settings");
	}
	val_set(a, spec, SPAN("confirm"),
	    val_new(a, confirm ? JSON_TRUE : JSON_FALSE));
	return spec;
}

/* ---- digest ---- */

const char *
connector_file_digest(struct arena *a, const struct connector_file *c)
{
	static const char *const tuning[] = { "title", "rate", "overlap",
		"parallel", "checks" };
	struct val *copy = val_copy(a, c->root);
	char *hex = arena_alloc(a, HASH_HEX + 1);
	struct buf text = { 0 };

	for (size_t i = 0; i < sizeof tuning / sizeof *tuning; i++)
		val_unset(copy, tuning[i]);
	val_write_sorted(&text, copy);
	hash_hex(hash128(text.p, text.n), hex);
	buf_release(&text);
	return hex;
}

/* SPDX-License-Identifier: MIT */
/* Is a schema one? Only keywords that JSON Schema gives a form are looked at;
 * goes one level down with each call. */
#include <stdarg.h>
#include <stdio.h>

#include "config/patches.h"
#include "config/regex.h"
#include "config/type.h"

static int MSG_PRINTF(4, 5)
wrong(struct schema_fault *f, const struct val *at, const char *key,
    const char *fmt, ...)
{
	va_list ap;

	f->at = at;
	f->line = at->line;
	f->col = at->col;
	snprintf(f->path, sizeof f->path, "%s", key);
	va_start(ap, fmt);
	vsnprintf(f->what, sizeof f->what, fmt, ap);
	va_end(ap);
	return -1;
}

static bool
is_schema(const struct val *v)
{
	return v->type == JSON_OBJECT || v->type == JSON_TRUE ||
	    v->type == JSON_FALSE;
}

static int
check_type(const struct val *v, struct schema_fault *f)
{
	static const char *const types[] = { "string", "integer", "number",
		"boolean", "array", "object", "null" };
	size_t n = v->type == JSON_ARRAY ? v->n : 1;

	if (n == 0)
		return wrong(f, v, "type", "must not be empty");
	for (size_t i = 0; i < n; i++) {
		const struct val *t = v->type == JSON_ARRAY ? v->items[i] : v;
		bool known = false;

		for (size_t k = 0; k < sizeof types / sizeof *types; k++)
			known = known || span_is(val_str(t), types[k]);
		if (!known)
			return wrong(f, t, "type", "is no type of JSON");
	}
	return 0;
}

static int
check_pattern(const struct val *v, struct schema_fault *f)
{
	char why[128];
	struct regex *re;

	if (v->type != JSON_STRING)
		return wrong(f, v, "pattern", "must be a string");
	re = regex_new(v->str, why, sizeof why);
	if (re == NULL)
		return wrong(f, v, "pattern", "is wrong: %s", why);
	regex_free(re);
	return 0;
}

/* The keywords whose form is a type; of a list: of what. */
static const struct {
	const char *key, *type, *of;
} plain[] = {
	{ "title", "string", NULL }, { "description", "string", NULL },
	{ "format", "string", NULL }, { "$ref", "string", NULL },
	{ "required", "array", "string" }, { "enum", "array", NULL },
	{ "minimum", "number", NULL }, { "maximum", "number", NULL },
	{ "minLength", "integer", NULL }, { "maxLength", "integer", NULL },
	{ "minItems", "integer", NULL }, { "maxItems", "integer", NULL },
	{ "secret", "boolean", NULL }, { "uniqueItems", "boolean", NULL }
};

static int
check_plain(const struct val_member *m, struct schema_fault *f)
{
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		struct val type = { .type = JSON_STRING,
			.str = span_of(plain[i].type) };
		struct val_member has = { .key = SPAN("type"), .value = &type };
		struct val schema = { .type = JSON_OBJECT, .n = 1,
			.members = &has };
		char words[64] = "";

		if (!span_is(m->key, plain[i].key))
			continue;
		type_words(&schema, words, sizeof words);
		if (type_fits(&schema, m->value) != TYPE_OK)
			return wrong(f, m->value, plain[i].key, "must be %s, "
			    "not %s", words, type_word(m->value));
		for (size_t k = 0; plain[i].of && k < m->value->n; k++)
			if (m->value->items[k]->type != JSON_STRING)
				return wrong(f, m->value->items[k],
				    plain[i].key, "must be a string");
	}
	return 0;
}

/* key: for messages. */
static int
check_sub(const struct val *v, const char *key, struct schema_fault *f)
{
	return is_schema(v) ? schema_form(v, f) :
	    wrong(f, v, key, "is no schema, but %s", type_word(v));
}

/* A mapping of names to schemas, or a list of schemas. */
static int
check_all(const struct val *v, enum json_type type, const char *key,
    struct schema_fault *f)
{
	if (v->type != type)
		return wrong(f, v, key, "must be %s, not %s",
		    type == JSON_OBJECT ? "a mapping" : "a list", type_word(v));
	for (size_t i = 0; i < v->n; i++) {
		const struct val *sub = type == JSON_OBJECT ?
		    v->members[i].value : v->items[i];
		const char *name = type == JSON_OBJECT ?
		    v->members[i].key.p : key;

		if (check_sub(sub, name, f) != 0)
			return -1;
	}
	return 0;
}

static int
check_nested(const struct val_member *m, struct schema_fault *f)
{
	static const char *const maps[] = { "properties", "patternProperties",
		"$defs", "definitions" };
	static const char *const lists[] = { "oneOf", "anyOf", "allOf",
		"prefixItems" };
	static const char *const one[] = { "additionalProperties", "not",
		"contains", "propertyNames" };

	for (size_t i = 0; i < 4; i++) {
		if (span_is(m->key, maps[i]))
			return check_all(m->value, JSON_OBJECT, maps[i], f);
		if (span_is(m->key, lists[i]))
			return check_all(m->value, JSON_ARRAY, lists[i], f);
		if (span_is(m->key, one[i]))
			return check_sub(m->value, one[i], f);
	}
	if (span_is(m->key, "items"))
		return m->value->type == JSON_ARRAY ?
		    check_all(m->value, JSON_ARRAY, "items", f) :
		    check_sub(m->value, "items", f);
	return 0;
}

/* A default that a patch sets must be a value that is allowed. */
static int
check_default(const struct val *schema, struct schema_fault *f)
{
	const struct val *v = val_get(schema, "default");

	if (v == NULL || v->line == 0)
		return 0;
	if (schema_secret(schema))
		return wrong(f, v, "default", "a secret has none");
	return schema_check(schema, v, "default", f);
}

int
schema_form(const struct val *schema, struct schema_fault *f)
{
	const struct val *v;

	for (size_t i = 0; i < schema->n && schema->type == JSON_OBJECT; i++) {
		const struct val_member *m = &schema->members[i];

		if (check_plain(m, f) != 0 || check_nested(m, f) != 0)
			return -1;
	}
	if ((v = val_get(schema, "type")) != NULL && check_type(v, f) != 0)
		return -1;
	if ((v = val_get(schema, "pattern")) != NULL &&
	    check_pattern(v, f) != 0)
		return -1;
	return check_default(schema, f);
}

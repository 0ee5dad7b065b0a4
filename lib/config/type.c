/* SPDX-License-Identifier: MIT */
#include "config/type.h"

#include <stdio.h>

#include "json/text.h"

static const struct {
	const char *name, *word;
	bool of[JSON_OBJECT + 1];
} types[] = {
	{ "string", "a string", { [JSON_STRING] = true } },
	{ "integer", "an integer", { [JSON_NUMBER] = true } },
	{ "number", "a number", { [JSON_NUMBER] = true } },
	{ "boolean", "true or false",
	    { [JSON_TRUE] = true, [JSON_FALSE] = true } },
	{ "array", "a list", { [JSON_ARRAY] = true } },
	{ "object", "a mapping", { [JSON_OBJECT] = true } },
	{ "null", "null", { [JSON_NULL] = true } },
};
enum { NTYPES = sizeof types / sizeof *types };

static bool
fits(struct span name, const struct val *v)
{
	if (span_is(name, "integer") && v->type == JSON_NUMBER)
		return json_number_is_integer(v->str);
	for (int i = 0; i < NTYPES; i++)
		if (span_is(name, types[i].name))
			return types[i].of[v->type];
	return false;
}

enum type_fit
type_fits(const struct val *schema, const struct val *v)
{
	const struct val *t = val_get(schema, "type");
	bool string = false;
	size_t n;

	if (schema->type == JSON_FALSE)
		return TYPE_WRONG;
	if (t == NULL)
		return TYPE_OK;
	n = t->type == JSON_ARRAY ? t->n : 1;
	for (size_t i = 0; i < n; i++) {
		struct span name = val_str(t->type == JSON_ARRAY ?
		    t->items[i] : t);

		if (fits(name, v))
			return TYPE_OK;
		string = string || span_is(name, "string");
	}
	return string && type_is_text(v) ? TYPE_AS_STRING : TYPE_WRONG;
}

bool
type_is_text(const struct val *v)
{
	return v->type == JSON_STRING || v->type == JSON_NUMBER ||
	    v->type == JSON_TRUE || v->type == JSON_FALSE;
}

struct span
type_text(const struct val *v)
{
	if (v->type == JSON_TRUE)
		return SPAN("true");
	if (v->type == JSON_FALSE)
		return SPAN("false");
	return v->str;
}

const char *
type_word(const struct val *v)
{
	switch (v->type) {
	case JSON_NULL: return "null";
	case JSON_FALSE: return "false";
	case JSON_TRUE: return "true";
	case JSON_NUMBER: return "a number";
	case JSON_STRING: return "a string";
	case JSON_ARRAY: return "a list";
	case JSON_OBJECT: return "a mapping";
	}
	return "a value";
}

static void
add_word(struct span name, char *words, size_t size)
{
	size_t at = strlen(words);

	for (int i = 0; i < NTYPES; i++)
		if (span_is(name, types[i].name) &&
		    strstr(words, types[i].word) == NULL)
			snprintf(words + at, size - at, "%s%s",
			    at ? " or " : "", types[i].word);
}

void
type_words(const struct val *schema, char *words, size_t size)
{
	const struct val *t = val_get(schema, "type");

	if (t && t->type == JSON_ARRAY)
		for (size_t i = 0; i < t->n; i++)
			add_word(val_str(t->items[i]), words, size);
	else
		add_word(val_str(t), words, size);
	if (words[0] == '\0')
		snprintf(words, size, "absent");
}

const struct val *
type_property(const struct val *schema, struct span key)
{
	const struct val *props = val_get(schema, "properties");
	const struct val *sub = val_get(props, key.p);

	return sub ? sub : val_get(schema, "additionalProperties");
}

static int
secret_fault(const struct val *v, const char *path, struct schema_fault *f,
    const char *what)
{
	f->at = v;
	f->line = v->line;
	f->col = v->col;
	snprintf(f->path, sizeof f->path, "%s", path);
	snprintf(f->what, sizeof f->what, "%s", what);
	return -1;
}

static bool
is_name(const struct val *v)
{
	return type_is_text(v) && type_text(v).n > 0;
}

int
type_secret_form(const struct val *v, const char *path,
    struct schema_fault *f)
{
	static const char forms[] =
	    "must be a string or one of {env: NAME}, {file: PATH}, "
	    "{cred: NAME}, {cmd: [PROGRAM, ARGUMENT...]}";
	const struct val *arg = v->n == 1 ? v->members[0].value : NULL;
	struct span key = arg ? v->members[0].key : SPAN("");

	if (span_is(key, "env") || span_is(key, "file") ||
	    span_is(key, "cred"))
		return is_name(arg) ? 0 : secret_fault(arg, path, f, forms);
	if (!span_is(key, "cmd"))
		return secret_fault(v, path, f, forms);
	if (arg->type != JSON_ARRAY || arg->n == 0 || !is_name(arg->items[0]))
		return secret_fault(arg, path, f, forms);
	for (size_t i = 0; i < arg->n; i++)
		if (!type_is_text(arg->items[i]))
			return secret_fault(arg->items[i], path, f,
			    "each argument of cmd must be a string");
	return 0;
}

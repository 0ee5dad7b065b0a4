/* SPDX-License-Identifier: MIT */
#include "run/spec.h"

#include "config/schema.h"

static bool
lists(const struct val *array, struct span s)
{
	for (size_t i = 0; array != NULL && array->type == JSON_ARRAY &&
	    i < array->n; i++)
		if (span_eq(val_str(array->items[i]), s))
			return true;
	return false;
}

bool
spec_required(const struct val *schema, struct span key)
{
	static const char *const either[] = { "oneOf", "anyOf" };

	if (lists(val_get(schema, "required"), key))
		return true;
	for (size_t i = 0; i < 2; i++) {
		const struct val *v = val_get(schema, either[i]);

		if (v != NULL && v->type == JSON_ARRAY && v->n > 0)
			return lists(val_get(v->items[0], "required"), key);
	}
	return false;
}

const char *
spec_type(const struct val *schema)
{
	const struct val *t = val_get(schema, "type");

	if (t == NULL || t->type != JSON_ARRAY)
		return val_str(t).p;
	for (size_t i = 0; i < t->n; i++)
		if (val_str(t->items[i]).n > 0 &&
		    !span_is(t->items[i]->str, "null"))
			return t->items[i]->str.p;
	return "";
}

static void
item(struct buf *out, size_t start, const char *s)
{
	if (*s == '\0')
		return;
	if (out->n > start)
		buf_puts(out, ", ");
	buf_puts(out, s);
}

static void
bound(struct buf *out, size_t start, const struct val *schema,
    const char *key, const char *words)
{
	const struct val *v = val_get(schema, key);

	if (v == NULL)
		return;
	item(out, start, words);
	buf_putc(out, ' ');
	val_write(out, v);
}

bool
spec_secret(const struct val *schema)
{
	return schema_secret(schema) ||
	    val_bool(val_get(schema, "airbyte_secret"), false);
}

void
spec_kind(struct buf *out, const struct val *schema, bool required)
{
	const struct val *choice = val_get(schema, "enum");
	const struct val *format = val_get(schema, "format");
	size_t start = out->n;

	item(out, start, spec_secret(schema) ? "secret" : spec_type(schema));
	if (streq(spec_type(schema), "array")) {
		const char *of = spec_type(val_get(schema, "items"));

		buf_puts(out, *of ? " of " : "");
		buf_puts(out, of);
	}
	if (format != NULL)
		item(out, start, val_str(format).n > 0 ? format->str.p : "");
	if (choice != NULL && choice->type == JSON_ARRAY) {
		item(out, start, "one of");
		for (size_t i = 0; i < choice->n; i++) {
			buf_puts(out, i > 0 ? ", " : " ");
			val_write(out, choice->items[i]);
		}
	}
	bound(out, start, schema, "minimum", "at least");
	bound(out, start, schema, "maximum", "at most");
	if (!spec_secret(schema))
		bound(out, start, schema, "default", "default");
	if (required)
		item(out, start, "required");
}

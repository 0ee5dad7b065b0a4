/* SPDX-License-Identifier: MIT */
#include "config/schema.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "config/regex.h"
#include "config/type.h"
#include "json/text.h"

/* A value under check: its name, and where the first violation goes. */
struct spot {
	const struct val *v;
	const char *path;
	struct schema_fault *f;
};

static int MSG_PRINTF(2, 3)
wrong(const struct spot *s, const char *fmt, ...)
{
	struct schema_fault *f = s->f;
	va_list ap;

	f->at = s->v;
	f->line = s->v->line;
	f->col = s->v->col;
	snprintf(f->path, sizeof f->path, "%s", s->path);
	va_start(ap, fmt);
	vsnprintf(f->what, sizeof f->what, fmt, ap);
	va_end(ap);
	return -1;
}

static int
put_err(const char *file, unsigned line, unsigned col, const char *path,
    struct err *e, const char *what)
{
	char place[64] = "";

	if (line > 0)
		snprintf(place, sizeof place, ":%u:%u", line, col);
	return err_set(e, ST_USAGE, "%s%s: %s%s%s", file, place, path,
	    path[0] ? ": " : "", what);
}

int
schema_err(const char *file, const struct schema_fault *f, struct err *e)
{
	return put_err(file, f->line, f->col, f->path, e, f->what);
}

int
schema_err_at(const char *file, const struct val *at, const char *path,
    struct err *e, const char *fmt, ...)
{
	char what[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return put_err(file, at ? at->line : 0, at ? at->col : 0, path, e,
	    what);
}

void
schema_path_key(char out[SCHEMA_PATH], const char *path, const char *key)
{
	snprintf(out, SCHEMA_PATH, "%s%s%s", path, path[0] ? "." : "", key);
}

void
schema_path_item(char out[SCHEMA_PATH], const char *path, size_t i)
{
	snprintf(out, SCHEMA_PATH, "%s[%zu]", path, i);
}

bool
schema_secret(const struct val *schema)
{
	return val_bool(val_get(schema, "secret"), false);
}

bool
schema_lines(const struct val *schema)
{
	return span_is(val_str(val_get(schema, "format")), "lines");
}

/* ---- scalars ---- */

static int
check_text(const struct val *schema, const struct spot *s, struct span text)
{
	const struct val *pattern = val_get(schema, "pattern");
	size_t n = utf8_count(text.p, text.n);
	struct regex *re;
	char why[128];
	uint64_t limit;
	bool fits;

	if (val_u64(val_get(schema, "minLength"), SIZE_MAX, &limit) &&
	    n < limit)
		return n == 0 ? wrong(s, "must not be empty") :
		    wrong(s, "must have at least %zu characters",
		    (size_t)limit);
	if (val_u64(val_get(schema, "maxLength"), SIZE_MAX, &limit) &&
	    n > limit)
		return wrong(s, "must have at most %zu characters",
		    (size_t)limit);
	if (val_cstr(pattern) == NULL)
		return 0;
	re = regex_new(pattern->str, why, sizeof why);
	if (re == NULL)
		return wrong(s, "the pattern of its schema is wrong: %s", why);
	fits = regex_search(re, text, NULL);
	regex_free(re);
	return fits ? 0 : wrong(s, "must match %s", pattern->str.p);
}

static int
check_number(const struct val *schema, const struct spot *s)
{
	const struct val *min = val_get(schema, "minimum");
	const struct val *max = val_get(schema, "maximum");

	if (min && min->type == JSON_NUMBER &&
	    json_number_cmp(s->v->str, min->str) < 0)
		return wrong(s, "must be at least %s", min->str.p);
	if (max && max->type == JSON_NUMBER &&
	    json_number_cmp(s->v->str, max->str) > 0)
		return wrong(s, "must be at most %s", max->str.p);
	return 0;
}

/* Equal as JSON values; a scalar that stands for a string equals it. */
static bool
same_value(const struct val *schema, const struct val *v, const struct val *w)
{
	if (w->type == JSON_STRING && type_fits(schema, v) == TYPE_AS_STRING)
		return span_eq(type_text(v), w->str);
	return val_same(v, w);
}

static void
show_value(struct buf *out, const struct val *v)
{
	if (v->type == JSON_STRING)
		buf_add_span(out, v->str);
	else
		val_write(out, v);
}

static int
check_enum(const struct val *schema, const struct spot *s)
{
	const struct val *one = val_get(schema, "const");
	const struct val *list = val_get(schema, "enum");
	struct buf text = { 0 };

	if (one && !same_value(schema, s->v, one)) {
		show_value(&text, one);
		wrong(s, "must be %s", buf_cstr(&text));
		buf_release(&text);
		return -1;
	}
	if (list == NULL || list->type != JSON_ARRAY)
		return 0;
	for (size_t i = 0; i < list->n; i++) {
		if (same_value(schema, s->v, list->items[i])) {
			buf_release(&text);
			return 0;
		}
		buf_puts(&text, i ? ", " : "");
		show_value(&text, list->items[i]);
	}
	wrong(s, "must be one of %s", buf_cstr(&text));
	buf_release(&text);
	return -1;
}

/* ---- mappings and lists ---- */

static int
unknown_key(const struct val *schema, const struct spot *s,
    const struct val_member *m)
{
	const char *near = schema_nearest(schema, m->key);
	char path[SCHEMA_PATH];

	schema_path_key(path, s->path, m->key.p);
	wrong(&(struct spot){ s->v, path, s->f }, "unknown key%s%s",
	    near ? ", did you mean " : "", near ? near : "");
	s->f->line = m->line;
	s->f->col = m->col;
	return -1;
}

static int
check_members(const struct val *schema, const struct spot *s)
{
	const struct val *required = val_get(schema, "required");

	for (size_t i = 0; i < s->v->n; i++) {
		const struct val_member *m = &s->v->members[i];
		const struct val *sub = type_property(schema, m->key);
		char path[SCHEMA_PATH];

		if (sub && sub->type == JSON_FALSE)
			return unknown_key(schema, s, m);
		schema_path_key(path, s->path, m->key.p);
		if (sub && schema_check(sub, m->value, path, s->f) != 0)
			return -1;
	}
	for (size_t i = 0; required && i < required->n &&
	    required->type == JSON_ARRAY; i++) {
		const char *key = val_cstr(required->items[i]);

		if (key && val_get(s->v, key) == NULL)
			return wrong(s, "%s is missing", key);
	}
	return 0;
}

static int
check_items(const struct val *schema, const struct spot *s)
{
	const struct val *items = val_get(schema, "items");
	uint64_t limit;

	if (val_u64(val_get(schema, "minItems"), SIZE_MAX, &limit) &&
	    s->v->n < limit)
		return s->v->n == 0 ? wrong(s, "must not be empty") :
		    wrong(s, "must have at least %zu items", (size_t)limit);
	if (val_u64(val_get(schema, "maxItems"), SIZE_MAX, &limit) &&
	    s->v->n > limit)
		return wrong(s, "must have at most %zu items", (size_t)limit);
	for (size_t i = 0; items && i < s->v->n; i++) {
		char path[SCHEMA_PATH];

		schema_path_item(path, s->path, i);
		if (schema_check(items, s->v->items[i], path, s->f) != 0)
			return -1;
	}
	return 0;
}

/* ---- choices ---- */

/* No branch takes a value of this type. */
static int
choice_fault(const struct val *list, const struct spot *s)
{
	char types[256] = "";

	for (size_t i = 0; i < list->n; i++)
		type_words(list->items[i], types, sizeof types);
	return wrong(s, "must be %s, not %s", types, type_word(s->v));
}

static int
check_choice(const struct val *schema, const struct spot *s)
{
	const struct val *any = val_get(schema, "anyOf");
	const struct val *one = val_get(schema, "oneOf");
	const struct val *list = one ? one : any;
	bool typed = false;
	size_t fits = 0;

	if (list == NULL || list->type != JSON_ARRAY || list->n == 0)
		return 0;
	/* if none fits, the first that takes the type says what is wrong */
	for (size_t i = 0; i < list->n; i++) {
		const struct val *branch = list->items[i];
		struct schema_fault f;

		if (schema_check(branch, s->v, s->path, &f) == 0) {
			fits++;
		} else if (!typed && type_fits(branch, s->v) != TYPE_WRONG) {
			typed = true;
			*s->f = f;
		}
	}
	if (fits == 0)
		return typed ? -1 : choice_fault(list, s);
	if (one && fits > 1)
		return wrong(s, "fits more than one of the forms allowed");
	return 0;
}

int
schema_check(const struct val *schema, const struct val *value,
    const char *path, struct schema_fault *f)
{
	struct spot s = { value, path, f };
	enum type_fit fit;
	char types[256] = "";
	int r = 0;

	if (schema_secret(schema) && value->type == JSON_OBJECT)
		return type_secret_form(value, path, f);
	fit = type_fits(schema, value);
	if (fit == TYPE_WRONG) {
		type_words(schema, types, sizeof types);
		return wrong(&s, "must be %s, not %s", types, type_word(value));
	}
	if (check_enum(schema, &s) != 0)
		return -1;
	if (value->type == JSON_STRING || fit == TYPE_AS_STRING)
		r = check_text(schema, &s, type_text(value));
	else if (value->type == JSON_NUMBER)
		r = check_number(schema, &s);
	else if (value->type == JSON_OBJECT)
		r = check_members(schema, &s);
	else if (value->type == JSON_ARRAY)
		r = check_items(schema, &s);
	return r == 0 ? check_choice(schema, &s) : -1;
}

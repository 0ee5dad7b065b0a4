/* SPDX-License-Identifier: MIT */
#include "run/form.h"

#include "run/spec.h"

enum { EXAMPLES = 5, LINES = 3 };

void
form_name(struct form *f, const struct field *d)
{
	static const char from[] = "source.config", to[] = "source.secrets";
	struct span name = buf_span(&f->name);
	struct buf b = { 0 };

	if (f->settings && spec_secret(d->schema)) {
		buf_puts(&b, to);
		buf_add(&b, name.p + sizeof from - 1, name.n - sizeof from + 1);
		name = buf_span(&b);
	}
	buf_printf(f->out, " id=\"f%u\"", d->id);
	form_attribute(f->out, "name", name);
	buf_release(&b);
}

void
form_title(struct form *f, const struct val *schema, struct span key)
{
	struct span title = val_str(val_get(schema, "title"));

	form_escape(f->out, title.n > 0 ? title : key);
}

void
form_about(struct form *f, const struct val *schema)
{
	struct span s = val_str(val_get(schema, "description"));

	if (s.n == 0)
		return;
	buf_puts(f->out, "<p class=\"text\">");
	form_text(f->out, s);
	buf_puts(f->out, "</p>\n");
}

static bool
has_about(const struct val *schema)
{
	return val_str(val_get(schema, "description")).n > 0;
}

/* id, name, whether it must be given, what describes it. */
static void
common(struct form *f, const struct field *d)
{
	bool check = streq(spec_type(d->schema), "boolean");

	form_name(f, d);
	if (d->required && !check)
		buf_puts(f->out, f->must ? " required" :
		    " aria-required=\"true\"");
	buf_puts(f->out, " aria-describedby=\"");
	if (has_about(d->schema))
		buf_printf(f->out, "d%u ", d->id);
	buf_printf(f->out, "k%u\"", d->id);
}

static void
keyword(struct form *f, const char *attr, const struct val *schema,
    const char *key)
{
	struct buf scratch = { 0 };
	const struct val *v = val_get(schema, key);

	if (v != NULL && (v->type == JSON_STRING || v->type == JSON_NUMBER))
		form_attribute(f->out, attr, form_plain(v, &scratch));
	buf_release(&scratch);
}

/* ---- one of several ---- */

static void
option(struct form *f, const struct val *v, struct span title, bool chosen)
{
	struct buf scratch = { 0 };
	struct span text = form_plain(v, &scratch);

	buf_puts(f->out, "<option");
	if (title.n > 0)
		form_attribute(f->out, "value", text);
	buf_puts(f->out, chosen ? " selected>" : ">");
	form_escape(f->out, title.n > 0 ? title : text);
	buf_puts(f->out, "</option>\n");
	buf_release(&scratch);
}

static bool
same(const struct val *a, const struct val *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool r = a != NULL && b != NULL &&
	    span_eq(form_plain(a, &x), form_plain(b, &y));

	buf_release(&x);
	buf_release(&y);
	return r;
}

static bool
chosen(const struct val *dflt, const struct val *v)
{
	if (dflt == NULL || dflt->type != JSON_ARRAY)
		return same(dflt, v);
	for (size_t i = 0; i < dflt->n; i++)
		if (same(dflt->items[i], v))
			return true;
	return false;
}

/* Of "enum", or of constants with titles. */
static void
select_of(struct form *f, const struct field *d, const struct val *list,
    bool several)
{
	const struct val *dflt = val_get(d->schema, "default");

	buf_puts(f->out, several ? "<select multiple" : "<select");
	common(f, d);
	buf_puts(f->out, ">\n");
	if (!several && dflt == NULL)
		buf_puts(f->out, "<option value=\"\"></option>\n");
	for (size_t i = 0; i < list->n; i++) {
		const struct val *own = form_const(list->items[i]);
		const struct val *v = own != NULL ? own : list->items[i];

		option(f, v, val_str(val_get(list->items[i], "title")),
		    chosen(dflt, v));
	}
	buf_puts(f->out, "</select>\n");
}

/* ---- text ---- */

static void
text_area(struct form *f, const struct field *d)
{
	const struct val *dflt = val_get(d->schema, "default");
	struct buf scratch = { 0 };

	buf_printf(f->out, "<textarea rows=\"%d\"", LINES);
	common(f, d);
	if (spec_secret(d->schema))
		buf_puts(f->out, " class=\"masked\" autocomplete=\"off\" "
		    "spellcheck=\"false\"");
	/* the first line break after the tag is none */
	buf_puts(f->out, ">\n");
	if (dflt != NULL && dflt->type == JSON_ARRAY) {
		for (size_t i = 0; i < dflt->n; i++) {
			form_escape(f->out, form_plain(dflt->items[i],
			    &scratch));
			buf_putc(f->out, '\n');
		}
	} else if (!spec_secret(d->schema)) {
		form_escape(f->out, form_plain(dflt, &scratch));
	}
	buf_puts(f->out, "</textarea>\n");
	buf_release(&scratch);
}

static const char *
input_type(const struct val *schema)
{
	static const char *const formats[] = { "date", "email" };
	const char *type = spec_type(schema);

	if (spec_secret(schema))
		return "password\" autocomplete=\"off";
	if (streq(type, "boolean"))
		return "checkbox";
	if (streq(type, "integer") || streq(type, "number"))
		return "number";
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (span_is(val_str(val_get(schema, "format")), formats[i]))
			return formats[i];
	return "text";
}

/* A form's pattern is of the whole, a schema's of any part. */
static void
pattern(struct form *f, const struct val *schema)
{
	struct span p = val_str(val_get(schema, "pattern"));
	struct span words = val_str(val_get(schema, "pattern_descriptor"));

	if (p.n == 0)
		return;
	buf_puts(f->out, " pattern=\".*(?:");
	form_escape(f->out, p);
	buf_puts(f->out, ").*\"");
	form_attribute(f->out, "title", words.n > 0 ? words : p);
}

static void
placeholder(struct form *f, const struct val *schema)
{
	const struct val *list = val_get(schema, "examples");
	struct span format = val_str(val_get(schema, "format"));
	struct buf scratch = { 0 };

	if (list != NULL && list->type == JSON_ARRAY && list->n > 0)
		list = list->items[0];
	if (list != NULL && (list->type == JSON_STRING ||
	    list->type == JSON_NUMBER))
		form_attribute(f->out, "placeholder", form_plain(list,
		    &scratch));
	else if (span_is(format, "date-time"))
		form_attribute(f->out, "placeholder",
		    SPAN("2026-01-31T00:00:00Z"));
	buf_release(&scratch);
}

static void
text_input(struct form *f, const struct field *d)
{
	const char *type = input_type(d->schema);
	bool number = streq(type, "number");
	bool check = streq(type, "checkbox");

	buf_printf(f->out, "<input type=\"%s\"", type);
	common(f, d);
	if (check) {
		if (val_bool(val_get(d->schema, "default"), false))
			buf_puts(f->out, " checked");
		buf_putc(f->out, '>');
		return;
	}
	if (!spec_secret(d->schema))
		keyword(f, "value", d->schema, "default");
	if (number) {
		keyword(f, "min", d->schema, "minimum");
		keyword(f, "max", d->schema, "maximum");
		buf_puts(f->out, streq(spec_type(d->schema), "number") ?
		    " step=\"any\"" : "");
	} else {
		keyword(f, "minlength", d->schema, "minLength");
		keyword(f, "maxlength", d->schema, "maxLength");
		pattern(f, d->schema);
	}
	placeholder(f, d->schema);
	buf_puts(f->out, ">\n");
}

static void
constant(struct form *f, const struct field *d, const struct val *v)
{
	struct buf scratch = { 0 };

	buf_puts(f->out, "<input type=\"text\" readonly");
	common(f, d);
	form_attribute(f->out, "value", form_plain(v, &scratch));
	buf_puts(f->out, ">\n");
	buf_release(&scratch);
}

/* ---- the whole field ---- */

static bool
constants(const struct val *variants)
{
	for (size_t i = 0; variants != NULL && i < variants->n; i++)
		if (form_const(variants->items[i]) == NULL)
			return false;
	return variants != NULL;
}

static bool
many_lines(const struct val *schema)
{
	const char *type = spec_type(schema);

	return streq(type, "array") || streq(type, "object") || *type == '\0' ||
	    val_bool(val_get(schema, "multiline"), false) ||
	    span_is(val_str(val_get(schema, "format")), "lines");
}

static const struct val *
list_of(const struct val *schema, const char *key)
{
	const struct val *v = val_get(schema, key);

	return v != NULL && v->type == JSON_ARRAY && v->n > 0 ? v : NULL;
}

static void
control(struct form *f, const struct field *d)
{
	const struct val *s = d->schema, *v;
	const struct val *each = form_schema(f, val_get(s, "items"));

	if ((v = form_const(s)) != NULL && val_get(s, "const") != NULL)
		constant(f, d, v);
	else if ((v = list_of(s, "enum")) != NULL)
		select_of(f, d, v, false);
	else if (constants(v = form_variants(s)))
		select_of(f, d, v, false);
	else if (streq(spec_type(s), "array") &&
	    (v = list_of(each, "enum")) != NULL)
		select_of(f, d, v, true);
	else if (streq(spec_type(s), "boolean") || !many_lines(s))
		text_input(f, d);
	else
		text_area(f, d);
}

static void
label(struct form *f, const struct field *d)
{
	buf_printf(f->out, "<label for=\"f%u\">", d->id);
	form_title(f, d->schema, d->key);
	if (d->required)
		buf_puts(f->out, " <span class=\"mark\">required</span>");
	buf_puts(f->out, "</label>\n");
}

static void
examples(struct form *f, const struct val *schema)
{
	const struct val *list = val_get(schema, "examples");
	struct buf scratch = { 0 };
	bool many = list != NULL && list->type == JSON_ARRAY;
	size_t n = many ? list->n : list != NULL ? 1 : 0;

	for (size_t i = 0; i < n && i < EXAMPLES; i++) {
		buf_puts(f->out, i == 0 ? ". Examples: <code>" : ", <code>");
		form_escape(f->out, form_plain(many ? list->items[i] : list,
		    &scratch));
		buf_puts(f->out, "</code>");
	}
	buf_release(&scratch);
}

/* The key, and what its value may be. */
static void
notes(struct form *f, const struct field *d)
{
	const struct val *s = d->schema;
	struct span words = val_str(val_get(s, "pattern_descriptor"));
	struct span pat = val_str(val_get(s, "pattern"));
	struct buf kind = { 0 };
	const char *type = spec_type(s);

	spec_kind(&kind, s, false);
	buf_printf(f->out, "<p class=\"kind\" id=\"k%u\"><code>", d->id);
	form_escape(f->out, d->key);
	buf_puts(f->out, kind.n > 0 ? "</code>: " : "</code>");
	form_escape(f->out, buf_span(&kind));
	if (streq(type, "array") && list_of(form_schema(f, val_get(s,
	    "items")), "enum") == NULL)
		buf_puts(f->out, ", one a line");
	else if (streq(type, "object"))
		buf_puts(f->out, ", as JSON");
	if (words.n > 0 || pat.n > 0) {
		buf_puts(f->out, ". Form: <code>");
		form_escape(f->out, words.n > 0 ? words : pat);
		buf_puts(f->out, "</code>");
	}
	examples(f, s);
	buf_puts(f->out, "</p>\n");
	buf_release(&kind);
}

void
form_control(struct form *f, const struct field *d)
{
	bool check = streq(spec_type(d->schema), "boolean") &&
	    val_get(d->schema, "enum") == NULL &&
	    val_get(d->schema, "const") == NULL;

	buf_puts(f->out, check ? "<div class=\"field check\">\n" :
	    "<div class=\"field\">\n");
	if (check)
		control(f, d);
	label(f, d);
	if (has_about(d->schema)) {
		buf_printf(f->out, "<p class=\"text\" id=\"d%u\">", d->id);
		form_text(f->out, val_str(val_get(d->schema, "description")));
		buf_puts(f->out, "</p>\n");
	}
	if (!check)
		control(f, d);
	notes(f, d);
	buf_puts(f->out, "</div>\n");
}

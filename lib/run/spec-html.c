/* SPDX-License-Identifier: MIT */
#include "run/spec.h"

#include "config/schema.h"

static const char head[] =
"<!DOCTYPE html>\n"
"<html lang=\"en\">\n"
"<head>\n"
"<meta charset=\"utf-8\">\n"
"<meta http-equiv=\"Content-Security-Policy\" "
"content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
"<meta name=\"viewport\" content=\"width=device-width\">\n";

static const char style[] =
"<style>\n"
"body { font: 16px/1.4 sans-serif; max-width: 42em; margin: 2em auto; "
"padding: 0 1em }\n"
"label { display: block; margin-top: 1em; font-weight: bold }\n"
"input, select, textarea { font: inherit; width: 100%; "
"box-sizing: border-box }\n"
"input[type=checkbox] { width: auto }\n"
"p { margin: 0 } p.kind { color: #555; font-size: smaller }\n"
"fieldset { margin-top: 1em } button { margin-top: 1em }\n"
"</style>\n";

struct form {
	struct buf *out;
	struct buf name;        /* "source.auth": of the object under way */
	unsigned nest;
};

static void
escape(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else if (c == '"')
			buf_puts(out, "&quot;");
		else if (c == '\'')
			buf_puts(out, "&#39;");
		else
			buf_putc(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
}

/* ` name="..."`, if there is something to say. */
static void
attribute(struct buf *out, const char *name, struct span value)
{
	if (value.p == NULL)
		return;
	buf_printf(out, " %s=\"", name);
	escape(out, value);
	buf_putc(out, '"');
}

/* A value as a person writes it: a string without its quotes. */
static struct span
plain(const struct val *v, struct buf *scratch)
{
	buf_clear(scratch);
	if (v == NULL)
		return (struct span){ NULL, 0 };
	if (v->type == JSON_STRING)
		return v->str;
	val_write(scratch, v);
	return buf_span(scratch);
}

static void
keyword(struct form *f, const char *attr, const struct val *schema,
    const char *key)
{
	struct buf scratch = { 0 };

	attribute(f->out, attr, plain(val_get(schema, key), &scratch));
	buf_release(&scratch);
}

static void
select_one(struct form *f, const struct val *schema, bool required)
{
	const struct val *choice = val_get(schema, "enum");
	struct buf a = { 0 }, b = { 0 };
	struct span dflt = plain(val_get(schema, "default"), &a);

	buf_puts(f->out, "<select");
	attribute(f->out, "id", buf_span(&f->name));
	attribute(f->out, "name", buf_span(&f->name));
	buf_puts(f->out, required ? " required>\n" : ">\n");
	if (dflt.p == NULL)
		buf_puts(f->out, "<option value=\"\"></option>\n");
	for (size_t i = 0; i < choice->n; i++) {
		struct span v = plain(choice->items[i], &b);

		buf_puts(f->out, dflt.p != NULL && span_eq(v, dflt) ?
		    "<option selected>" : "<option>");
		escape(f->out, v);
		buf_puts(f->out, "</option>\n");
	}
	buf_puts(f->out, "</select>\n");
	buf_release(&a);
	buf_release(&b);
}

static void
text_area(struct form *f, const struct val *schema, bool required)
{
	struct buf scratch = { 0 };

	buf_puts(f->out, "<textarea rows=\"3\"");
	attribute(f->out, "id", buf_span(&f->name));
	attribute(f->out, "name", buf_span(&f->name));
	buf_puts(f->out, required ? " required>" : ">");
	escape(f->out, plain(val_get(schema, "default"), &scratch));
	buf_puts(f->out, "</textarea>\n");
	buf_release(&scratch);
}

static void
input(struct form *f, const struct val *schema, bool required)
{
	const char *type = spec_type(schema);
	bool number = streq(type, "integer") || streq(type, "number");
	bool check = streq(type, "boolean");

	buf_printf(f->out, "<input type=\"%s\"", schema_secret(schema) ?
	    "password\" autocomplete=\"off" : check ? "checkbox" :
	    number ? "number" : "text");
	attribute(f->out, "id", buf_span(&f->name));
	attribute(f->out, "name", buf_span(&f->name));
	if (check && val_bool(val_get(schema, "default"), false))
		buf_puts(f->out, " checked");
	if (!check)
		keyword(f, "value", schema, "default");
	if (number) {
		keyword(f, "min", schema, "minimum");
		keyword(f, "max", schema, "maximum");
		buf_puts(f->out, streq(type, "number") ? " step=\"any\"" : "");
	}
	keyword(f, "minlength", schema, "minLength");
	keyword(f, "maxlength", schema, "maxLength");
	buf_puts(f->out, required && !check ? " required>\n" : ">\n");
}

static void
paragraph(struct buf *out, const char *class, struct span s)
{
	if (s.n == 0)
		return;
	buf_printf(out, "<p class=\"%s\">", class);
	escape(out, s);
	buf_puts(out, "</p>\n");
}

static void fields(struct form *f, const struct val *schema);

static void
heading(struct form *f, const struct val *schema, struct span key)
{
	struct span title = val_str(val_get(schema, "title"));

	escape(f->out, title.n > 0 ? title : key);
}

static void
field(struct form *f, const struct val *schema, struct span key,
    bool required)
{
	const char *type = spec_type(schema);
	const struct val *choice = val_get(schema, "enum");
	struct buf kind = { 0 };

	if (val_get(schema, "properties") != NULL && f->nest < SPEC_NEST) {
		buf_puts(f->out, "<fieldset>\n<legend>");
		heading(f, schema, key);
		buf_puts(f->out, "</legend>\n");
		paragraph(f->out, "text",
		    val_str(val_get(schema, "description")));
		fields(f, schema);
		buf_puts(f->out, "</fieldset>\n");
		return;
	}
	buf_puts(f->out, "<label");
	attribute(f->out, "for", buf_span(&f->name));
	buf_putc(f->out, '>');
	heading(f, schema, key);
	buf_puts(f->out, "</label>\n");
	if (choice != NULL && choice->type == JSON_ARRAY)
		select_one(f, schema, required);
	else if (streq(type, "array") || streq(type, "object"))
		text_area(f, schema, required);
	else
		input(f, schema, required);
	paragraph(f->out, "text", val_str(val_get(schema, "description")));
	buf_printf(&kind, "%.*s: ", (int)key.n, key.p);
	spec_kind(&kind, schema, required);
	paragraph(f->out, "kind", buf_span(&kind));
	buf_release(&kind);
}

static void
fields(struct form *f, const struct val *schema)
{
	const struct val *props = val_get(schema, "properties");
	size_t n = f->name.n;

	f->nest++;
	for (size_t i = 0; props != NULL && props->type == JSON_OBJECT &&
	    i < props->n; i++) {
		const struct val_member *m = &props->members[i];

		if (f->nest == 1 && span_is(m->key, "type"))
			continue;
		buf_putc(&f->name, '.');
		buf_add_span(&f->name, m->key);
		field(f, m->value, m->key, spec_required(schema, m->key));
		f->name.n = n;
	}
	f->nest--;
}

void
spec_html(struct buf *out, const struct val *spec)
{
	struct span title = val_str(val_get(spec, "title"));
	struct span type = val_str(val_get(spec, "type"));
	struct form f = { .out = out };

	buf_puts(out, head);
	buf_puts(out, "<title>");
	escape(out, title.n > 0 ? title : type);
	buf_puts(out, "</title>\n");
	buf_puts(out, style);
	buf_puts(out, "</head>\n<body>\n<h1>");
	escape(out, title.n > 0 ? title : type);
	buf_puts(out, "</h1>\n<form method=\"post\">\n"
	    "<input type=\"hidden\" name=\"source.type\"");
	attribute(out, "value", type);
	buf_puts(out, ">\n");
	buf_puts(&f.name, "source");
	fields(&f, val_get(spec, "schema"));
	buf_release(&f.name);
	buf_puts(out, "<button>Save</button>\n</form>\n</body>\n</html>\n");
}

/* SPDX-License-Identifier: MIT */
#include "run/spec.h"

#include "run/form.h"

static const char head[] =
"<!DOCTYPE html>\n"
"<html lang=\"en\">\n"
"<head>\n"
"<meta charset=\"utf-8\">\n"
"<meta http-equiv=\"Content-Security-Policy\" "
"content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<meta name=\"color-scheme\" content=\"light dark\">\n";

/* A variant is seen while its radio button, which stands before it, is
 * checked; without style sheets all are. */
static const char style[] =
"<style>\n"
":root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; "
"--ink: #1c2330; --soft: #566072; --line: #c9ced8; --mark: #1d57c4; "
"--must: #a3260d }\n"
"@media (prefers-color-scheme: dark) { :root { --page: #14171c; "
"--card: #1e232b; --ink: #e8ebf0; --soft: #a3adbc; --line: #48505e; "
"--mark: #8ab4ff; --must: #ff9c82 } }\n"
"body { margin: 0; background: var(--page); color: var(--ink); "
"font: 16px/1.5 system-ui, sans-serif }\n"
"main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }\n"
"h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0 }\n"
"h2 { font-size: 1.2rem; margin: 0 0 .5rem }\n"
"section { background: var(--card); border: 1px solid var(--line); "
"border-radius: .6rem; padding: 1.25rem; margin-top: 1rem }\n"
".field, fieldset, details { margin: 0 0 1.25rem }\n"
"fieldset { border: 1px solid var(--line); border-radius: .5rem; "
"padding: .75rem 1rem 0; min-width: 0 }\n"
"legend { font-weight: 600; padding: 0 .4rem }\n"
"label { display: block; font-weight: 600 }\n"
"input, select, textarea { font: inherit; color: inherit; "
"background: var(--card); width: 100%; box-sizing: border-box; "
"border: 1px solid var(--soft); border-radius: .4rem; "
"padding: .45rem .6rem; margin-top: .25rem }\n"
"textarea { font-family: ui-monospace, monospace; font-size: .9rem }\n"
".masked { -webkit-text-security: disc }\n"
"input[type=checkbox], input[type=radio] { width: 1.1rem; height: 1.1rem; "
"margin: 0; accent-color: var(--mark) }\n"
".check, .option { display: grid; grid-template-columns: 1.7rem 1fr; "
"align-items: center }\n"
".check > p, .option > .variant { grid-column: 2 }\n"
".option { margin-bottom: .6rem } .option > label { font-weight: 500 }\n"
".option > input:not(:checked) ~ .variant { display: none }\n"
".variant { border-left: 3px solid var(--line); padding-left: 1rem; "
"margin: .6rem 0 .25rem; min-width: 0 }\n"
"section > :last-child { margin-bottom: 0 }\n"
".variant > :last-child { margin-bottom: .5rem }\n"
".text + .option { margin-top: .6rem }\n"
"p { margin: 0; overflow-wrap: anywhere } .text { white-space: pre-line }\n"
".text, .kind { font-size: .9rem; color: var(--soft) }\n"
".kind { font-size: .8rem; margin-top: .2rem }\n"
"code { font: .95em ui-monospace, monospace }\n"
".mark { font-size: .75rem; font-weight: 500; color: var(--must) }\n"
"summary { cursor: pointer; font-weight: 600; color: var(--mark); "
"padding: .25rem 0; margin-bottom: .5rem }\n"
"a { color: var(--mark) }\n"
":focus-visible { outline: 3px solid var(--mark); outline-offset: 2px }\n"
"button { font: inherit; font-weight: 600; color: var(--card); "
"background: var(--mark); border: 0; border-radius: .4rem; "
"padding: .6rem 1.6rem; margin-top: 1rem; cursor: pointer }\n"
"</style>\n";

/* Properties of one object. */
struct set {
	const struct val *schema;
	struct span skip;       /* a key that is asked for elsewhere */
	const char *group;      /* NULL: all; "": of no group */
	const struct val *groups;
};

static void field(struct form *f, const struct val_member *m, bool required);

/* ---- which of them ---- */

static bool
known_group(const struct val *groups, struct span id)
{
	for (size_t i = 0; groups != NULL && groups->type == JSON_ARRAY &&
	    i < groups->n; i++)
		if (span_eq(val_str(val_get(groups->items[i], "id")), id))
			return true;
	return false;
}

static bool
is_in(const struct form *f, const struct set *s, const struct val_member *m)
{
	struct span group = val_str(val_get(m->value, "group"));

	if (s->skip.p != NULL && span_eq(m->key, s->skip))
		return false;
	if (f->nest == 0 && !f->settings && span_is(m->key, "type"))
		return false;
	if (s->group == NULL)
		return true;
	return span_is(known_group(s->groups, group) ? group : SPAN(""),
	    s->group);
}

static bool
in_view(const struct set *s, const struct val_member *m)
{
	return spec_required(s->schema, m->key) ||
	    val_bool(val_get(m->value, "always_show"), false);
}

static bool
is_hidden(const struct val_member *m)
{
	return val_bool(val_get(m->value, "airbyte_hidden"), false);
}

static size_t
count(struct form *f, const struct set *s, bool view)
{
	const struct val *props = val_get(s->schema, "properties");
	size_t n = 0;

	for (size_t i = 0; i < props->n; i++) {
		const struct val_member *m = &props->members[i];

		n += is_in(f, s, m) && in_view(s, m) == view && !is_hidden(m);
	}
	return n;
}

static void
some(struct form *f, const struct set *s, bool view)
{
	const struct val *props = val_get(s->schema, "properties");
	const size_t *order = form_order(f, s->schema);
	size_t n = f->name.n;

	for (size_t i = 0; i < props->n; i++) {
		const struct val_member *m = &props->members[order[i]];

		if (!is_in(f, s, m) || in_view(s, m) != view)
			continue;
		buf_putc(&f->name, '.');
		buf_add_span(&f->name, m->key);
		f->nest++;
		field(f, m, spec_required(s->schema, m->key));
		f->nest--;
		f->name.n = n;
	}
}

/* What must be given, then the rest, folded if that is not all there is. */
static void
fields(struct form *f, const struct set *s)
{
	size_t rest;

	if (!form_is_object(s->schema))
		return;
	rest = count(f, s, false);
	some(f, s, true);
	if (rest > 0)
		buf_printf(f->out, "<details%s>\n<summary>Optional settings "
		    "(%zu)</summary>\n", count(f, s, true) == 0 ? " open" : "",
		    rest);
	some(f, s, false);
	if (rest > 0)
		buf_puts(f->out, "</details>\n");
}

/* ---- one of several objects ---- */

static bool
object_variants(struct form *f, const struct val *schema)
{
	const struct val *list = form_variants(schema);

	for (size_t i = 0; list != NULL && i < list->n; i++)
		if (form_is_object(form_schema(f, list->items[i])))
			return true;
	return false;
}

struct choice {
	const struct val *variants;
	struct span key;        /* that tells them apart; p NULL: none */
	const struct val *dflt;
	size_t first;           /* the one that is checked */
};

static const struct val *
constant_of(struct form *f, const struct choice *c, size_t i)
{
	const struct val *v = form_schema(f, c->variants->items[i]);

	if (c->key.p == NULL)
		return NULL;
	return form_const(form_schema(f, val_get(val_get(v, "properties"),
	    c->key.p)));
}

/* The variant of the default; without one the first if there must be one. */
static size_t
first_of(struct form *f, const struct choice *c, bool required)
{
	const struct val *v = c->key.p != NULL && c->dflt != NULL ?
	    val_get(c->dflt, c->key.p) : NULL;
	struct buf a = { 0 }, b = { 0 };
	size_t i = 0;

	while (v != NULL && i < c->variants->n && !span_eq(form_plain(v, &a),
	    form_plain(constant_of(f, c, i), &b)))
		i++;
	buf_release(&a);
	buf_release(&b);
	if (v != NULL && i < c->variants->n)
		return i;
	return required ? 0 : c->variants->n;
}

static void
radio(struct form *f, const struct choice *c, size_t i, struct span value)
{
	unsigned id = ++f->ids;
	size_t n = f->name.n;

	if (c->key.p != NULL) {
		buf_putc(&f->name, '.');
		buf_add_span(&f->name, c->key);
	}
	buf_printf(f->out, "<div class=\"option\">\n<input type=\"radio\" "
	    "id=\"f%u\"", id);
	form_attribute(f->out, "name", buf_span(&f->name));
	form_attribute(f->out, "value", value);
	buf_printf(f->out, "%s>\n<label for=\"f%u\">",
	    i == c->first ? " checked" : "", id);
	f->name.n = n;
}

static void
variant_fields(struct form *f, const struct choice *c, const struct val *v,
    struct span key)
{
	struct set s = { .schema = v, .skip = c->key };
	struct field d = { .schema = v, .key = key, .id = ++f->ids };

	buf_puts(f->out, "<div class=\"variant\">\n");
	form_about(f, v);
	if (form_is_object(v))
		fields(f, &s);
	else if (!streq(spec_type(v), "object"))
		form_control(f, &d);
	buf_puts(f->out, "</div>\n");
}

static void
variant(struct form *f, const struct choice *c, size_t i, struct span key)
{
	const struct val *v = form_schema(f, c->variants->items[i]);
	size_t n = f->name.n;
	struct buf number = { 0 }, scratch = { 0 };
	struct span value = form_plain(constant_of(f, c, i), &scratch);
	const char *type = spec_type(v);

	buf_printf(&number, "%zu", i + 1);
	if (value.p == NULL)
		value = buf_span(&number);
	radio(f, c, i, value);
	form_title(f, v, c->key.p != NULL ? value : *type != '\0' ?
	    span_of(type) : value);
	buf_puts(f->out, "</label>\n");
	buf_printf(&f->name, "#%zu", i + 1);
	variant_fields(f, c, v, key);
	f->name.n = n;
	buf_puts(f->out, "</div>\n");
	buf_release(&number);
	buf_release(&scratch);
}

static void
choice(struct form *f, const struct val *schema, struct span key,
    bool required)
{
	struct choice c = { .variants = form_variants(schema),
		.dflt = val_get(schema, "default") };
	bool must = f->must;

	c.key = form_discriminator(f, c.variants);
	c.first = first_of(f, &c, required);
	f->must = false;
	if (!required) {
		radio(f, &c, c.variants->n, SPAN(""));
		buf_puts(f->out, "Not set</label>\n</div>\n");
	}
	for (size_t i = 0; i < c.variants->n; i++)
		variant(f, &c, i, key);
	f->must = must;
}

/* ---- objects, lists of objects, others ---- */

static void
legend(struct form *f, const struct field *d)
{
	buf_puts(f->out, "<fieldset>\n<legend>");
	form_title(f, d->schema, d->key);
	if (d->required)
		buf_puts(f->out, " <span class=\"mark\">required</span>");
	buf_puts(f->out, "</legend>\n");
	form_about(f, d->schema);
}

static void
body(struct form *f, const struct val *schema, struct span key, bool required)
{
	struct set s = { .schema = schema };

	fields(f, &s);
	if (object_variants(f, schema))
		choice(f, schema, key, required);
}

static void
object(struct form *f, const struct field *d)
{
	bool must = f->must;

	f->must = must && d->required;
	legend(f, d);
	body(f, d->schema, d->key, d->required);
	buf_puts(f->out, "</fieldset>\n");
	f->must = must;
}

static void
entries(struct form *f, const struct field *d, const struct val *each)
{
	bool must = f->must;

	f->must = false;
	legend(f, d);
	buf_puts(f->out, "<p class=\"kind\"><code>");
	form_escape(f->out, d->key);
	buf_puts(f->out, "</code>: a list; this is one of its entries</p>\n");
	buf_puts(&f->name, ".0");
	body(f, each, d->key, true);
	buf_puts(f->out, "</fieldset>\n");
	f->must = must;
}

static void
hidden(struct form *f, const struct field *d)
{
	const struct val *own = form_const(d->schema);
	const struct val *v = own ? own : val_get(d->schema, "default");
	struct buf scratch = { 0 };

	if (v == NULL)
		return;
	buf_puts(f->out, "<input type=\"hidden\"");
	form_name(f, d);
	form_attribute(f->out, "value", form_plain(v, &scratch));
	buf_puts(f->out, ">\n");
	buf_release(&scratch);
}

static bool
is_nested(struct form *f, const struct val *schema)
{
	return form_is_object(schema) || object_variants(f, schema);
}

static void
field(struct form *f, const struct val_member *m, bool required)
{
	struct field d = { .schema = form_schema(f, m->value), .key = m->key,
		.id = ++f->ids, .required = required };
	bool deep = f->nest > SPEC_NEST || f->ids > FORM_FIELDS;
	const struct val *each = form_schema(f, val_get(d.schema, "items"));

	if (is_hidden(m))
		hidden(f, &d);
	else if (!deep && is_nested(f, d.schema))
		object(f, &d);
	else if (!deep && streq(spec_type(d.schema), "array") &&
	    is_nested(f, each))
		entries(f, &d, each);
	else
		form_control(f, &d);
}

/* ---- the page ---- */

static void
section(struct form *f, const struct set *s, struct span title)
{
	if (count(f, s, true) + count(f, s, false) == 0)
		return;
	buf_puts(f->out, "<section");
	if (title.n > 0) {
		buf_printf(f->out, " aria-labelledby=\"g%u\">\n<h2 "
		    "id=\"g%u\">", f->ids + 1, f->ids + 1);
		f->ids++;
		form_escape(f->out, title);
		buf_puts(f->out, "</h2");
	}
	buf_puts(f->out, ">\n");
	fields(f, s);
	buf_puts(f->out, "</section>\n");
}

static void
sections(struct form *f)
{
	const struct val *schema = form_schema(f, f->root);
	struct set s = { .schema = schema, .group = "",
		.groups = val_get(schema, "groups") };
	size_t n = s.groups != NULL && s.groups->type == JSON_ARRAY ?
	    s.groups->n : 0;

	if (form_is_object(schema))
		section(f, &s, (struct span){ NULL, 0 });
	for (size_t i = 0; i < n && form_is_object(schema); i++) {
		const struct val *g = s.groups->items[i];

		s.group = val_cstr(val_get(g, "id"));
		if (s.group != NULL && *s.group != '\0')
			section(f, &s, val_str(val_get(g, "title")));
	}
	if (object_variants(f, schema)) {
		buf_puts(f->out, "<section>\n");
		choice(f, schema, SPAN(""), true);
		buf_puts(f->out, "</section>\n");
	}
}

static void
start(struct form *f, const struct val *spec, struct span title)
{
	struct span page = val_str(val_get(spec, "documentationUrl"));
	struct buf link = { 0 };

	buf_puts(f->out, head);
	buf_puts(f->out, "<title>");
	form_escape(f->out, title);
	buf_puts(f->out, "</title>\n");
	buf_puts(f->out, style);
	buf_puts(f->out, "</head>\n<body>\n<main>\n<h1>");
	form_escape(f->out, title);
	buf_puts(f->out, "</h1>\n");
	form_about(f, f->root);
	if (page.n > 0 && memchr(page.p, ')', page.n) == NULL) {
		buf_puts(&link, "[Documentation](");
		buf_add_span(&link, page);
		buf_putc(&link, ')');
		buf_puts(f->out, "<p>");
		form_text(f->out, buf_span(&link));
		buf_puts(f->out, "</p>\n");
	}
	buf_release(&link);
}

void
spec_html(struct buf *out, const struct val *spec, bool connector)
{
	struct span title = val_str(val_get(spec, "title"));
	struct span type = val_str(val_get(spec, "type"));
	struct form f = { .out = out, .root = val_get(spec, "schema"),
		.settings = connector, .must = true };

	start(&f, spec, title.n > 0 ? title : type);
	buf_puts(out, "<form method=\"post\">\n"
	    "<input type=\"hidden\" name=\"source.type\"");
	form_attribute(out, "value", type);
	buf_puts(out, ">\n");
	buf_puts(&f.name, connector ? "source.config" : "source");
	sections(&f);
	buf_release(&f.name);
	arena_release(&f.arena);
	buf_puts(out, "<button>Save</button>\n</form>\n</main>\n</body>\n"
	    "</html>\n");
}

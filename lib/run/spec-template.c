/* SPDX-License-Identifier: MIT */
#include "run/spec.h"

#include <ctype.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/msg.h"
#include "config/schema.h"
#include "json/text.h"
#include "run/driver.h"

enum { WIDTH = 76, TEXT_MAX = 4096 };

static const char head[] =
"# Keys without a comment sign are required; take the sign away from what\n"
"# you need of the others. conn-check(1) tries it; all keys: conn-config(5).\n"
"\n"
"# Goes before each id; default: the name of this file without its suffix.\n"
"#name: wiki\n"
"\n"
"source:\n";

/* What every source takes, unless its schema has a key of that name. */
static const struct {
	const char *key, *lines;
} common[] = {
	{ "timeout",
	    "  # How long the source may say nothing.\n"
	    "  #timeout: 1h\n" },
	{ "rate",
	    "  # Requests a second, or in a time, such as 900/15m.\n"
	    "  #rate: 10\n" },
	{ "overlap",
	    "  # How far a poll looks back before the saved position.\n"
	    "  #overlap: 10m\n" },
	{ "retry",
	    "  # How long temporary errors are retried.\n"
	    "  #retry: 10m\n" }
};

static const char tail[] =
"\n"
"# Which documents are kept: the first rule that matches decides.\n"
"#rules:\n"
"#  - id: drafts\n"
"#    order: 1\n"
"#    policy: exclude\n"
"#    field: path\n"
"#    rule: starts_with\n"
"#    value: drafts/\n"
"\n"
"# What each document becomes: a jq program.\n"
"#map: '.title |= ascii_downcase'\n"
"\n"
"# The deletes that one run may infer: a number or a share.\n"
"#max_delete: 10%\n"
"\n"
"# Where the documents go; default: an SQLite file in the state folder.\n"
"#index:\n"
"#  type: elasticsearch\n"
"#  url: https://localhost:9200\n"
"#  name: wiki\n"
"#  api_key: {env: ES_API_KEY}\n";

/* Where a line begins. */
struct place {
	struct buf *out;
	const char *type;       /* of the source, for names of variables */
	char prefix[128];       /* what stands before a key */
	bool dash;              /* the next key is the first of a list's item */
	unsigned nest;
};

static void members(struct place *p, const struct val *schema);

/* Text of anybody's as comment lines; nothing in it can end the comment. */
static void
comment(const struct place *p, struct span text)
{
	char clean[TEXT_MAX];
	const char *s;

	while (text.n > 0) {
		const char *nl = memchr(text.p, '\n', text.n);
		size_t n = nl ? (size_t)(nl - text.p) : text.n;

		msg_clean(clean, sizeof clean, (struct span){ text.p, n });
		for (s = clean + strspn(clean, " "); *s != '\0';) {
			size_t k = strlen(s), room = WIDTH - strlen(p->prefix);

			if (k > room) {
				k = room;
				while (k > 0 && s[k] != ' ')
					k--;
				if (k == 0)
					k = strcspn(s, " ");
			}
			buf_printf(p->out, "%s# %.*s\n", p->prefix, (int)k, s);
			s += k + strspn(s + k, " ");
		}
		text.p += n + (nl != NULL);
		text.n -= n + (nl != NULL);
	}
}

/* A key as YAML takes it: plain where that cannot be anything else. */
static void
put_key(struct buf *out, struct span key)
{
	bool plain = key.n > 0 && (isalpha((unsigned char)key.p[0]) ||
	    key.p[0] == '_') && !span_is(key, "null") &&
	    !span_is(key, "true") && !span_is(key, "false");

	for (size_t i = 0; i < key.n; i++)
		plain = plain && (isalnum((unsigned char)key.p[i]) ||
		    key.p[i] == '_' || key.p[i] == '-' || key.p[i] == '.');
	if (plain)
		buf_add_span(out, key);
	else
		json_put_string(out, key);
	buf_putc(out, ':');
}

/* {env: WIKI_TOKEN} */
static void
put_reference(const struct place *p, struct span key)
{
	struct buf name = { 0 };

	buf_printf(&name, "%s_%.*s", p->type, (int)key.n, key.p);
	for (size_t i = 0; i < name.n; i++)
		name.p[i] = isalnum((unsigned char)name.p[i]) ?
		    (char)toupper((unsigned char)name.p[i]) : '_';
	buf_printf(p->out, " {env: %s}\n", buf_cstr(&name));
	buf_release(&name);
}

/* Is there a key that must be filled in? */
static bool
wants(const struct val *schema)
{
	const struct val *props = val_get(schema, "properties");

	for (size_t i = 0; props != NULL && i < props->n; i++)
		if (spec_required(schema, props->members[i].key))
			return true;
	return false;
}

/* Nesting is bounded, so it always fits. */
static void
indent(struct place *p, const char *by)
{
	size_t n = strlen(p->prefix), k = strlen(by);

	if (n + k < sizeof p->prefix)
		memcpy(p->prefix + n, by, k + 1);
}

static void
down(struct place *p, const struct val *schema, const char *by, bool dash)
{
	struct place in = *p;

	indent(&in, by);
	in.dash = dash;
	in.nest++;
	members(&in, schema);
}

/* What stands after the colon, nested lines too; sign: "#" or "". */
static void
put_value(struct place *p, struct span key, const struct val *schema,
    const char *sign)
{
	const struct val *items = val_get(schema, "items");
	const struct val *dflt = val_get(schema, "default");
	const struct val *only = val_get(schema, "const");
	char by[8];

	if (schema_secret(schema)) {
		put_reference(p, key);
		return;
	}
	if (dflt != NULL || only != NULL) {
		buf_putc(p->out, ' ');
		val_write(p->out, dflt != NULL ? dflt : only);
		buf_putc(p->out, '\n');
		return;
	}
	if (p->nest < SPEC_NEST && val_get(schema, "properties") != NULL) {
		bool full = wants(schema) || *sign != '\0';

		buf_puts(p->out, full ? "\n" : " {}\n");
		snprintf(by, sizeof by, "%s  ", sign);
		if (full)
			down(p, schema, by, false);
		return;
	}
	if (p->nest < SPEC_NEST && wants(items)) {
		buf_puts(p->out, "\n");
		snprintf(by, sizeof by, "%s  ", sign);
		down(p, items, by, true);
		return;
	}
	buf_puts(p->out, streq(spec_type(schema), "array") ? " []\n" : "\n");
}

static void
put_member(struct place *p, const struct val *schema, struct span key,
    bool required)
{
	const struct val *title = val_get(schema, "title");
	const char *sign = required ? "" : "#";
	struct buf kind = { 0 };

	comment(p, val_str(title));
	comment(p, val_str(val_get(schema, "description")));
	spec_kind(&kind, schema, required);
	comment(p, buf_span(&kind));
	buf_release(&kind);
	buf_printf(p->out, "%s%s", p->prefix, p->dash ? "- " : sign);
	if (p->dash)
		indent(p, "  ");
	p->dash = false;
	put_key(p->out, key);
	put_value(p, key, schema, sign);
}

/* The required ones first. */
static void
members(struct place *p, const struct val *schema)
{
	const struct val *props = val_get(schema, "properties");
	size_t n = props && props->type == JSON_OBJECT ? props->n : 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < n; i++) {
			const struct val_member *m = &props->members[i];
			bool required = spec_required(schema, m->key);

			if (required == (pass == 0) && !(p->nest == 0 &&
			    span_is(m->key, "type")))
				put_member(p, m->value, m->key, required);
		}
}

static void
require(struct arena *a, struct val *schema, const char *key)
{
	struct val *list = val_get(schema, "required");

	if (spec_required(schema, span_of(key)))
		return;
	if (list == NULL || list->type != JSON_ARRAY) {
		list = val_new(a, JSON_ARRAY);
		val_set(a, schema, SPAN("required"), list);
	}
	val_push(a, list, val_string(a, span_of(key)));
}

/* The config's streams: entries as the spec has them, and a name. */
static void
put_streams(struct buf *out, const struct val *spec, const char *type)
{
	const struct val *entry = val_get(spec, "streams");
	struct arena a = { 0 };
	struct place p = { .out = out, .type = type, .prefix = "#  ",
	    .dash = true, .nest = 1 };
	const struct val *own = val_get(entry, "properties");
	struct val *schema, *props, *name;

	buf_puts(out, "\n# What to read of the source; default: all that it "
	    "offers.\n#streams:\n");
	schema = entry ? val_copy(&a, entry) : val_new(&a, JSON_OBJECT);
	props = val_new(&a, JSON_OBJECT);
	name = val_new(&a, JSON_OBJECT);
	val_set(&a, name, SPAN("type"), val_string(&a, SPAN("string")));
	val_set(&a, props, SPAN("name"), name);
	for (size_t i = 0; own != NULL && own->type == JSON_OBJECT &&
	    i < own->n; i++)
		val_set(&a, props, own->members[i].key, own->members[i].value);
	val_set(&a, schema, SPAN("properties"), props);
	require(&a, schema, "name");
	members(&p, schema);
	arena_release(&a);
}

void
spec_template(struct buf *out, const struct val *spec)
{
	const char *type = val_cstr(val_get(spec, "type"));
	struct place p = { .out = out, .type = type };

	comment(&p, val_str(val_get(spec, "title")));
	buf_puts(out, head);
	buf_printf(out, "  type: %s\n", type);
	indent(&p, "  ");
	members(&p, val_get(spec, "schema"));
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (!val_get(val_get(val_get(spec, "schema"), "properties"),
		    common[i].key))
			buf_puts(out, common[i].lines);
	if (val_get(spec, "streams") != NULL || spec_has_verb(spec, "discover"))
		put_streams(out, spec, type);
	buf_puts(out, tail);
}

/* SPDX-License-Identifier: MIT */
#include "rules/jqsource.h"

#include <stdlib.h>

#include "config/yaml.h"
#include "json/text.h"
#include "rules/jqtoken.h"

static const char prelude[] =
    "def _one: if length == 0 then null elif length == 1 then .[0] "
    "else error(\"more than one result\") end;\n"
    "def _text: if any(.[]; . == null) then null "
    "else map(if type == \"string\" then . else tojson end) | add end;\n"
    "def _member: if type == \"string\" then "
    "if . == \".\" or . == \"..\" then error(\"\\(.) in a path\") "
    "else @uri end "
    "elif type == \"number\" or type == \"boolean\" then tojson | @uri "
    "else error(\"\\(type) in a path\") end;\n"
    "def _path: if type == \"array\" then map(_member) | join(\"/\") "
    "else _member end;\n"
    "def _object: reduce .[] as $m ({}; "
    "if $m[1] == null then . else .[$m[0]] = $m[1] end);\n";

void
jqsource_release(struct jqsource *s)
{
	buf_release(&s->text);
	free(s->lines);
}

/* ---- lines ---- */

static void
add_line(struct jqsource *s, struct jqsource_part part, size_t offset)
{
	s->lines = xgrow(s->lines, &s->cap, s->n + 1, sizeof *s->lines);
	s->lines[s->n++] = (struct jqsource_line){ .part = part,
	    .offset = offset };
}

/* Text that stands at `offset` of the part, and \n. */
static void
put(struct jqsource *s, struct jqsource_part part, size_t offset,
    struct span text)
{
	add_line(s, part, offset);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\n')
			add_line(s, part, offset + i + 1);
	buf_add_span(&s->text, text);
	buf_putc(&s->text, '\n');
}

void
jqsource_put(struct jqsource *s, const char *text)
{
	put(s, (struct jqsource_part){ 0 }, 0, span_of(text));
}

void
jqsource_prelude(struct jqsource *s)
{
	jqsource_put(s, prelude);
}

static int
fault(const struct jqsource *s, struct jqsource_part part, size_t offset,
    const char *what, struct err *e)
{
	unsigned line, col;

	if (part.v->line == 0)
		return err_set(e, ST_USAGE, "%s.%s+%zu: %s", s->file,
		    part.key, offset, what);
	yaml_place(part.v, offset, &line, &col);
	return err_set(e, ST_USAGE, "%s:%u:%u: %s: %s", s->file, line, col,
	    part.key, what);
}

int
jqsource_err(const struct jqsource *s, unsigned long line, const char *what,
    struct err *e)
{
	const struct jqsource_line *l;

	l = line > 0 && line <= s->n ? &s->lines[line - 1] : NULL;
	if (l == NULL || l->part.v == NULL)
		return err_set(e, ST_PERSON, "%s: jq: line %lu: %s", s->file,
		    line, what);
	if (l->end && strstr(what, "unexpected"))
		what = "syntax error, unexpected end";
	return fault(s, l->part, l->offset, what, e);
}

/* ---- programs ---- */

/* The program that begins at *at, in brackets; with inner it ends before a
 * `)`, and *at is set to that. */
static int
put_program(struct jqsource *s, struct jqsource_part part, size_t *at,
    bool inner, struct err *e)
{
	struct jqtoken_reader r = { .text = part.v->str, .at = *at,
		.inner = inner };
	const char *what = NULL;
	size_t last = *at;
	struct span token;
	int k;

	jqsource_put(s, inner ? "[" : "(");
	while ((k = jqtoken_next(&r, &token, &what)) == 1) {
		last = (size_t)(token.p - part.v->str.p);
		put(s, part, last, token);
	}
	if (k < 0)
		return fault(s, part, r.at, what, e);
	if (s->lines[s->n - 1].part.v == NULL) {
		if (inner)
			return fault(s, part, *at - 2, "an empty \\( )", e);
		jqsource_put(s, ".");
	}
	put(s, part, last, inner ? SPAN("]") : SPAN(")"));
	s->lines[s->n - 1].end = true;
	*at = r.at;
	return 0;
}

int
jqsource_program(struct jqsource *s, struct jqsource_part part, struct err *e)
{
	size_t at = 0;

	if (part.v->type != JSON_STRING)
		return fault(s, part, 0, "not a jq program", e);
	return put_program(s, part, &at, false, e);
}

/* ---- text ---- */

static void
put_string(struct jqsource *s, struct span text)
{
	struct buf b = { 0 };

	json_put_string(&b, text);
	jqsource_put(s, buf_cstr(&b));
	buf_release(&b);
}

/* Where the next \( is, or the end. */
static size_t
find_open(struct span text, size_t at)
{
	const char *p = at < text.n ?
	    memmem(text.p + at, text.n - at, "\\(", 2) : NULL;

	return p ? (size_t)(p - text.p) : text.n;
}

/* The \(jq) at *at; *at is then after it. encode: a member of a path. */
static int
put_inner(struct jqsource *s, struct jqsource_part part, size_t *at,
    bool encode, struct err *e)
{
	size_t i = *at + 2;

	jqsource_put(s, "(");
	if (put_program(s, part, &i, true, e) != 0)
		return -1;
	if (i >= part.v->str.n)
		return fault(s, part, *at, "a \\( without its )", e);
	jqsource_put(s, encode ? "|_one|_path)" : "|_one)");
	*at = i + 1;
	return 0;
}

/* Text and programs by turns, joined. */
static int
put_mixed(struct jqsource *s, struct jqsource_part part, bool path,
    struct err *e)
{
	struct span text = part.v->str;
	size_t at = 0;

	jqsource_put(s, "([");
	while (at < text.n) {
		size_t open = find_open(text, at);

		if (at > 0)
			jqsource_put(s, ",");
		if (open > at) {
			put_string(s, (struct span){ text.p + at, open - at });
			at = open;
		} else if (put_inner(s, part, &at, path, e) != 0) {
			return -1;
		}
	}
	jqsource_put(s, path ? "]|add)" : "]|_text)");
	return 0;
}

/* Is the text one \(jq) and nothing else? */
static bool
is_single(struct span text)
{
	struct jqtoken_reader r = { .text = text, .at = 2, .inner = true };
	const char *what;
	struct span token;
	int k;

	if (!span_starts(text, SPAN("\\(")))
		return false;
	while ((k = jqtoken_next(&r, &token, &what)) == 1)
		continue;
	return k == 0 && r.at + 1 == text.n;
}

static int
put_text(struct jqsource *s, struct jqsource_part part, bool path,
    struct err *e)
{
	size_t at = 0;

	if (part.v->type != JSON_STRING)
		return fault(s, part, 0, "not a text", e);
	if (is_single(part.v->str))
		return put_inner(s, part, &at, false, e);
	if (find_open(part.v->str, 0) < part.v->str.n)
		return put_mixed(s, part, path, e);
	put_string(s, part.v->str);
	return 0;
}

int
jqsource_text(struct jqsource *s, struct jqsource_part part, struct err *e)
{
	return put_text(s, part, false, e);
}

int
jqsource_path(struct jqsource *s, struct jqsource_part part, struct err *e)
{
	return put_text(s, part, true, e);
}

/* ---- trees ---- */

static int
put_leaf(struct jqsource *s, struct jqsource_part part, struct err *e)
{
	static const char *const words[] = { [JSON_NULL] = "null",
		[JSON_FALSE] = "false", [JSON_TRUE] = "true" };
	const struct val *v = part.v;
	double d;

	if (v->type == JSON_STRING)
		return jqsource_text(s, part, e);
	if (v->type != JSON_NUMBER)
		jqsource_put(s, words[v->type]);
	else if (!json_number_double(v->str, &d))
		put_string(s, v->str);
	else
		jqsource_put(s, v->str.p);
	return 0;
}

/* An open container, and the next of its members. */
struct level {
	const struct val *v;
	size_t i;
};

/* Begins the next member of the innermost container, or ends that: NULL. */
static const struct val *
next_member(struct jqsource *s, const struct level *l)
{
	bool object = l->v->type == JSON_OBJECT;

	if (l->i > 0 && object)
		jqsource_put(s, "]");
	if (l->i == l->v->n) {
		jqsource_put(s, object ? "]|_object)" : "]");
		return NULL;
	}
	if (l->i > 0)
		jqsource_put(s, ",");
	if (!object)
		return l->v->items[l->i];
	jqsource_put(s, "[");
	put_string(s, l->v->members[l->i].key);
	jqsource_put(s, ",");
	return l->v->members[l->i].value;
}

int
jqsource_tree(struct jqsource *s, struct jqsource_part part, struct err *e)
{
	const struct val *v = part.v;
	struct level *up = NULL;
	size_t n = 0, cap = 0;
	int r = 0;

	do {
		if (v == NULL) {
			n--;
		} else if (v->type == JSON_ARRAY || v->type == JSON_OBJECT) {
			up = xgrow(up, &cap, n + 1, sizeof *up);
			up[n++] = (struct level){ .v = v };
			jqsource_put(s, v->type == JSON_OBJECT ? "([" : "[");
		} else {
			part.v = v;
			r = put_leaf(s, part, e);
		}
		if (n > 0) {
			v = next_member(s, &up[n - 1]);
			up[n - 1].i++;
		}
	} while (r == 0 && n > 0);
	free(up);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "config/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/utf8.h"
#include "json/text.h"
#include "json/tree.h"

/* An open collection. Its finished members wait in yaml.pending. */
struct frame {
	bool object, keyed;     /* keyed: pending's last member has its key */
	size_t start;           /* its first member in pending */
	unsigned line, col;
};

/* Where the last mark was: libyaml counts characters, we count bytes. */
struct cursor {
	size_t index, byte;     /* characters and bytes from the start */
	size_t line_start;      /* in bytes */
	unsigned line;
};

struct yaml {
	yaml_parser_t parser;
	struct arena *arena;
	struct span text;
	const char *file;
	struct err *e;
	struct frame *frames;
	unsigned depth, max;
	struct val_member *pending;     /* items of sequences have no key */
	size_t n, cap;
	struct cursor at;
	struct val *root;
	bool documents;         /* one was begun */
};

static int MSG_PRINTF(5, 6)
fault(const char *file, unsigned line, unsigned col, struct err *e,
    const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_set(e, ST_USAGE, "%s:%u:%u: %s", file, line, col, what);
}

/* ---- places ---- */

static void
step_forward(struct cursor *c, struct span text)
{
	if (text.p[c->byte] == '\n') {
		c->line++;
		c->line_start = c->byte + 1;
	}
	c->byte += utf8_len(text.p + c->byte, text.n - c->byte);
	c->index++;
}

static void
step_back(struct cursor *c, struct span text)
{
	do
		c->byte--;
	while (((unsigned char)text.p[c->byte] & 0xc0) == 0x80);
	c->index--;
	if (text.p[c->byte] == '\n') {
		const char *nl = memrchr(text.p, '\n', c->byte);

		c->line--;
		c->line_start = nl ? (size_t)(nl - text.p) + 1 : 0;
	}
}

/* Moves y->at to the mark; the text is known to be UTF-8. */
static void
locate(struct yaml *y, yaml_mark_t m, unsigned *line, unsigned *col)
{
	struct cursor *c = &y->at;

	while (c->index < m.index && c->byte < y->text.n)
		step_forward(c, y->text);
	while (c->index > m.index)
		step_back(c, y->text);
	*line = c->line;
	*col = (unsigned)(c->byte - c->line_start) + 1;
}

static int
fault_at(struct yaml *y, yaml_mark_t m, const char *what)
{
	unsigned line, col;

	locate(y, m, &line, &col);
	return fault(y->file, line, col, y->e, "%s", what);
}

/* ---- building ---- */

static struct val_member *
pending_add(struct yaml *y)
{
	y->pending = xgrow(y->pending, &y->cap, y->n + 1, sizeof *y->pending);
	y->pending[y->n] = (struct val_member){ 0 };
	return &y->pending[y->n++];
}

/* A finished value goes into the innermost open collection. */
static void
attach(struct yaml *y, struct val *v)
{
	struct frame *f = y->depth ? &y->frames[y->depth - 1] : NULL;

	if (f == NULL)
		y->root = v;
	else if (!f->object)
		pending_add(y)->value = v;
	else
		y->pending[y->n - 1].value = v;
	if (f)
		f->keyed = false;
}

static bool
wants_key(const struct yaml *y)
{
	const struct frame *f = y->depth ? &y->frames[y->depth - 1] : NULL;

	return f && f->object && !f->keyed;
}

static struct val *
scalar_value(struct yaml *y, struct span s, bool plain)
{
	enum json_type t = JSON_STRING;
	struct val *v;

	if (plain && (s.n == 0 || span_is(s, "null")))
		t = JSON_NULL;
	else if (plain && span_is(s, "true"))
		t = JSON_TRUE;
	else if (plain && span_is(s, "false"))
		t = JSON_FALSE;
	else if (plain && json_is_number(s))
		t = JSON_NUMBER;
	v = val_new(y->arena, t);
	if (t == JSON_STRING || t == JSON_NUMBER)
		v->str = (struct span){ arena_strndup(y->arena, s), s.n };
	return v;
}

static int
take_key(struct yaml *y, yaml_mark_t mark, struct span s, bool plain)
{
	struct val_member *m;

	if (plain && s.n == 0)
		return fault_at(y, mark, "a key is missing");
	if (plain && span_is(s, "<<"))
		return fault_at(y, mark, "merge keys are not allowed");
	m = pending_add(y);
	m->key = (struct span){ arena_strndup(y->arena, s), s.n };
	locate(y, mark, &m->line, &m->col);
	y->frames[y->depth - 1].keyed = true;
	return 0;
}

/* A scalar as the file has it. */
static struct span
raw_text(struct yaml *y, const yaml_event_t *ev)
{
	unsigned line, col;
	struct span s;

	locate(y, ev->start_mark, &line, &col);
	s.p = y->text.p + y->at.byte;
	locate(y, ev->end_mark, &line, &col);
	s.n = (size_t)(y->text.p + y->at.byte - s.p);
	return (struct span){ arena_strndup(y->arena, s), s.n };
}

static int
take_scalar(struct yaml *y, const yaml_event_t *ev)
{
	struct span s = { (const char *)ev->data.scalar.value,
		ev->data.scalar.length };
	bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct val *v;

	if (s.n > 0 && memchr(s.p, '\0', s.n))
		return fault_at(y, ev->start_mark, "NUL in a string");
	if (wants_key(y))
		return take_key(y, ev->start_mark, s, plain);
	v = scalar_value(y, s, plain);
	if (v->type == JSON_STRING)
		v->raw = raw_text(y, ev);
	locate(y, ev->start_mark, &v->line, &v->col);
	attach(y, v);
	return 0;
}

static int
take_start(struct yaml *y, const yaml_event_t *ev, bool object)
{
	struct frame *f;

	if (wants_key(y))
		return fault_at(y, ev->start_mark, "a key must be plain text");
	if (y->depth == y->max)
		return fault_at(y, ev->start_mark, "nested too deep");
	f = &y->frames[y->depth++];
	*f = (struct frame){ .object = object, .start = y->n };
	locate(y, ev->start_mark, &f->line, &f->col);
	return 0;
}

/* The first member in the text whose key stood before, or NULL. */
static const struct val_member *
duplicate(const struct val *o)
{
	size_t *order = val_order(o), first = o->n;

	for (size_t i = 1; i < o->n; i++)
		if (order[i] < first && span_eq(o->members[order[i]].key,
		    o->members[order[i - 1]].key))
			first = order[i];
	free(order);
	return first < o->n ? &o->members[first] : NULL;
}

static int
take_end(struct yaml *y)
{
	struct frame *f = &y->frames[--y->depth];
	struct val *v = val_new(y->arena, f->object ? JSON_OBJECT : JSON_ARRAY);
	const struct val_member *twice;

	v->line = f->line;
	v->col = f->col;
	for (size_t i = f->start; i < y->n; i++) {
		if (f->object)
			val_append(y->arena, v, y->pending[i]);
		else
			val_push(y->arena, v, y->pending[i].value);
	}
	twice = f->object ? duplicate(v) : NULL;
	if (twice)
		return fault(y->file, twice->line, twice->col, y->e,
		    "%s: duplicate key", twice->key.p);
	y->n = f->start;
	attach(y, v);
	return 0;
}

/* ---- events ---- */

static int
take_document(struct yaml *y, const yaml_event_t *ev)
{
	if (y->documents)
		return fault_at(y, ev->start_mark, "a second document");
	y->documents = true;
	if (ev->data.document_start.version_directive ||
	    ev->data.document_start.tag_directives.start !=
	    ev->data.document_start.tag_directives.end)
		return fault_at(y, ev->start_mark,
		    "directives are not allowed");
	return 0;
}

/* What a node may have before its value. */
static int
check_properties(struct yaml *y, const yaml_event_t *ev,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fault_at(y, ev->start_mark, "anchors are not allowed");
	if (tag)
		return fault_at(y, ev->start_mark, "tags are not allowed");
	return 0;
}

static int
take_event(struct yaml *y, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		return take_document(y, ev);
	case YAML_ALIAS_EVENT:
		return fault_at(y, ev->start_mark, "aliases are not allowed");
	case YAML_SCALAR_EVENT:
		if (check_properties(y, ev, ev->data.scalar.anchor,
		    ev->data.scalar.tag) != 0)
			return -1;
		return take_scalar(y, ev);
	case YAML_SEQUENCE_START_EVENT:
		if (check_properties(y, ev, ev->data.sequence_start.anchor,
		    ev->data.sequence_start.tag) != 0)
			return -1;
		return take_start(y, ev, false);
	case YAML_MAPPING_START_EVENT:
		if (check_properties(y, ev, ev->data.mapping_start.anchor,
		    ev->data.mapping_start.tag) != 0)
			return -1;
		return take_start(y, ev, true);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return take_end(y);
	default:
		return 0;
	}
}

static int
parser_fault(struct yaml *y)
{
	const char *what = y->parser.problem ? y->parser.problem : "not YAML";
	yaml_mark_t mark = y->parser.problem_mark;
	unsigned line, col;

	if (y->parser.error == YAML_MEMORY_ERROR)
		die(ST_TEMP, "out of memory");
	locate(y, mark, &line, &col);
	if (y->at.byte < y->text.n && y->text.p[y->at.byte] == '\t')
		what = "a tab where only spaces may stand";
	return fault(y->file, line, col, y->e, "not YAML: %s", what);
}

static int
parse_events(struct yaml *y)
{
	yaml_event_t ev;
	bool end = false;
	int r = 0;

	while (r == 0 && !end) {
		if (!yaml_parser_parse(&y->parser, &ev))
			return parser_fault(y);
		end = ev.type == YAML_STREAM_END_EVENT;
		r = take_event(y, &ev);
		yaml_event_delete(&ev);
	}
	return r;
}

static struct val *
parse_yaml(struct arena *a, struct span text, unsigned depth,
    const char *file, struct err *e)
{
	struct yaml y = { .arena = a, .text = text, .file = file, .e = e,
		.max = depth, .at = { .line = 1 } };
	int r;

	if (!yaml_parser_initialize(&y.parser))
		die(ST_TEMP, "out of memory");
	yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y.parser, (const unsigned char *)text.p,
	    text.n);
	y.frames = xcalloc(depth, sizeof *y.frames);
	r = parse_events(&y);
	if (r == 0 && y.root == NULL)
		r = fault(file, 1, 1, e, "empty");
	free(y.frames);
	free(y.pending);
	yaml_parser_delete(&y.parser);
	return r == 0 ? y.root : NULL;
}

/* ---- JSON ---- */

/* Does v, or the key of one of its members, hold a NUL? Strings of settings
 * become names and paths, which it would cut. */
static bool
holds_nul(const struct val *v, struct val_error *at)
{
	at->line = v->line;
	at->col = v->col;
	if (v->type == JSON_STRING)
		return memchr(v->str.p, 0, v->str.n) != NULL;
	for (size_t i = 0; v->type == JSON_OBJECT && i < v->n; i++) {
		at->line = v->members[i].line;
		at->col = v->members[i].col;
		if (memchr(v->members[i].key.p, 0, v->members[i].key.n))
			return true;
	}
	return false;
}

static bool
find_nul(const struct val *v, unsigned depth, struct val_error *at)
{
	struct { const struct val *v; size_t i; } *up =
	    xcalloc(depth + 1, sizeof *up);
	bool found;
	size_t n = 0;

	for (;;) {
		found = holds_nul(v, at);
		if (v->type == JSON_ARRAY || v->type == JSON_OBJECT) {
			up[n].v = v;
			up[n++].i = 0;
		}
		while (n > 0 && up[n - 1].i == up[n - 1].v->n)
			n--;
		if (n == 0 || found)
			break;
		v = up[n - 1].v->type == JSON_ARRAY ?
		    up[n - 1].v->items[up[n - 1].i] :
		    up[n - 1].v->members[up[n - 1].i].value;
		up[n - 1].i++;
	}
	free(up);
	return found;
}

static struct val *
parse_json(struct arena *a, struct span text, unsigned depth,
    const char *file, struct err *e)
{
	struct val_error ve = { 0 };
	struct val *v = val_parse(a, text, depth, true, &ve);

	if (v == NULL && ve.duplicate)
		fault(file, ve.line, ve.col, e, "%.*s: duplicate key",
		    (int)(ve.key.n < 256 ? ve.key.n : 256), ve.key.p);
	else if (v == NULL)
		fault(file, ve.line, ve.col, e, "%s",
		    json_fault_text(ve.json.fault));
	if (v == NULL)
		return NULL;
	if (!find_nul(v, depth, &ve))
		return v;
	fault(file, ve.line, ve.col, e, "NUL in a string");
	return NULL;
}

/* ---- both ---- */

/* Length of the character at p, 0 if a config may not hold it. */
static size_t
allowed(const char *p, size_t n)
{
	size_t k = utf8_len(p, n);
	uint32_t c = k ? utf8_point(p, k) : 0;

	if (c < 0x20 ? c != '\t' && c != '\n' && c != '\r' :
	    (c >= 0x7f && c < 0xa0 && c != 0x85) || c == 0xfeff ||
	    c == 0xfffe || c == 0xffff)
		return 0;
	return k;
}

static int
check_text(struct span text, const char *file, struct err *e)
{
	size_t start = 0, i = 0, k = 1;
	unsigned line = 1;

	for (; i < text.n; i += k) {
		k = allowed(text.p + i, text.n - i);
		if (k == 0)
			break;
		if (text.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	if (i == text.n)
		return 0;
	return fault(file, line, (unsigned)(i - start) + 1, e, "%s",
	    utf8_len(text.p + i, text.n - i) == 0 ? "bad UTF-8" :
	    "a control character");
}

struct val *
yaml_parse(struct arena *a, struct span text, unsigned depth,
    const char *file, struct err *e)
{
	size_t i = 0;

	if (span_starts(text, SPAN("\xef\xbb\xbf"))) {
		text.p += 3;
		text.n -= 3;
	}
	if (check_text(text, file, e) != 0)
		return NULL;
	while (i < text.n && strchr(" \t\r\n", text.p[i]))
		i++;
	if (i < text.n && (text.p[i] == '{' || text.p[i] == '['))
		return parse_json(a, text, depth, file, e);
	return parse_yaml(a, text, depth, file, e);
}

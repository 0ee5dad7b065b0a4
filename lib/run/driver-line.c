/* SPDX-License-Identifier: MIT */
#include "run/driver-line.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "json/text.h"
#include "stream/control.h"
#include "stream/state.h"

/* A document is one level deeper here than in the stream. */
enum { LINE_DEPTH = JSON_DEPTH + 1, STATE_DEPTH = JSON_DEPTH - 1 };

static const struct {
	const char *name;
	unsigned char n;
} members[M_COUNT] = {
#define MEMBER(s) { s, sizeof(s) - 1 }
	[M_ID] = MEMBER("id"), [M_FAIL] = MEMBER("fail"),
	[M_DELETE] = MEMBER("delete"), [M_STATE] = MEMBER("state"),
	[M_KEEP] = MEMBER("keep"), [M_RESET] = MEMBER("reset"),
	[M_CHECK] = MEMBER("check"), [M_CHANGED] = MEMBER("changed"),
	[M_TIMESTAMP] = MEMBER("timestamp"), [M_STREAM] = MEMBER("stream"),
	[M_DOC] = MEMBER("doc"), [M_PREFIX] = MEMBER("prefix"),
	[M_CODE] = MEMBER("code"), [M_MESSAGE] = MEMBER("message"),
	[M_VALUE] = MEMBER("value"), [M_OK] = MEMBER("ok"),
	[M_FIELDS] = MEMBER("fields"), [M_SCHEMA] = MEMBER("schema")
#undef MEMBER
};

#define BIT(m) (1U << (m))

/* The member that says what a line is, and where it may stand. */
enum {
	HEADS = BIT(M_ID) | BIT(M_FAIL) | BIT(M_DELETE) | BIT(M_STATE) |
	    BIT(M_KEEP) | BIT(M_RESET) | BIT(M_CHECK) | BIT(M_CHANGED)
};
static const struct {
	const char *name;
	unsigned heads;
} verbs[VERB_NONE] = {
	[VERB_CHECK] = { "check", BIT(M_CHECK) },
	[VERB_DISCOVER] = { "discover", BIT(M_ID) },
	[VERB_LOAD] = { "load",
	    BIT(M_ID) | BIT(M_FAIL) | BIT(M_STATE) | BIT(M_KEEP) },
	[VERB_POLL] = { "poll", BIT(M_ID) | BIT(M_FAIL) | BIT(M_STATE) |
	    BIT(M_KEEP) | BIT(M_DELETE) | BIT(M_RESET) },
	[VERB_SLIM] = { "slim",
	    BIT(M_ID) | BIT(M_FAIL) | BIT(M_STATE) | BIT(M_KEEP) },
	[VERB_CHANGED] = { "changed", BIT(M_CHANGED) },
	[VERB_SETTINGS] = { "settings", 0 }
};

/* The members met; at[m] is set where have says so. */
struct slots {
	unsigned have;
	const struct json_member *at[M_COUNT];
};

enum driver_verb
driver_verb(const char *name)
{
	enum driver_verb v = 0;

	while (v < VERB_NONE && !streq(verbs[v].name, name))
		v++;
	return v;
}

MSG_PRINTF(2, 3)
static int
wrong(char what[MSG_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, MSG_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

static enum driver_member
which(const struct json_member *m)
{
	enum driver_member k = 0;

	while (k < M_COUNT && !(m->key_escaped ?
	    json_key_is(m, members[k].name) : m->key.n == members[k].n &&
	    memcmp(m->key.p, members[k].name, members[k].n) == 0))
		k++;
	return k;
}

static int
put(struct slots *s, enum driver_member k, const struct json_member *m,
    char what[MSG_MAX])
{
	if (s->have & BIT(k))
		return wrong(what, "%s stands twice", members[k].name);
	s->have |= BIT(k);
	s->at[k] = m;
	return 0;
}

/* Opens the object that member k holds. */
static int
nested(struct line_parser *p, const struct slots *outer, enum driver_member k,
    struct slots *s, char what[MSG_MAX])
{
	struct json_member m;
	struct json_iter it;

	s->have = 0;
	if (outer->at[k]->type != JSON_OBJECT)
		return wrong(what, "%s is not an object", members[k].name);
	json_iter_init(&it, outer->at[k]->value);
	while (json_iter_next(&it, &m)) {
		enum driver_member i = which(&m);

		if (i == M_COUNT)
			p->unknown = m.key;
		else if (put(s, i, &p->inner[i], what) != 0)
			return -1;
		else
			p->inner[i] = m;
	}
	return 0;
}

/* Decoded; p stays NULL if it is not there. */
static int
text_of(const struct slots *s, enum driver_member k, struct buf *scratch,
    struct span *out, char what[MSG_MAX])
{
	if (!(s->have & BIT(k)))
		return 0;
	if (s->at[k]->type != JSON_STRING)
		return wrong(what, "%s is not a string", members[k].name);
	*out = json_string(s->at[k], scratch);
	return 0;
}

/* One that must be there and not empty. */
static int
need_text(const struct slots *s, enum driver_member k, struct buf *scratch,
    struct span *out, char what[MSG_MAX])
{
	if (!(s->have & BIT(k)))
		return wrong(what, "no %s", members[k].name);
	if (text_of(s, k, scratch, out, what) != 0)
		return -1;
	return out->n > 0 ? 0 : wrong(what, "%s is empty", members[k].name);
}

static void
fail(struct driver_line *l, struct span code, struct span message)
{
	l->kind = DRV_FAIL;
	l->code = code;
	l->message = message;
}

/* An id that cannot be kept is known by its digest from here on. */
static int
take_id(struct line_parser *p, const struct slots *s, struct driver_line *l,
    char what[MSG_MAX])
{
	char hex[HASH_HEX + 1];
	struct span whole;

	if (need_text(s, M_ID, &p->id, &l->id, what) != 0)
		return -1;
	whole = p->o.lone_surrogate && json_half_pair(s->at[M_ID]) ?
	    s->at[M_ID]->value : l->id;
	if (whole.p == l->id.p && memchr(whole.p, '\0', whole.n) == NULL)
		return 0;
	hash_hex(hash128(whole.p, whole.n), hex);
	buf_clear(&p->id);
	buf_putc(&p->id, '#');
	buf_puts(&p->id, hex);
	l->id = buf_span(&p->id);
	fail(l, SPAN("bad_id"),
	    SPAN("the id holds a NUL or half a surrogate pair"));
	return 0;
}

static int
take_prefix(struct line_parser *p, const struct slots *s,
    struct driver_line *l, char what[MSG_MAX])
{
	if (need_text(s, M_PREFIX, &p->prefix, &l->prefix, what) != 0)
		return -1;
	if (memchr(l->prefix.p, '\0', l->prefix.n) != NULL)
		return wrong(what, "prefix holds a NUL");
	return 0;
}

static int
parse_doc(struct line_parser *p, const struct slots *s, struct driver_line *l,
    char what[MSG_MAX])
{
	l->kind = DRV_DOC;
	if (s->have & BIT(M_DOC)) {
		if (s->at[M_DOC]->type != JSON_OBJECT)
			return wrong(what, "doc is not an object");
		l->doc = s->at[M_DOC]->value;
	} else if (p->verb != VERB_SLIM) {
		return wrong(what, "no doc");
	}
	if (text_of(s, M_TIMESTAMP, &p->timestamp, &l->timestamp, what) != 0 ||
	    text_of(s, M_STREAM, &p->stream, &l->stream, what) != 0)
		return -1;
	if (l->timestamp.n > STREAM_TIME_MAX) {
		fail(l, SPAN("bad_timestamp"),
		    SPAN("the timestamp is longer than 128 bytes"));
		l->timestamp = (struct span){ NULL, 0 };
	}
	return take_id(p, s, l, what);
}

static struct span
cut(struct span s, size_t max)
{
	struct span r = { s.p, 0 };

	while (r.n < s.n) {
		size_t k = utf8_len(s.p + r.n, s.n - r.n);

		if (k == 0 || r.n + k > max)
			break;
		r.n += k;
	}
	return r;
}

static int
parse_fail(struct line_parser *p, const struct slots *outer,
    struct driver_line *l, char what[MSG_MAX])
{
	struct slots s;

	l->kind = DRV_FAIL;
	if (nested(p, outer, M_FAIL, &s, what) != 0 ||
	    ((s.have & BIT(M_ID)) && take_id(p, &s, l, what) != 0))
		return -1;
	l->message = (struct span){ NULL, 0 };
	if (need_text(&s, M_CODE, &p->code, &l->code, what) != 0 ||
	    text_of(&s, M_MESSAGE, &p->message, &l->message, what) != 0)
		return -1;
	if (l->code.n > DRIVER_CODE_MAX)
		return wrong(what, "code is longer than %d bytes",
		    DRIVER_CODE_MAX);
	if (l->message.p != NULL)
		l->message = cut(l->message, DRIVER_MESSAGE_MAX);
	if ((s.have & BIT(M_ID)) && (s.have & BIT(M_PREFIX)))
		return wrong(what, "a fail has an id or a prefix, not both");
	if ((s.have & BIT(M_PREFIX)) && take_prefix(p, &s, l, what) != 0)
		return -1;
	return 0;
}

static int
parse_state(struct line_parser *p, const struct slots *outer,
    struct driver_line *l, char what[MSG_MAX])
{
	struct val_error ve;
	struct val *v;
	const char *fault;
	struct slots s;

	l->kind = DRV_STATE;
	if (nested(p, outer, M_STATE, &s, what) != 0 ||
	    need_text(&s, M_STREAM, &p->stream, &l->stream, what) != 0)
		return -1;
	if (name_fault(l->stream) != NULL)
		return wrong(what, "stream %s", name_fault(l->stream));
	if (!(s.have & BIT(M_VALUE)))
		return wrong(what, "no value");
	l->value = s.at[M_VALUE]->value;
	if (l->value.n > STREAM_STATE_MAX - STREAM_CTL_MAX)
		return wrong(what, "value is too long");
	v = val_parse(&p->arena, l->value, STATE_DEPTH, true, &ve);
	fault = p->o.lone_surrogate ? "holds half a surrogate pair" :
	    v ? state_value_fault(v) : ve.duplicate ?
	    "holds a key twice" : json_fault_text(ve.json.fault);
	arena_release(&p->arena);
	return fault ? wrong(what, "value: %s", fault) : 0;
}

static int
parse_check(struct line_parser *p, const struct slots *s,
    struct driver_line *l, char what[MSG_MAX])
{
	l->kind = DRV_CHECK;
	if (need_text(s, M_CHECK, &p->name, &l->name, what) != 0 ||
	    text_of(s, M_MESSAGE, &p->message, &l->message, what) != 0)
		return -1;
	if (!(s->have & BIT(M_OK)) || (s->at[M_OK]->type != JSON_TRUE &&
	    s->at[M_OK]->type != JSON_FALSE))
		return wrong(what, "ok is neither true nor false");
	l->good = s->at[M_OK]->type == JSON_TRUE;
	return 0;
}

static int
parse_head(struct line_parser *p, const struct slots *s, unsigned head,
    struct driver_line *l, char what[MSG_MAX])
{
	struct slots in;

	switch (head) {
	case BIT(M_ID):
		return parse_doc(p, s, l, what);
	case BIT(M_FAIL):
		return parse_fail(p, s, l, what);
	case BIT(M_STATE):
		return parse_state(p, s, l, what);
	case BIT(M_CHECK):
		return parse_check(p, s, l, what);
	case BIT(M_DELETE):
		l->kind = DRV_DELETE;
		return nested(p, s, M_DELETE, &in, what) != 0 ? -1 :
		    take_id(p, &in, l, what);
	case BIT(M_KEEP):
		l->kind = DRV_KEEP;
		return nested(p, s, M_KEEP, &in, what) != 0 ? -1 :
		    take_prefix(p, &in, l, what);
	case BIT(M_RESET):
		l->kind = DRV_RESET;
		return s->at[M_RESET]->type == JSON_TRUE ? 0 :
		    wrong(what, "reset is not true");
	default:
		l->kind = DRV_CHANGED;
		l->good = s->at[M_CHANGED]->type != JSON_FALSE;
		return s->at[M_CHANGED]->type <= JSON_TRUE ? 0 :
		    wrong(what, "changed is not true, false or null");
	}
}

static bool
named(const struct val *v)
{
	/* a type may be "": SQLite has columns without one */
	return val_str(val_get(v, "name")).n > 0 &&
	    val_cstr(val_get(v, "type")) != NULL;
}

/* {"stream":S,"id":[S],"timestamp":S?,"fields":[{"name":S,"type":S}],
 * "schema":{}?} */
static const char *
stream_fault(const struct val *v)
{
	const struct val *id = val_get(v, "id"), *f = val_get(v, "fields");
	const struct val *t = val_get(v, "timestamp");
	const struct val *schema = val_get(v, "schema");

	if (val_str(val_get(v, "stream")).n == 0)
		return "stream is missing or not a string";
	if (id == NULL || id->type != JSON_ARRAY)
		return "id is missing or not an array";
	for (size_t i = 0; i < id->n; i++)
		if (val_str(id->items[i]).n == 0)
			return "id holds something else than names";
	if (t != NULL && t->type != JSON_STRING)
		return "timestamp is not a string";
	if (f == NULL || f->type != JSON_ARRAY)
		return "fields is missing or not an array";
	for (size_t i = 0; i < f->n; i++)
		if (!named(f->items[i]))
			return "a field has no name or no type";
	if (schema != NULL && schema->type != JSON_OBJECT)
		return "schema is not an object";
	return NULL;
}

static int
parse_tree(struct line_parser *p, struct driver_line *l, char what[MSG_MAX])
{
	struct val_error ve;
	struct val *v = val_parse(&p->arena, p->o.text, JSON_DEPTH, false, &ve);
	const struct val *s = val_get(v, "settings");
	const char *fault = v == NULL ? json_fault_text(ve.json.fault) :
	    p->verb == VERB_DISCOVER ? stream_fault(v) :
	    s != NULL && s->type == JSON_OBJECT ? NULL :
	    "settings is missing or not an object";

	l->kind = DRV_RAW;
	arena_release(&p->arena);
	return fault ? wrong(what, "%s", fault) : 0;
}

static int
parse_members(struct line_parser *p, struct driver_line *l,
    char what[MSG_MAX])
{
	struct slots s;
	unsigned head;

	s.have = 0;
	p->unknown = (struct span){ NULL, 0 };
	for (size_t i = 0; i < p->o.n; i++) {
		enum driver_member k = which(&p->o.v[i]);

		if (k == M_COUNT)
			p->unknown = p->o.v[i].key;
		else if (put(&s, k, &p->o.v[i], what) != 0)
			return -1;
	}
	if (p->verb == VERB_DISCOVER || p->verb == VERB_SETTINGS)
		return parse_tree(p, l, what);
	head = s.have & (unsigned)HEADS;
	if (head == 0)
		return wrong(what, "not a record of conn-driver(7)");
	if (head & (head - 1))
		return wrong(what, "two records in one line");
	if (!(head & verbs[p->verb].heads))
		return wrong(what, "%s does not belong in the answer to %s",
		    members[__builtin_ctz(head)].name, verbs[p->verb].name);
	return parse_head(p, &s, head, l, what);
}

/* The line with its nested containers emptied, however deep they are. */
static void
flatten(struct buf *out, struct span text)
{
	size_t level = 0;
	bool string = false;

	buf_clear(out);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool close = !string && (c == '}' || c == ']');

		if (close && level > 0)
			level--;
		if (level < 2)
			buf_putc(out, c);
		if (string && c == '\\' && i + 1 < text.n) {
			i++;
			if (level < 2)
				buf_putc(out, text.p[i]);
		} else if (c == '"') {
			string = !string;
		} else if (!string && (c == '{' || c == '[')) {
			level++;
		}
	}
	buf_pad(out);
}

/* The document is left out, but its id must be known, to be kept. */
static int
parse_deep(struct line_parser *p, struct span text, struct driver_line *l,
    char what[MSG_MAX])
{
	struct json_error je;

	flatten(&p->flat, text);
	if (json_object_scan(buf_span(&p->flat), JSON_DEPTH, &p->o, &je) != 0 ||
	    parse_members(p, l, what) != 0 ||
	    (l->kind != DRV_DOC && l->kind != DRV_FAIL) || l->doc.p == NULL)
		return wrong(what, "%s", json_fault_text(JSON_DEEP));
	if (l->kind == DRV_DOC)
		fail(l, SPAN("too_deep"),
		    SPAN("the document is nested deeper than 128"));
	return 0;
}

int
line_parse(struct line_parser *p, struct span text, struct driver_line *l,
    char what[MSG_MAX])
{
	struct json_error je;

	if ((verbs[p->verb].heads & BIT(M_STATE)) && line_plain(p, text, l))
		return 0;
	*l = (struct driver_line){ 0 };
	if (json_object_scan(text, LINE_DEPTH, &p->o, &je) != 0) {
		if (je.fault == JSON_DEEP)
			return parse_deep(p, text, l, what);
		return wrong(what, "%s at byte %zu",
		    json_fault_text(je.fault), je.offset + 1);
	}
	l->line = p->o.text;
	l->lone_surrogate = p->o.lone_surrogate;
	return parse_members(p, l, what);
}

void
line_parser_release(struct line_parser *p)
{
	struct buf *all[] = { &p->id, &p->prefix, &p->timestamp, &p->stream,
	    &p->code, &p->message, &p->name, &p->flat };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_release(all[i]);
	json_object_release(&p->o);
	arena_release(&p->arena);
}

/* SPDX-License-Identifier: MIT */
/* What an answer means, by the table in verdicts.txt. */
#include "index/elasticsearch.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "index/verdict.h"
#include "index/verdicts.h"
#include "json/text.h"
#include "json/tree.h"

enum {
	TYPE_MAX = sizeof ((struct es_item *)0)->code - 1,
	FIELD_MAX = 160         /* "field NAME: TYPE" fits into a message */
};

static bool
fits(const struct verdict_row *row, const struct verdict_key *k)
{
	return (row->op == OP_ANY || row->op == k->op) &&
	    row->from <= k->status && k->status <= row->to &&
	    (row->store == STORE_ANY || row->store == k->store) &&
	    (row->error.p == NULL || span_eq(row->error, k->error)) &&
	    (row->result.p == NULL || span_eq(row->result, k->result));
}

const struct verdict_row *
verdict_find(const struct verdict_row *rows, const struct verdict_key *k)
{
	while (!fits(rows, k))
		rows++;
	return rows;
}

enum es_answer
es_judge_request(int status, const char *type)
{
	struct verdict_key k = { .status = status, .error = span_of(type) };

	return verdict_find(verdict_requests, &k)->answer;
}

/* ---- reading the items ---- */

#define TEXT(lit) { "" lit, sizeof(lit) - 1 }

/* The answers that nearly all operations get, as every server writes them,
 * around an id that has no escapes. */
static const struct usual {
	bool remove;
	struct verdict_key key;
	struct span before, after;
} usual[] = {
	{ false, { OP_INDEX, STORE_NO, 201, TEXT(""), TEXT("created") },
	    TEXT("{\"index\":{\"_id\":\""),
	    TEXT("\",\"result\":\"created\",\"status\":201}}") },
	{ false, { OP_INDEX, STORE_NO, 200, TEXT(""), TEXT("updated") },
	    TEXT("{\"index\":{\"_id\":\""),
	    TEXT("\",\"result\":\"updated\",\"status\":200}}") },
	{ true, { OP_DELETE, STORE_NO, 200, TEXT(""), TEXT("deleted") },
	    TEXT("{\"delete\":{\"_id\":\""),
	    TEXT("\",\"result\":\"deleted\",\"status\":200}}") }
};
enum { USUAL = sizeof usual / sizeof *usual };

/* And what is around their items. */
static const struct span usual_begin = TEXT("{\"errors\":false,\"items\":[");
static const struct span usual_end = TEXT("]}");

/* Reads the reply as JSON, if that was not done; its items are gone on with
 * where they were. */
static bool
read_reply(struct es_items *r, const char **why)
{
	const struct json_member *errors, *items, *error;
	const char *at = r->it.p;
	struct json_error je;
	bool twice[2];

	if (r->top.text.p != NULL)
		return true;
	*why = reply_why[REPLY_JSON];
	if (json_object_scan(r->reply, ES_DEPTH, &r->top, &je) < 0)
		return false;
	*why = reply_why[REPLY_ERROR];
	error = json_find(&r->top, "error", NULL);
	if (error != NULL && error->type != JSON_NULL)
		return false;
	*why = reply_why[REPLY_FIELDS];
	errors = json_find(&r->top, "errors", &twice[0]);
	items = json_find(&r->top, "items", &twice[1]);
	if (errors == NULL || items == NULL || twice[0] || twice[1] ||
	    (errors->type != JSON_TRUE && errors->type != JSON_FALSE) ||
	    items->type != JSON_ARRAY)
		return false;
	json_iter_init(&r->it, items->value);
	if (at != NULL)
		r->it.p = at;
	return true;
}

bool
es_items_open(struct es_items *r, struct span text, const char **why)
{
	r->reply = text;
	r->usual = 0;
	for (size_t i = 0; i < USUAL; i++)
		if (verdict_find(verdict_items, &usual[i].key)->answer ==
		    ES_DONE)
			r->usual |= 1U << i;
	if (!span_starts(text, usual_begin))
		return read_reply(r, why);
	r->it.p = text.p + usual_begin.n;
	r->it.end = text.p + text.n;
	return true;
}

bool
es_items_end(struct es_items *r, const char **why)
{
	struct span rest = { r->it.p, (size_t)(r->it.end - r->it.p) };
	struct json_member m;

	if (r->top.text.p == NULL && span_eq(rest, usual_end))
		return true;
	if (!read_reply(r, why))
		return false;
	*why = reply_why[REPLY_MANY];
	return !json_iter_next(&r->it, &m);
}

void
es_items_release(struct es_items *r)
{
	json_object_release(&r->top);
	buf_release(&r->id);
	buf_release(&r->text);
}

/* What matters of an error, and of an item, as it stands there; value.p is
 * NULL where there is nothing. */
struct fault {
	struct json_member type, reason, cause;
};
struct parts {
	struct json_member id, status, result, store, error;
	struct fault fault;     /* in error */
};

/* Keeps m, unless there is one already. */
static bool
keep(struct json_member *to, const struct json_member *m)
{
	if (to->value.p != NULL)
		return false;
	*to = *m;
	return true;
}

/* false, here and below: something stands there twice. */
static bool
read_fault(const struct json_member *error, struct fault *f)
{
	struct json_member m;
	struct json_iter it;
	bool once = true;

	if (error->type != JSON_OBJECT)
		return true;
	json_iter_init(&it, error->value);
	while (once && json_iter_next(&it, &m)) {
		if (json_key_is(&m, "type"))
			once = keep(&f->type, &m);
		else if (json_key_is(&m, "reason"))
			once = keep(&f->reason, &m);
		else if (json_key_is(&m, "caused_by"))
			once = keep(&f->cause, &m);
	}
	return once;
}

static bool
read_parts(struct span value, struct parts *p)
{
	struct json_member m;
	struct json_iter it;
	bool once = true;

	json_iter_init(&it, value);
	while (once && json_iter_next(&it, &m)) {
		if (json_key_is(&m, "_id"))
			once = keep(&p->id, &m);
		else if (json_key_is(&m, "status"))
			once = keep(&p->status, &m);
		else if (json_key_is(&m, "result"))
			once = keep(&p->result, &m);
		else if (json_key_is(&m, "failure_store"))
			once = keep(&p->store, &m);
		else if (json_key_is(&m, "error"))
			once = keep(&p->error, &m) &&
			    read_fault(&m, &p->fault);
	}
	return once;
}

static int
status_of(const struct json_member *m)
{
	int n = 0;

	if (m->type != JSON_NUMBER || m->value.n != 3)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (!isdigit((unsigned char)m->value.p[i]))
			return 0;
		n = n * 10 + (m->value.p[i] - '0');
	}
	return n;
}

/* A string's text, or nothing. Valid until scratch changes. */
static struct span
text_of(const struct json_member *m, struct buf *scratch)
{
	if (m->type != JSON_STRING || m->value.p == NULL)
		return (struct span){ 0 };
	return json_string(m, scratch);
}

/* ---- what may be said of a refusal ---- */

/* Reasons quote values. What stands between these two is a field's name, and
 * between after and parent the object that it is in, or _doc. */
static const struct { const char *before, *after, *parent; } naming[] = {
	{ "failed to parse field [", "] of type [", NULL },
	{ "object mapping for [", "] tried to parse field [", NULL },
	{ "mapping set to strict, dynamic introduction of [", "] within [",
	    "] is not allowed" },
	{ "mapping set to strict_allow_templates, dynamic introduction of [",
	    "] within [", "] is not allowed" },
	{ "mapper [", "] cannot be changed from type [", NULL },
	{ "can't merge a non object mapping [", "] with an object mapping",
	    NULL },
	{ "can't merge a non-nested mapping [", "] with a nested mapping",
	    NULL },
	{ "Could not dynamically add mapping for field [",
	    "]. Existing mapping for [", NULL },
	{ "Document contains at least one immense term in field=\"",
	    "\" (whose UTF8 encoding is longer than ", NULL },
	{ "Cannot write to a field alias [", "].", NULL }
};

/* Past "[LINE:COLUMN] ", which newer versions begin with. */
static struct span
skip_place(struct span s)
{
	size_t i = 1;

	if (s.n == 0 || s.p[0] != '[')
		return s;
	while (i < s.n && (isdigit((unsigned char)s.p[i]) || s.p[i] == ':'))
		i++;
	if (i + 2 > s.n || s.p[i] != ']' || s.p[i + 1] != ' ')
		return s;
	return (struct span){ s.p + i + 2, s.n - i - 2 };
}

/* What of *s is in front of end, if that is there; *s is then what follows. */
static struct span
cut_before(struct span *s, const char *end)
{
	size_t n = strlen(end);
	const char *p = memmem(s->p, s->n, end, n);
	struct span cut = { s->p, p != NULL ? (size_t)(p - s->p) : 0 };

	if (p != NULL)
		*s = (struct span){ p + n, s->n - cut.n - n };
	return cut;
}

/* The field that a reason names, or nothing; and its parent, or nothing. */
static struct span
field_of(struct span reason, struct span *parent)
{
	struct span s = skip_place(reason), field = { 0 };
	size_t i = 0, rows = sizeof naming / sizeof *naming, skip;

	*parent = SPAN("");
	while (i < rows && !span_starts(s, span_of(naming[i].before)))
		i++;
	if (i == rows)
		return field;
	skip = strlen(naming[i].before);
	s = (struct span){ s.p + skip, s.n - skip };
	field = cut_before(&s, naming[i].after);
	if (naming[i].parent != NULL)
		*parent = cut_before(&s, naming[i].parent);
	if (span_is(*parent, "_doc"))
		parent->n = 0;
	if (field.n + 1 + parent->n > FIELD_MAX ||
	    !utf8_valid(field.p, field.n) || !utf8_valid(parent->p, parent->n))
		field.n = 0;
	return field;
}

/* Fit to be shown: it has the form of an error's type. */
static bool
is_type(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr("._-", s.p[i]))
			return false;
	return s.n > 0 && s.n <= TYPE_MAX;
}

static void
set_code(struct es_item *item, const char *code, struct span type)
{
	if (code != NULL)
		snprintf(item->code, sizeof item->code, "%s", code);
	else if (is_type(type))
		snprintf(item->code, sizeof item->code, "%.*s", (int)type.n,
		    type.p);
	else
		snprintf(item->code, sizeof item->code, "http_%d",
		    item->status);
}

/* A server says how many bytes it had no room for, and how many it has room
 * for at all: "..._operation_bytes=9, max_..._bytes=8]", or "operation of size
 * [9] bytes, which exceeds the maximum allowed limit of [8] bytes". */
static bool
read_bytes(struct span s, uint64_t *bytes, uint64_t *limit)
{
	struct span n, max, t = s;

	cut_before(&s, "_operation_bytes=");
	n = cut_before(&s, ", max_");
	cut_before(&s, "_bytes=");
	max = cut_before(&s, "]");
	if (json_number_u64(n, bytes) && json_number_u64(max, limit))
		return true;
	cut_before(&t, "operation of size [");
	n = cut_before(&t, "] bytes, which exceeds the maximum allowed limit "
	    "of [");
	max = cut_before(&t, "] bytes");
	return json_number_u64(n, bytes) && json_number_u64(max, limit);
}

bool
es_over_limit(struct span type, struct span reason, char *message)
{
	uint64_t bytes, limit;

	if ((!span_is(type, "es_rejected_execution_exception") &&
	    !span_is(type, "rejected_execution_exception")) ||
	    reason.n == 0 || !read_bytes(reason, &bytes, &limit) ||
	    bytes <= limit)
		return false;
	snprintf(message, ES_MESSAGE, "%" PRIu64 " bytes, "
	    "indexing_pressure allows %" PRIu64, bytes, limit);
	return true;
}

/* "field NAME: TYPE of the cause", without what is not known. */
static void
set_message(struct es_items *r, const struct fault *f, struct es_item *item)
{
	struct span parent, type;
	struct span field = field_of(text_of(&f->reason, &r->text), &parent);
	struct fault cause = { 0 };
	int n = 0;

	if (field.n > 0)
		n = snprintf(item->message, sizeof item->message,
		    "field %.*s%s%.*s", (int)parent.n, parent.p,
		    parent.n > 0 ? "." : "", (int)field.n, field.p);
	read_fault(&f->cause, &cause);
	type = text_of(&cause.type, &r->text);
	if (is_type(type))
		snprintf(item->message + n, sizeof item->message - (size_t)n,
		    "%s%.*s", n > 0 ? ": " : "", (int)type.n, type.p);
}

static void
judge_item(struct es_items *r, const struct parts *p, bool remove,
    struct es_item *item)
{
	struct span type = text_of(&p->fault.type, &r->text);
	const struct verdict_row *row;
	struct verdict_key k = {
		.op = remove ? OP_DELETE : OP_INDEX, .status = item->status,
		.store = span_is(text_of(&p->store, &r->id), "used") ?
		    STORE_USED : STORE_NO,
		.error = type
	};

	if (type.n == 0 && p->error.value.p != NULL &&
	    p->error.type != JSON_NULL)
		k.error = SPAN("error");        /* of whatever type */
	else if (es_over_limit(type, text_of(&p->fault.reason, &r->id),
	    item->message))
		k.error = SPAN("over_limit");
	k.result = text_of(&p->result, &r->id);
	row = verdict_find(verdict_items, &k);
	item->answer = row->answer;
	if (item->answer == ES_DONE)
		return;
	set_code(item, row->code, type);
	if (item->answer != ES_HALVE)
		item->message[0] = '\0';
	if (item->answer == ES_REFUSED)
		set_message(r, &p->fault, item);
}

/* Is the next item this answer, byte for byte? Then steps over it: what is
 * compared need not be read, which takes ten times as long. The reply is
 * right where all of it is passed so, therefore nothing may be left out of the
 * comparison. */
static bool
is_usual(struct json_iter *it, const struct usual *u, struct span id)
{
	size_t comma = it->p[-1] != '[';
	size_t n = comma + u->before.n + id.n + u->after.n;
	const char *p = it->p;

	if ((size_t)(it->end - p) < n || (comma && *p != ','))
		return false;
	p += comma;
	if (memcmp(p, u->before.p, u->before.n) != 0 ||
	    memcmp(p + u->before.n, id.p, id.n) != 0 ||
	    memcmp(p + u->before.n + id.n, u->after.p, u->after.n) != 0 ||
	    !json_is_plain(id))
		return false;
	it->p += n;
	return true;
}

static bool
usual_next(struct es_items *r, bool remove, struct span id,
    struct es_item *item)
{
	for (size_t i = 0; i < USUAL; i++) {
		if (!(r->usual & 1U << i) || usual[i].remove != remove ||
		    !is_usual(&r->it, &usual[i], id))
			continue;
		item->status = usual[i].key.status;
		item->answer = ES_DONE;
		return true;
	}
	return false;
}

/* The next item, whatever it looks like. */
static bool
read_next(struct es_items *r, bool remove, struct span id,
    struct es_item *item, const char **why)
{
	struct json_member outer, op;
	struct parts p = { 0 };
	struct json_iter it;

	if (!read_reply(r, why))
		return false;
	*why = reply_why[REPLY_FEW];
	if (!json_iter_next(&r->it, &outer))
		return false;
	*why = reply_why[REPLY_OTHER];
	if (outer.type != JSON_OBJECT)
		return false;
	json_iter_init(&it, outer.value);
	if (!json_iter_next(&it, &op) || op.type != JSON_OBJECT ||
	    !json_key_is(&op, remove ? "delete" : "index") ||
	    !read_parts(op.value, &p) || json_iter_next(&it, &outer) ||
	    !span_eq(text_of(&p.id, &r->id), id))
		return false;
	item->status = status_of(&p.status);
	judge_item(r, &p, remove, item);
	*why = reply_why[REPLY_STATUS];
	return item->answer != ES_ODD;
}

bool
es_items_next(struct es_items *r, bool remove, struct span id,
    struct es_item *item, const char **why)
{
	item->answer = ES_ODD;
	item->status = 0;
	item->code[0] = item->message[0] = '\0';
	return usual_next(r, remove, id, item) ||
	    read_next(r, remove, id, item, why);
}

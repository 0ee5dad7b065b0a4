/* SPDX-License-Identifier: MIT */
/*
 * What an answer means. Decided by status first, then by the error's type,
 * since types change their names between versions. An unknown 4xx is for
 * ever, an unknown 5xx for now.
 */
#include "index/elasticsearch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "json/text.h"

enum { ANY, PUT, DELETE };

#define NO_ERROR ""             /* the item has no error */

/* The first row that fits. NULL: anything. */
static const struct row {
	int op;
	int from, to;           /* status */
	const char *type;       /* error type */
	const char *result;
	enum es_answer answer;
} item_rows[] = {
	{ PUT, 200, 201, NO_ERROR, "created", ES_DONE },
	{ PUT, 200, 201, NO_ERROR, "updated", ES_DONE },
	{ DELETE, 200, 200, NO_ERROR, "deleted", ES_DONE },
	{ DELETE, 404, 404, NO_ERROR, "not_found", ES_DONE },
	/* a pipeline dropped it */
	{ PUT, 200, 200, NO_ERROR, "noop", ES_REFUSED },
	{ ANY, 400, 599, "index_not_found_exception", NULL, ES_STOP },
	{ ANY, 400, 599, "index_closed_exception", NULL, ES_STOP },
	{ ANY, 400, 599, "invalid_index_name_exception", NULL, ES_STOP },
	/* read-only, flood stage: 403 or 429 by version */
	{ ANY, 400, 599, "cluster_block_exception", NULL, ES_AGAIN },
	{ ANY, 401, 401, NULL, NULL, ES_STOP },
	{ ANY, 403, 403, "security_exception", NULL, ES_STOP },
	{ ANY, 408, 408, NULL, NULL, ES_AGAIN },
	{ ANY, 429, 429, NULL, NULL, ES_AGAIN },
	{ ANY, 500, 500, NULL, NULL, ES_CRASHED },
	{ ANY, 501, 599, NULL, NULL, ES_AGAIN },
	{ ANY, 400, 499, NULL, NULL, ES_REFUSED },
	{ ANY, 0, 999, NULL, NULL, ES_ODD }
}, request_rows[] = {   /* 200 has items instead */
	{ ANY, 400, 599, "cluster_block_exception", NULL, ES_AGAIN },
	{ ANY, 400, 400, NULL, NULL, ES_BISECT },
	{ ANY, 408, 408, NULL, NULL, ES_AGAIN },
	{ ANY, 413, 413, NULL, NULL, ES_HALVE },
	{ ANY, 425, 425, NULL, NULL, ES_AGAIN },
	{ ANY, 429, 429, NULL, NULL, ES_AGAIN },
	{ ANY, 500, 599, NULL, NULL, ES_AGAIN },
	{ ANY, 0, 999, NULL, NULL, ES_STOP }
};

static enum es_answer
judge(const struct row *row, int op, int status, struct span type,
    struct span result)
{
	for (;; row++) {
		if (row->op != ANY && row->op != op)
			continue;
		if (status < row->from || (status > row->to && row->to < 999))
			continue;
		if (row->type != NULL && !span_is(type, row->type))
			continue;
		if (row->result != NULL && !span_is(result, row->result))
			continue;
		return row->answer;
	}
}

enum es_answer
es_judge_request(int status, const char *type)
{
	struct span none = { 0 };

	return judge(request_rows, ANY, status, span_of(type), none);
}

/* ---- reading the items ---- */

bool
es_items_open(struct es_items *r, struct span text, const char **why)
{
	const struct json_member *errors, *items;
	struct json_error je;
	bool twice;

	*why = "the reply is not JSON";
	if (json_object_scan(text, ES_DEPTH, &r->top, &je) < 0)
		return false;
	*why = "the reply has no errors and items";
	errors = json_find(&r->top, "errors", &twice);
	if (errors == NULL || twice ||
	    (errors->type != JSON_TRUE && errors->type != JSON_FALSE))
		return false;
	items = json_find(&r->top, "items", &twice);
	if (items == NULL || twice || items->type != JSON_ARRAY)
		return false;
	json_iter_init(&r->it, items->value);
	return true;
}

bool
es_items_end(struct es_items *r)
{
	struct json_member m;

	return !json_iter_next(&r->it, &m);
}

void
es_items_release(struct es_items *r)
{
	json_object_release(&r->top);
	buf_release(&r->id);
	buf_release(&r->text);
}

/* The members of one item that matter; absent ones stay as they were. */
struct parts {
	struct json_member id, result, store, type, reason;
	bool error;
	int status;
};

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

static void
read_error(const struct json_member *error, struct parts *p)
{
	struct json_member m;
	struct json_iter it;

	p->error = true;
	if (error->type != JSON_OBJECT)
		return;
	json_iter_init(&it, error->value);
	while (json_iter_next(&it, &m)) {
		if (json_key_is(&m, "type") && m.type == JSON_STRING)
			p->type = m;
		else if (json_key_is(&m, "reason"))
			p->reason = m;
	}
}

static void
read_parts(struct span value, struct parts *p)
{
	struct json_member m;
	struct json_iter it;

	json_iter_init(&it, value);
	while (json_iter_next(&it, &m)) {
		if (json_key_is(&m, "_id"))
			p->id = m;
		else if (json_key_is(&m, "status"))
			p->status = status_of(&m);
		else if (json_key_is(&m, "result"))
			p->result = m;
		else if (json_key_is(&m, "failure_store"))
			p->store = m;
		else if (json_key_is(&m, "error") && m.type != JSON_NULL)
			read_error(&m, p);
	}
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

/* Reasons quote values; what stands in the brackets after one of these is the
 * name of a field. */
static const char *const before_field[] = {
	"failed to parse field [",
	"object mapping for [",
	"mapping set to strict, dynamic introduction of [",
	"can't merge a non object mapping [",
	"can't merge a non-nested mapping [",
	"mapper [",
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

static void
name_field(struct span reason, struct es_item *item)
{
	size_t i, n = 0, rows = sizeof before_field / sizeof *before_field;
	struct span s = skip_place(reason);

	for (i = 0; i < rows; i++)
		if (span_starts(s, span_of(before_field[i])))
			break;
	if (i == rows)
		return;
	s.p += strlen(before_field[i]);
	s.n -= strlen(before_field[i]);
	while (n < s.n && s.p[n] != ']')
		n++;
	if (n > 0 && n < s.n && n <= 200 && utf8_valid(s.p, n))
		snprintf(item->message, sizeof item->message, "field %.*s",
		    (int)n, s.p);
}

static void
set_code(struct es_item *item, struct span type)
{
	bool good = type.n > 0 && type.n < sizeof item->code;

	for (size_t i = 0; good && i < type.n; i++)
		good = isalnum((unsigned char)type.p[i]) ||
		    strchr("._-", type.p[i]) != NULL;
	if (good)
		snprintf(item->code, sizeof item->code, "%.*s", (int)type.n,
		    type.p);
	else
		snprintf(item->code, sizeof item->code, "http_%d",
		    item->status);
}

static void
judge_item(struct es_items *r, const struct parts *p, bool remove,
    struct es_item *item)
{
	struct span type = text_of(&p->type, &r->text);
	struct span result, store;

	set_code(item, type);
	if (p->error && type.n == 0)
		type = SPAN("error");   /* of whatever type, it is one */
	result = text_of(&p->result, &r->id);
	item->answer = judge(item_rows, remove ? DELETE : PUT, item->status,
	    type, result);
	if (span_is(result, "noop"))
		snprintf(item->code, sizeof item->code, "noop");
	store = text_of(&p->store, &r->id);
	if (span_is(store, "used")) {
		item->answer = ES_REFUSED;
		snprintf(item->code, sizeof item->code, "failure_store");
	}
	if (item->answer == ES_REFUSED)
		name_field(text_of(&p->reason, &r->text), item);
}

bool
es_items_next(struct es_items *r, bool remove, struct span id,
    struct es_item *item, const char **why)
{
	struct json_member outer, op;
	struct parts p = { 0 };
	struct json_iter it;

	*item = (struct es_item){ .answer = ES_ODD };
	*why = "the reply has fewer items than were sent";
	if (!json_iter_next(&r->it, &outer))
		return false;
	*why = "an item of the reply is not the answer to what was sent";
	if (outer.type != JSON_OBJECT)
		return false;
	json_iter_init(&it, outer.value);
	if (!json_iter_next(&it, &op) || op.type != JSON_OBJECT ||
	    !json_key_is(&op, remove ? "delete" : "index"))
		return false;
	read_parts(op.value, &p);
	if (json_iter_next(&it, &op) ||
	    !span_eq(text_of(&p.id, &r->id), id))
		return false;
	item->status = p.status;
	judge_item(r, &p, remove, item);
	*why = "an item of the reply has no known status";
	return item->answer != ES_ODD;
}

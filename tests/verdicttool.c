/* SPDX-License-Identifier: MIT */
/*
 * verdicttool: does index/elasticsearch_verdict.c say what tests/verdict.py
 * says? Reads cases, one a line, columns ended by tabs:
 *   item OP STATUS ERROR RESULT STORE VERDICT CODE JSON
 *                                   an answer to OP on w:1, as a key and as
 *                                   the item of a reply
 *   request STATUS ERROR VERDICT    of a whole request
 *   field NAME JSON                 the item's message
 *   reply WHY JSON                  of index w:1, delete w:2, index w:3; WHY
 *                                   is empty if it fits
 *   same ID JSON                    of index w:1, delete w:2, index ID: the
 *                                   same is said of it after a space
 * Prints each difference. Then each row of the table is changed in every way,
 * or left out, and each change that no case notices is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/line.h"
#include "base/mem.h"
#include "index/verdict.h"

enum { COLUMNS = 9, ROWS = 64 };

struct verdict_case {
	struct verdict_key key;
	enum es_answer answer;
	const char *code;
	bool request;
};

static const char *const answers[] = {
	"done", "refused", "again", "crashed", "stop", "odd", "halve", "bisect"
};
enum { ANSWERS = sizeof answers / sizeof *answers };

static struct verdict_case *cases;
static size_t ncases, capcases, replies, fields, changes, wrong;
static struct buf text;
static struct arena arena;

static enum es_answer
answer_of(const char *name)
{
	for (unsigned i = 0; i < ANSWERS; i++)
		if (streq(name, answers[i]))
			return (enum es_answer)i;
	die(ST_USAGE, "no verdict %s", name);
}

static struct span
reply_of(const char *before, const char *json, const char *after)
{
	buf_clear(&text);
	buf_puts(&text, before);
	buf_puts(&text, json);
	buf_puts(&text, after);
	buf_pad(&text);
	return buf_span(&text);
}

/* ---- what the code says ---- */

static struct es_item
read_item(const char *op, const char *json)
{
	struct es_items r = { 0 };
	struct es_item item = { .answer = ES_ODD };
	const char *why;

	if (es_items_open(&r, reply_of("{\"errors\":false,\"items\":[", json,
	    "]}"), &why))
		es_items_next(&r, streq(op, "delete"), SPAN("w:1"), &item,
		    &why);
	es_items_release(&r);
	return item;
}

static const char *
read_reply(const char *before, const char *json, const char *last)
{
	const struct { bool remove; const char *id; } sent[] = {
		{ false, "w:1" }, { true, "w:2" }, { false, last }
	};
	struct es_items r = { 0 };
	const char *why = "";
	bool fits = es_items_open(&r, reply_of(before, json, ""), &why);
	struct es_item item;

	for (size_t i = 0; fits && i < 3; i++)
		fits = es_items_next(&r, sent[i].remove, span_of(sent[i].id),
		    &item, &why);
	if (fits && es_items_end(&r, &why))
		why = "";
	es_items_release(&r);
	return why;
}

static void
differs(const char *what, const char *said, const char *expected)
{
	wrong++;
	printf("%s: %s, expected %s\n", what, said, expected);
}

static bool
has_code(enum es_answer a)
{
	return a != ES_DONE && a != ES_ODD;
}

/* A code that the table knows, not the answer; or "". */
static const char *
own_code(const char *code)
{
	return streq(code, "noop") || streq(code, "failure_store") ||
	    streq(code, "too_large") ? code : "";
}

static bool
agrees(const struct verdict_row *items, const struct verdict_row *requests,
    const struct verdict_case *c)
{
	const struct verdict_row *row = verdict_find(
	    c->request ? requests : items, &c->key);

	if (row->answer != c->answer)
		return false;
	return !has_code(row->answer) || c->request ||
	    streq(row->code ? row->code : "", own_code(c->code));
}

static struct verdict_case *
add_case(void)
{
	cases = xgrow(cases, &capcases, ncases + 1, sizeof *cases);
	cases[ncases] = (struct verdict_case){ .code = "" };
	return &cases[ncases++];
}

/* ---- cases ---- */

static int
number_of(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

static void
try_item(char *v[])
{
	struct verdict_case *c = add_case();
	struct es_item item = read_item(v[1], v[8]);

	c->key = (struct verdict_key){
		.op = streq(v[1], "delete") ? OP_DELETE : OP_INDEX,
		.store = *v[5] ? STORE_USED : STORE_NO,
		.status = number_of(v[2]),
		.error = span_of(v[3]), .result = span_of(v[4])
	};
	c->answer = answer_of(v[6]);
	c->code = v[7];
	if (item.answer != c->answer)
		differs(v[8], answers[item.answer], v[6]);
	else if (has_code(item.answer) && !streq(item.code, v[7]))
		differs(v[8], item.code, v[7]);
	if (!agrees(verdict_items, verdict_requests, c))
		differs(v[8], "another by its key", v[6]);
}

static void
try_request(char *v[])
{
	struct verdict_case *c = add_case();
	enum es_answer a = es_judge_request(number_of(v[1]), v[2]);

	c->request = true;
	c->key.status = number_of(v[1]);
	c->key.error = span_of(v[2]);
	c->answer = answer_of(v[3]);
	if (a != c->answer)
		differs(v[1], answers[a], v[3]);
}

static void
try_line(char *line)
{
	char *v[COLUMNS] = { 0 };
	size_t n = 0;

	for (char *next = line; next != NULL && n < COLUMNS; n++) {
		v[n] = next;
		next = strchr(next, '\t');
		if (next != NULL)
			*next++ = '\0';
	}
	if (n == 9 && streq(v[0], "item")) {
		try_item(v);
	} else if (n == 4 && streq(v[0], "request")) {
		try_request(v);
	} else if (n == 3 && streq(v[0], "field")) {
		struct es_item item = read_item("index", v[2]);

		fields++;
		if (!streq(item.message, v[1]))
			differs(v[2], item.message, v[1]);
	} else if (n == 3 && streq(v[0], "reply")) {
		const char *why = read_reply("", v[2], "w:3");

		replies++;
		if (!streq(why, v[1]))
			differs(v[2], why, v[1]);
	} else if (n == 3 && streq(v[0], "same")) {
		const char *why = read_reply("", v[2], v[1]);
		const char *other = read_reply(" ", v[2], v[1]);

		replies++;
		if (!streq(why, other))
			differs(v[2], why, other);
	} else {
		die(ST_USAGE, "not a case: %s", line);
	}
}

/* ---- changed tables ---- */

struct table {
	struct verdict_row v[ROWS];
	size_t n;
	bool request;
};

/* Some case must notice that row i of the table is now so. */
static void
notice(struct table *t, size_t i, const char *how)
{
	changes++;
	for (size_t k = 0; k < ncases; k++) {
		const struct verdict_case *c = &cases[k];

		if (c->request != t->request)
			continue;
		if (!agrees(t->v, t->v, c))
			return;
	}
	wrong++;
	printf("%s row %zu: %s: no case notices\n",
	    t->request ? "request" : "item", i + 1, how);
}

static void
change_text(struct table *t, size_t i, struct span *s, const char *how)
{
	static const struct span others[] = {
		{ NULL, 0 }, { "", 0 }, { "x", 1 }
	};
	struct span kept = *s;

	for (size_t k = 0; k < 3; k++) {
		if ((others[k].p == NULL) == (kept.p == NULL) &&
		    others[k].n == kept.n)
			continue;
		*s = others[k];
		notice(t, i, how);
	}
	*s = kept;
}

static void
change_conditions(struct table *t, size_t i)
{
	struct verdict_row *row = &t->v[i], kept = *row;

	if (row->from < row->to) {
		row->to = row->from;
		notice(t, i, "the first status alone");
		row->from = row->to = kept.to;
		notice(t, i, "the last status alone");
	}
	*row = kept;
	change_text(t, i, &row->error, "another error type");
	if (t->request)
		return;
	change_text(t, i, &row->result, "another result");
	for (int k = OP_ANY; k <= OP_DELETE; k++) {
		row->op = (enum verdict_op)k;
		if (row->op != kept.op)
			notice(t, i, "another operation");
	}
	*row = kept;
	for (int k = STORE_ANY; k <= STORE_USED; k++) {
		row->store = (enum verdict_store)k;
		if (row->store != kept.store)
			notice(t, i, "another failure_store");
	}
	*row = kept;
}

static void
change_row(const struct table *t, size_t i)
{
	struct table changed = *t;
	struct verdict_row *row = &changed.v[i];

	for (unsigned k = 0; k < ANSWERS; k++) {
		row->answer = (enum es_answer)k;
		if (row->answer != t->v[i].answer)
			notice(&changed, i, "another verdict");
	}
	*row = t->v[i];
	if (has_code(row->answer) && !t->request) {
		row->code = row->code != NULL ? NULL : "x";
		notice(&changed, i, "another code");
		*row = t->v[i];
	}
	if (i + 1 == t->n)
		return;         /* the last, which must fit all */
	change_conditions(&changed, i);
	memmove(row, row + 1, (t->n - i - 1) * sizeof *row);
	notice(&changed, i, "left out");
}

static void
change_all(const struct verdict_row *rows, size_t n, bool request)
{
	struct table t = { .n = n, .request = request };

	if (n > ROWS)
		die(ST_USAGE, "more than %d rows", ROWS);
	memcpy(t.v, rows, n * sizeof *rows);
	for (size_t i = 0; i < n; i++)
		change_row(&t, i);
}

int
main(void)
{
	struct lines in;
	struct span line;

	msg_program("verdicttool");
	lines_init(&in, STDIN_FILENO, 1 << 20);
	while (lines_next(&in, &line) == LINE_OK)
		try_line(arena_strndup(&arena, line));
	printf("%zu items and requests, %zu replies, %zu fields, ", ncases,
	    replies, fields);
	change_all(verdict_items, verdict_nitems, false);
	change_all(verdict_requests, verdict_nrequests, true);
	printf("%zu changes of %zu rows\n", changes,
	    verdict_nitems + verdict_nrequests);
	lines_release(&in);
	buf_release(&text);
	arena_release(&arena);
	free(cases);
	return wrong != 0;
}

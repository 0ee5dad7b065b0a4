/* SPDX-License-Identifier: MIT */
#include "source/rest/answer.h"

#include <stdio.h>

#include "json/text.h"
#include "source/rest/format.h"
#include "source/rest/words.h"

enum { NO_CONTENT = 204 };

void
answer_release(struct answer *a)
{
	fetch_reply_release(&a->reply);
	buf_release(&a->json);
}

void
answer_vars(struct buf *out, const struct vars *v,
    const struct asked *asked, const struct answer *a)
{
	const struct fetch_reply *r = &a->reply;

	vars_put(out, v);
	json_put_key(out, "r");
	buf_printf(out, "{\"status\":%d", r->status);
	json_put_key(out, "url");
	json_put_cstring(out, r->url ? r->url : asked->request.url);
	json_put_key(out, "headers");
	buf_add_span(out, r->headers.n > 0 ? buf_span(&r->headers) :
	    SPAN("{}"));
	json_put_key(out, "links");
	buf_add_span(out, r->links.n > 0 ? buf_span(&r->links) :
	    SPAN("{}"));
	buf_putc(out, '}');
	json_put_key(out, "q");
	asked_query(asked, out);
}

/* A URL for messages. */
static int
place(const struct asked *asked)
{
	return (int)http_place(asked->request.url);
}

/* ---- the body ---- */

static int
read_body(const struct asked *asked, struct answer *a, struct err *e)
{
	static const char nothing[BUF_PAD];
	const struct fetch_reply *r = &a->reply;
	struct span body = r->body.n > 0 ? buf_span(&r->body) :
	    (struct span){ nothing, 0 };
	struct err why = { 0 };

	buf_clear(&a->json);
	if (r->body.n == 0 && r->status == NO_CONTENT)
		return 0;
	if (format_json(asked->ask->format, r->type, r->charset, body,
	    &a->json, &why) == 0)
		return 0;
	buf_clear(&a->json);
	return err_set(e, ST_PERSON, "%.*s: %s", place(asked),
	    asked->request.url, why.text);
}

/* ---- what it means ---- */

/* The action that a program gives. */
static enum action
ask_program(struct run *r, const struct asked *asked, const struct vars *v,
    const struct status_rule *rule, struct answer *a, struct err *e)
{
	struct buf vars = { 0 }, out = { 0 };
	struct err unread;
	enum action action = ACT_NONE;
	struct span name;

	if (read_body(asked, a, &unread) != 0)
		detail("%s", unread.text);
	answer_vars(&vars, v, asked, a);
	buf_putc(&vars, '}');
	if (programs_run_text(&r->programs, rule->program, buf_span(&vars),
	    a->json.n > 0 ? buf_span(&a->json) : SPAN("null"), &out,
	    asked->ask->where, NULL, e) == 0) {
		name = first_line(&out);
		if (name.n > 2 && name.p[0] == '"')
			action = status_action((struct span){ name.p + 1,
			    name.n - 2 });
		if (action == ACT_NONE)
			err_set(e, ST_PERSON, "%s: status.%d: its program "
			    "gave no action", asked->ask->where,
			    a->reply.status);
	}
	buf_release(&vars);
	buf_release(&out);
	return action;
}

static enum action
find_action(struct run *r, const struct asked *asked, const struct vars *v,
    enum answer_use use, struct answer *a, struct err *e)
{
	int code = a->reply.status;
	const struct status_rule *rule = status_rule(asked->ask, code);
	enum action action;

	if (use == ANSWER_ONE && (code == 404 || code == 410))
		return ACT_EMPTY;
	if (rule != NULL && rule->action == NULL)
		return ask_program(r, asked, v, rule, a, e);
	/* a limit that is reached says nothing about what was asked for */
	if (a->reply.limited)
		return rule != NULL && status_action(span_of(rule->action)) ==
		    ACT_RETRY_SKIP ? ACT_RETRY_SKIP : ACT_RETRY;
	if (rule != NULL)
		return status_action(span_of(rule->action));
	action = status_default(code, v->mark != NULL);
	if (action == ACT_STOP && use != ANSWER_LIST && code >= 400 &&
	    code < 500 && code != 401)
		return ACT_SKIP;
	return action;
}

static void
say_why(const struct asked *asked, struct answer *a)
{
	snprintf(a->code, sizeof a->code, "http_%d", a->reply.status);
	snprintf(a->why, sizeof a->why, "%.*s: HTTP %d%s", place(asked),
	    asked->request.url, a->reply.status,
	    words_of(buf_span(&a->reply.body)).text);
}

static int
stop(const struct asked *asked, const struct answer *a, struct err *e)
{
	int code = a->reply.status;
	bool denied = a->action == ACT_DENIED || code == 401 || code == 403;
	int status = code >= 400 && code < 500 && !denied ? ST_USAGE :
	    ST_PERSON;

	return err_set(e, status, "%.*s: HTTP %d%s%s", place(asked),
	    asked->request.url, code, denied ?
	    ", the credentials do not do" : "",
	    words_of(buf_span(&a->reply.body)).text);
}

/* ---- asking ---- */

/* Credentials that are refused are renewed once. */
static int
denied(struct run *r, const struct asked *asked, struct answer *a,
    bool *renewed, struct err *e)
{
	bool other = false;

	/* what came of a 401 was renewed for already */
	if (!*renewed && a->reply.status != 401 &&
	    fetch_renew(r->fetch, &a->reply, &other, e) != 0)
		return -1;
	*renewed = true;
	return other ? 1 : stop(asked, a, e);
}

/* 1: ask again, 0: done, -1: e. */
static int
judge(struct run *r, const struct asked *asked, const struct vars *v,
    enum answer_use use, bool *renewed, struct answer *a, struct err *e)
{
	a->action = find_action(r, asked, v, use, a, e);
	if (a->action == ACT_OK)
		return read_body(asked, a, e);
	say_why(asked, a);
	switch (a->action) {
	case ACT_NONE:
		return -1;
	case ACT_STOP:
		return stop(asked, a, e);
	case ACT_DENIED:
		return denied(r, asked, a, renewed, e);
	case ACT_RETRY:
	case ACT_RETRY_SKIP:
		if (fetch_again(r->fetch, &a->reply))
			return 1;
		if (a->action == ACT_RETRY)
			return err_set(e, ST_TEMP, "%s, and no end of it",
			    a->why);
		a->action = ACT_SKIP;
		return 0;
	default:
		return 0;
	}
}

/* A cache may have it from before the first. */
static void
date_back(struct run *r, const struct answer *a)
{
	bool taken = a->action == ACT_OK || a->action == ACT_EMPTY;

	if (taken && a->reply.date != 0 && a->reply.date < r->date)
		r->date = a->reply.date;
}

int
answer_get(struct run *r, const struct asked *asked, const struct vars *v,
    enum answer_use use, struct answer *out, struct err *e)
{
	bool renewed = false;
	int result;

	for (;;) {
		*e = (struct err){ 0 };
		if (fetch_get(r->fetch, &asked->request, &out->reply, e) !=
		    0) {
			if (e->status != ST_TEMP ||
			    !fetch_again(r->fetch, &out->reply))
				return -1;
			continue;
		}
		result = judge(r, asked, v, use, &renewed, out, e);
		if (result > 0)
			continue;
		if (!r->asked)
			r->first = r->date = out->reply.date;
		r->asked = true;
		date_back(r, out);
		return result;
	}
}

/* SPDX-License-Identifier: MIT */
#include "source/rest/run.h"

#include <stdlib.h>

#include "base/opt.h"
#include "json/text.h"
#include "source/rest/validate.h"
#include "source/rest/visit.h"

enum { AUTH_DEPTH = 64 };

struct view *
run_view(const struct run *r, size_t stream, enum mode mode)
{
	return &r->views[stream * MODES + mode];
}

static int
make_views(struct run *r, struct err *e)
{
	r->views = xcalloc(r->c.n * MODES, sizeof *r->views);
	r->parents = xcalloc(r->c.n * MODES, sizeof *r->parents);
	r->kept = xcalloc(r->c.n, sizeof *r->kept);
	for (size_t i = 0; i < r->c.n * MODES; i++)
		r->parents[i].fd = -1;
	for (size_t i = 0; i < r->c.n; i++)
		for (int m = 0; m < MODES; m++)
			if (view_make(run_view(r, i, (enum mode)m),
			    &r->programs, &r->c.v[i], (enum mode)m, e) != 0)
				return -1;
	return 0;
}

/* ---- the top of the connector ---- */

struct top {
	int url, auth;
	struct buf text;
};

/* The first result of one of them, as a tree. */
static struct val *
evaluate(struct run *r, struct top *t, int program, const char *key,
    struct err *e)
{
	static const struct vars none;
	struct val_error ve;

	if (programs_run(&r->programs, program, &none, SPAN("null"),
	    &t->text, key, NULL, e) != 0)
		return NULL;
	return val_parse(r->c.arena, first_line(&t->text), AUTH_DEPTH, false,
	    &ve);
}

static int
read_url(struct run *r, struct top *t, struct err *e)
{
	const struct val *v = evaluate(r, t, t->url, "url", e);
	struct span s = val_str(v);

	if (v == NULL && e->status != 0)
		return -1;
	if (s.n == 0)
		return connector_wrong(&r->c, val_get(r->c.root, "url"),
		    "url", e, "gives no text");
	while (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	buf_add_span(&r->url, s);
	return 0;
}

/* The jq program of `login`, made when the others were. */
static int
run_token(void *ctx, const char *program, struct span in, struct buf *out,
    struct err *e)
{
	static const struct vars none;
	struct run *r = ctx;
	struct buf made = { 0 };
	int result = -1;

	for (size_t i = 0; i < r->ntokens; i++) {
		if (!streq(r->tokens[i].text, program))
			continue;
		result = programs_run(&r->programs, r->tokens[i].program,
		    &none, in, &made, "auth.login.token", NULL, e);
		if (result == 0)
			buf_add_span(out, first_line(&made));
		buf_release(&made);
		return result;
	}
	return err_set(e, ST_PERSON, "auth.login.token: not a jq program");
}

static void
add_token(struct run *r, const struct val *auth)
{
	const struct val *v = val_get(val_get(auth, "login"), "token");

	if (val_cstr(v) == NULL)
		return;
	r->tokens = xrealloc(r->tokens, r->ntokens + 1, sizeof *r->tokens);
	r->tokens[r->ntokens].text = val_cstr(v);
	r->tokens[r->ntokens++].program = programs_add(&r->programs, v,
	    PROGRAM_JQ, "auth.login.token", 0);
}

static void
add_tokens(struct run *r, const struct val *auth)
{
	add_token(r, auth);
	for (size_t i = 0; auth != NULL && auth->type == JSON_ARRAY &&
	    i < auth->n; i++)
		add_token(r, auth->items[i]);
}

/* The source section's word counts, then the connector's. */
static const char *
text_key(const struct run *r, const char *key)
{
	const char *s = val_cstr(val_get(r->rq->source, key));

	return s != NULL ? s : val_cstr(val_get(r->c.root, key));
}

static int
open_fetch(struct run *r, const struct val *auth, struct err *e)
{
	const struct val *source = r->rq->source;
	const struct val *wait = val_get(r->c.root, "wait");
	uint64_t parallel = 1;
	struct fetch_options o = {
		.url = buf_cstr(&r->url), .auth = auth,
		.secrets = r->c.settings->n > r->c.plain->n,
		.allow_http = val_bool(val_get(source, "allow_http"), false),
		.rate = text_key(r, "rate"),
		.ca = val_cstr(val_get(source, "ca")),
		.cert = val_cstr(val_get(source, "cert")),
		.key = val_cstr(val_get(source, "key")),
		.token = val_cstr(val_get(r->rq->root, "token")),
		.retry = FETCH_RETRY, .jq = run_token, .jq_ctx = r
	};

	if (!val_u64(val_get(source, "parallel"), 64, &parallel))
		val_u64(val_get(r->c.root, "parallel"), 64, &parallel);
	/* what is asked ahead may not be wanted any more */
	o.alone = r->rq->limit > 0;
	r->parallel = o.alone ? 1 : (unsigned)parallel;
	o.parallel = r->parallel;
	if (source_seconds(r->rq, "retry", &o.retry, e) != 0)
		return -1;
	if (wait != NULL && !opt_duration(val_str(wait), &o.wait))
		return connector_wrong(&r->c, wait, "wait", e,
		    "not a duration");
	return fetch_open(&r->fetch, &o, e);
}

static int
open_top(struct run *r, struct top *t, struct err *e)
{
	const struct val *v = NULL;

	*e = (struct err){ 0 };
	if (read_url(r, t, e) != 0)
		return -1;
	if (t->auth >= 0) {
		v = evaluate(r, t, t->auth, "auth", e);
		if (v == NULL)
			return e->status != 0 ? -1 : connector_wrong(&r->c,
			    val_get(r->c.root, "auth"), "auth", e,
			    "gives nothing");
	}
	return open_fetch(r, v, e);
}

int
run_open(struct run *r, struct arena *a, const struct request *rq,
    struct err *e)
{
	struct top t = { 0 };
	int result;

	*r = (struct run){ .rq = rq };
	if (connector_read(&r->c, a, rq, e) != 0)
		return -1;
	programs_init(&r->programs, &r->c);
	t.url = programs_add(&r->programs, val_get(r->c.root, "url"),
	    PROGRAM_TEXT, "url", 0);
	t.auth = programs_add(&r->programs, val_get(r->c.root, "auth"),
	    PROGRAM_TREE, "auth", 0);
	add_tokens(r, val_get(r->c.root, "auth"));
	if (make_views(r, e) != 0 || validate_make(r, e) != 0 ||
	    programs_start(&r->programs, e) != 0)
		return -1;
	result = open_top(r, &t, e);
	if (t.text.p != NULL)
		explicit_bzero(t.text.p, t.text.cap);
	buf_release(&t.text);
	return result;
}

bool
run_full(const struct run *r, struct err *e)
{
	if (r->rq->limit == 0 || r->written < r->rq->limit)
		return false;
	*e = (struct err){ 0 };
	return true;
}

void
run_release(struct run *r)
{
	fetch_close(r->fetch);
	visit_release(r);
	for (size_t i = 0; r->kept != NULL && i < r->c.n; i++)
		seen_release(&r->kept[i]);
	free(r->kept);
	if (r->programs.set != NULL)
		programs_release(&r->programs);
	free(r->views);
	free(r->tokens);
	buf_release(&r->url);
}

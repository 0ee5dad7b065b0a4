/* SPDX-License-Identifier: MIT */
#include "source/rest/login.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/opt.h"
#include "json/text.h"
#include "net/ref.h"
#include "source/rest/shape.h"

enum { COOKIE_SECRET = 8 };     /* a shorter value is a word, no secret */

struct login {
	const struct fetch_options *o;
	struct issuer *issuer;
	char *url;
	const struct val *headers;
	const char *token;      /* a jq program; NULL: cookies */
	const char *header;     /* that carries it */
	bool bearer;
	const char *type;       /* of the body */
	struct buf body;
	double lasts;
};

/* ---- what the config says ---- */

static const struct shape_key login_keys[] = {
	{ "post", SHAPE_TEXT }, { "body", SHAPE_ANY }, { "form", SHAPE_TEXTS },
	{ "headers", SHAPE_TEXTS }, { "token", SHAPE_TEXT },
	{ "as", SHAPE_ANY }, { "lasts", SHAPE_TEXT }, { NULL, 0 }
};

static int
wrong(struct err *e, const char *key, const char *what)
{
	return err_set(e, ST_USAGE, "auth.login.%s: %s", key, what);
}

/* A path below the connector's url, or a URL of its origin. */
static int
read_url(struct login *l, const struct val *v, struct err *e)
{
	const char *post = shape_get(v, "post"), *base = l->o->url;
	size_t n = http_place(base);
	char *joined = NULL;

	if (post == NULL)
		return wrong(e, "post", "is missing");
	while (n > 0 && base[n - 1] == '/')
		n--;
	if (*post == '/')
		joined = xasprintf("%.*s%s", (int)n, base, post);
	l->url = ref_resolve(base, joined != NULL ? joined : post);
	free(joined);
	if (l->url == NULL || !ref_same_origin(base, l->url))
		return wrong(e, "post", "not a path below url");
	return 0;
}

/* How the token travels. */
static int
read_as(struct login *l, const struct val *v, struct err *e)
{
	const struct val *as = val_get(v, "as");
	const char *text = shape_text(as);
	const char *name = as != NULL && as->n == 1 ?
	    shape_get(as, "header") : NULL;

	l->header = "Authorization";
	if (!shape_has(v, "as") || (text && streq(text, "bearer")))
		l->bearer = true;
	else if (text != NULL && streq(text, "cookie"))
		l->header = "Cookie";
	else if (name != NULL && http_field_check(name, "", e) == 0)
		l->header = name;
	else
		return wrong(e, "as",
		    "must be bearer, cookie or {header: NAME}");
	if (l->token == NULL && !streq(l->header, "Cookie"))
		return wrong(e, "token", "is missing");
	if (l->token != NULL && l->o->jq == NULL)
		return wrong(e, "token", "no jq here");
	return 0;
}

/* Texts of a body hold passwords. */
static void
hide_texts(const struct val *v)
{
	for (size_t i = 0; v->type == JSON_OBJECT && i < v->n; i++)
		if (shape_text(v->members[i].value) != NULL)
			msg_secret(span_of(shape_text(v->members[i].value)));
}

static int
read_body(struct login *l, const struct val *v, struct err *e)
{
	const struct val *body = val_get(v, "body"), *form;

	form = shape_has(v, "form") ? val_get(v, "form") : NULL;
	if (shape_has(v, "body") == (form != NULL))
		return wrong(e, "body", "either it or form must be there");
	hide_texts(form != NULL ? form : body);
	l->type = form != NULL ? "application/x-www-form-urlencoded" :
	    "application/json";
	for (size_t i = 0; form != NULL && i < form->n; i++)
		issuer_form(&l->body, form->members[i].key.p,
		    shape_text(form->members[i].value));
	if (form == NULL)
		val_write(&l->body, body);
	return 0;
}

static int
read_all(struct login *l, const struct val *v, struct err *e)
{
	const char *lasts = shape_get(v, "lasts");

	if (shape_check(v, "auth.login", login_keys, e) < 0)
		return -1;
	l->token = shape_get(v, "token");
	l->headers = shape_has(v, "headers") ? val_get(v, "headers") : NULL;
	for (size_t i = 0; l->headers != NULL && i < l->headers->n; i++)
		if (http_field_check(l->headers->members[i].key.p,
		    shape_text(l->headers->members[i].value), e) < 0)
			return -1;
	if (lasts != NULL && !opt_duration(span_of(lasts), &l->lasts))
		return wrong(e, "lasts", "must be like 1h");
	if (read_url(l, v, e) < 0 || read_as(l, v, e) < 0)
		return -1;
	return read_body(l, v, e);
}

int
login_open(struct login **out, const struct val *v,
    const struct fetch_options *o, struct issuer *issuer, struct err *e)
{
	struct login *l = xcalloc(1, sizeof *l);

	l->o = o;
	l->issuer = issuer;
	*out = l;
	if (read_all(l, v, e) == 0)
		return 0;
	login_free(l);
	*out = NULL;
	return -1;
}

void
login_free(struct login *l)
{
	if (l == NULL)
		return;
	if (l->body.n > 0)
		explicit_bzero(l->body.p, l->body.n);
	buf_release(&l->body);
	free(l->url);
	free(l);
}

const char *
login_header(const struct login *l)
{
	return l->header;
}

/* ---- one login ---- */

/* NAME=VALUE of each cookie that the reply sets. */
static void
put_cookies(struct buf *out, const struct http_reply *r)
{
	struct http_field h;

	for (size_t at = 0; http_reply_next(r, &at, &h);) {
		struct span pair = { h.value, strcspn(h.value, ";") };
		const char *eq = memchr(pair.p, '=', pair.n);

		if (!streq(h.name, "set-cookie") || eq == NULL)
			continue;
		eq++;
		if (pair.p + pair.n - eq >= COOKIE_SECRET)
			msg_secret((struct span){ eq,
			    (size_t)(pair.p + pair.n - eq) });
		buf_puts(out, out->n > 0 ? "; " : "");
		buf_add_span(out, pair);
	}
}

/* The text of what the program gave. */
static void
put_text(struct buf *out, struct span json)
{
	struct arena a = { 0 };
	struct val_error bad;
	const char *text = shape_text(val_parse(&a, json, JSON_DEPTH, false,
	    &bad));

	if (text != NULL)
		buf_puts(out, text);
	arena_release(&a);
}

static int
find_token(struct login *l, const struct http_reply *r, struct buf *out,
    struct err *e)
{
	struct buf json = { 0 };
	struct err why;
	int result = 0;

	if (l->token == NULL) {
		put_cookies(out, r);
	} else if (l->o->jq(l->o->jq_ctx, l->token, buf_span(&r->body), &json,
	    &why) == 0) {
		put_text(out, buf_span(&json));
	} else {
		result = err_set(e, why.status, "%.*s: auth.login.token: %s",
		    (int)http_place(l->url), l->url, why.text);
	}
	buf_release(&json);
	if (result == 0 && out->n == 0)
		result = err_set(e, ST_PERSON, "%.*s: no token in its reply",
		    (int)http_place(l->url), l->url);
	return result;
}

static int
post(struct login *l, struct http_reply *r, struct err *e)
{
	size_t n = l->headers != NULL ? l->headers->n : 0;
	struct http_field *fields = xcalloc(n + 1, sizeof *fields);
	struct http_request rq = { .method = "POST", .url = l->url,
		.fields = fields, .n = n, .type = l->type,
		.body = buf_span(&l->body) };
	int result;

	for (size_t i = 0; i < n; i++)
		fields[i] = (struct http_field){ l->headers->members[i].key.p,
			shape_text(l->headers->members[i].value) };
	result = issuer_send(l->issuer, &rq, r, e);
	/* a form's answer is often a page to go on to */
	if (result == 0 && r->status / 100 != 2 &&
	    !(l->token == NULL && r->status / 100 == 3))
		result = issuer_refused(&rq, r, e);
	free(fields);
	return result;
}

char *
login_value(struct login *l, double *seconds, struct err *e)
{
	struct http_reply r = { 0 };
	struct buf token = { 0 };
	char *value = NULL;

	if (post(l, &r, e) == 0 && find_token(l, &r, &token, e) == 0) {
		msg_secret(span_of(buf_cstr(&token)));
		value = xasprintf("%s%s", l->bearer ? "Bearer " : "",
		    buf_cstr(&token));
		*seconds = l->lasts;
	}
	if (token.n > 0)
		explicit_bzero(token.p, token.n);
	buf_release(&token);
	http_reply_release(&r);
	return value;
}

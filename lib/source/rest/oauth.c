/* SPDX-License-Identifier: MIT */
#include "source/rest/oauth.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/url.h"
#include "json/text.h"
#include "net/sigv4.h"
#include "source/rest/jwt.h"
#include "source/rest/shape.h"
#include "source/rest/tokens.h"

enum {
	LOCK_SECONDS = 90,      /* another run's request may be slow */
	SKEW_SECONDS = 2        /* clocks that differ so much differ */
};

enum grant { REFRESH, CLIENT, ASSERTION };

struct oauth {
	struct arena arena;
	const struct fetch_options *o;
	struct issuer *issuer;
	const char *url, *id, *secret, *scope, *refresh;
	const struct val *params;
	enum grant grant;
	bool basic;             /* id and secret in a header, not in the body */
	struct jwt_key *key;
	struct jwt_claims claims;
	time_t skew;            /* the server's clock less ours */
	char seed[SIGV4_HASH];
};

/* ---- what the config says ---- */

static const struct shape_key oauth_keys[] = {
	{ "url", SHAPE_TEXT }, { "grant", SHAPE_TEXT },
	{ "client_id", SHAPE_TEXT },
	{ "client_secret", SHAPE_SECRET },
	{ "refresh_token", SHAPE_SECRET },
	{ "scope", SHAPE_TEXT }, { "send", SHAPE_TEXT },
	{ "key", SHAPE_SECRET }, { "key_id", SHAPE_TEXT },
	{ "subject", SHAPE_TEXT }, { "audience", SHAPE_TEXT },
	{ "params", SHAPE_TEXTS }, { NULL, 0 }
};

static int
wrong(struct err *e, const char *key, const char *what)
{
	return err_set(e, ST_USAGE, "auth.oauth.%s: %s", key, what);
}

static int
read_grant(struct oauth *o, const struct val *v, struct err *e)
{
	static const char *const names[] = { "refresh_token",
		"client_credentials", "jwt-bearer" };
	const char *grant = shape_get(v, "grant");
	bool known = false;
	const char *send = shape_get(v, "send");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (grant != NULL && streq(grant, names[i])) {
			o->grant = (enum grant)i;
			known = true;
		}
	if (!known)
		return wrong(e, "grant", "must be refresh_token, "
		    "client_credentials or jwt-bearer");
	o->basic = send != NULL && streq(send, "basic");
	if (send != NULL && !o->basic && !streq(send, "body"))
		return wrong(e, "send", "must be body or basic");
	return 0;
}

static int
read_key(struct oauth *o, const struct val *v, struct err *e)
{
	const char *key = shape_get(v, "key");
	struct err why;

	if (key == NULL)
		return wrong(e, "key", "is missing");
	o->claims = (struct jwt_claims){ o->id,
		shape_get(v, "subject"),
		shape_get(v, "audience"), o->scope,
		shape_get(v, "key_id") };
	if (jwt_key_read(&o->key, &o->arena, key, &o->claims, &o->url,
	    &why) < 0)
		return wrong(e, "key", why.text);
	if (o->claims.audience == NULL)
		o->claims.audience = o->url;
	if (o->claims.issuer == NULL)
		return wrong(e, "client_id", "is missing");
	return 0;
}

/* What a grant cannot do without. */
static int
read_needs(struct oauth *o, const struct val *v, struct err *e)
{
	if (o->grant == ASSERTION)
		return read_key(o, v, e);
	if (o->id == NULL)
		return wrong(e, "client_id", "is missing");
	if (o->grant == CLIENT && o->secret == NULL)
		return wrong(e, "client_secret", "is missing");
	if (o->grant == REFRESH && o->refresh == NULL)
		return wrong(e, "refresh_token", "is missing");
	if (o->grant == REFRESH && o->o->token == NULL)
		return wrong(e, "refresh_token",
		    "there is no file to keep its successors in");
	return 0;
}

static int
read_url(const struct oauth *o, struct err *e)
{
	struct url u;

	if (o->url == NULL)
		return wrong(e, "url", "is missing");
	if (!url_parse(span_of(o->url), &u) || u.has_user ||
	    (!span_is(u.scheme, "https") && !span_is(u.scheme, "http")))
		return wrong(e, "url", "not an http or https URL");
	if (url_in_clear(span_of(o->url)) && !o->o->allow_http)
		return wrong(e, "url", "credentials would go over http in "
		    "the clear; use https, or set allow_http: true");
	return 0;
}

static void
make_seed(struct oauth *o)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s%c%s%c%s", o->url, '\0', o->id, '\0', o->refresh);
	sigv4_hash(buf_span(&b), o->seed);
	explicit_bzero(b.p, b.n);
	buf_release(&b);
}

static int
read_all(struct oauth *o, const struct val *v, struct err *e)
{
	if (shape_check(v, "auth.oauth", oauth_keys, e) < 0)
		return -1;
	o->url = shape_get(v, "url");
	o->id = shape_get(v, "client_id");
	o->secret = shape_get(v, "client_secret");
	o->scope = shape_get(v, "scope");
	o->refresh = shape_get(v, "refresh_token");
	o->params = shape_has(v, "params") ? val_get(v, "params") : NULL;
	if (read_grant(o, v, e) < 0 || read_needs(o, v, e) < 0 ||
	    read_url(o, e) < 0)
		return -1;
	if (o->grant == REFRESH)
		make_seed(o);
	return 0;
}

int
oauth_open(struct oauth **out, const struct val *v,
    const struct fetch_options *options, struct issuer *issuer, struct err *e)
{
	struct oauth *o = xcalloc(1, sizeof *o);

	o->o = options;
	o->issuer = issuer;
	*out = o;
	if (read_all(o, v, e) == 0)
		return 0;
	oauth_free(o);
	*out = NULL;
	return -1;
}

void
oauth_free(struct oauth *o)
{
	if (o == NULL)
		return;
	jwt_key_free(o->key);
	arena_release(&o->arena);
	free(o);
}

/* ---- one request ---- */

/* What a server gave; texts in an arena. */
struct given {
	const char *access, *refresh;
	double seconds;         /* 0: not told */
};

/* RFC 6749, 2.3.1: both are encoded as in a form before they are joined. */
static char *
client_header(const struct oauth *o)
{
	struct buf id = { 0 }, secret = { 0 };
	char *value;

	http_escape(&id, span_of(o->id));
	http_escape(&secret, span_of(o->secret));
	value = issuer_basic(buf_cstr(&id), buf_cstr(&secret));
	buf_release(&id);
	explicit_bzero(secret.p, secret.n);
	buf_release(&secret);
	return value;
}

static void
write_form(const struct oauth *o, const char *refresh, struct buf *form)
{
	static const char *const grants[] = { "refresh_token",
		"client_credentials",
		"urn:ietf:params:oauth:grant-type:jwt-bearer" };
	size_t n = o->params != NULL ? o->params->n : 0;

	issuer_form(form, "grant_type", grants[o->grant]);
	issuer_form(form, "refresh_token", refresh);
	if (o->grant == ASSERTION) {
		char *jwt = jwt_sign(o->key, &o->claims,
		    clock_wall().tv_sec + o->skew);

		msg_secret(span_of(jwt));
		issuer_form(form, "assertion", jwt);
		free(jwt);
	}
	if (!o->basic) {
		issuer_form(form, "client_id", o->id);
		issuer_form(form, "client_secret", o->secret);
	}
	issuer_form(form, "scope", o->scope);
	for (size_t i = 0; i < n; i++)
		issuer_form(form, o->params->members[i].key.p,
		    shape_text(o->params->members[i].value));
}

static double
seconds_of(const struct val *v)
{
	double s;

	if (v == NULL || (v->type != JSON_NUMBER && v->type != JSON_STRING))
		return 0;
	s = json_is_number(v->str) ? strtod(v->str.p, NULL) : 0;
	return isfinite(s) && s > 0 ? s : 0;
}

static int
read_reply(const struct http_request *rq, const struct http_reply *r,
    struct arena *a, struct given *g, struct err *e)
{
	struct val_error bad;
	const struct val *v;

	if (r->status / 100 != 2)
		return issuer_refused(rq, r, e);
	v = val_parse(a, buf_span(&r->body), JSON_DEPTH, false, &bad);
	g->access = shape_get(v, "access_token");
	g->refresh = shape_get(v, "refresh_token");
	g->seconds = seconds_of(val_get(v, "expires_in"));
	if (g->access == NULL || *g->access == '\0')
		return v == NULL || val_get(v, "error") == NULL ?
		    err_set(e, ST_PERSON, "%.*s: no access_token in its reply",
		    (int)http_place(rq->url), rq->url) :
		    issuer_refused(rq, r, e);
	msg_secret(span_of(g->access));
	if (g->refresh != NULL && *g->refresh == '\0')
		g->refresh = NULL;
	if (g->refresh != NULL)
		msg_secret(span_of(g->refresh));
	return 0;
}

/* Was an assertion refused although only a clock is wrong? */
static bool
clock_differs(struct oauth *o, const struct http_reply *r)
{
	time_t skew = r->date - clock_wall().tv_sec;

	if (o->grant != ASSERTION || r->date == 0 || r->status / 100 != 4 ||
	    labs((long)(skew - o->skew)) < SKEW_SECONDS)
		return false;
	detail("%.*s: its clock differs by %ld s", (int)http_place(o->url),
	    o->url, (long)skew);
	o->skew = skew;
	return true;
}

static int
ask_once(struct oauth *o, const struct http_request *rq, const char *refresh,
    struct http_reply *r, struct err *e)
{
	struct http_request with = *rq;
	struct buf form = { 0 };
	int result;

	write_form(o, refresh, &form);
	with.body = buf_span(&form);
	result = issuer_send(o->issuer, &with, r, e);
	explicit_bzero(form.p, form.n);
	buf_release(&form);
	return result;
}

static int
ask_for(struct oauth *o, const char *refresh, struct arena *a,
    struct given *g, struct err *e)
{
	struct http_field field = { "Authorization", NULL };
	struct http_request rq = { .method = "POST", .url = o->url,
		.type = "application/x-www-form-urlencoded" };
	struct http_reply r = { 0 };
	char *basic = o->basic && o->secret ? client_header(o) : NULL;
	int result;

	field.value = basic;
	rq.fields = &field;
	rq.n = basic != NULL;
	result = ask_once(o, &rq, refresh, &r, e);
	if (result == 0 && clock_differs(o, &r))
		result = ask_once(o, &rq, refresh, &r, e);
	if (result == 0)
		result = read_reply(&rq, &r, a, g, e);
	if (r.body.n > 0)
		explicit_bzero(r.body.p, r.body.n);
	http_reply_release(&r);
	free(basic);
	return result;
}

/* ---- tokens that change ---- */

/* What another run has left and may still be used. */
static bool
still_good(const struct tokens *t, const char *refused, double *seconds)
{
	double left = (double)t->expires - (double)clock_wall().tv_sec;

	if (t->access == NULL || (refused && streq(t->access, refused)) ||
	    (t->expires != 0 && left <= 1))
		return false;
	*seconds = t->expires != 0 ? left : 0;
	return true;
}

static int
replace(struct oauth *o, struct tokens *t, struct arena *a, double *seconds,
    struct err *e)
{
	struct given g;
	struct err why;

	/* A folder that cannot be written must not cost a token. */
	if (tokens_write(o->o->token, t, e) < 0 ||
	    ask_for(o, t->refresh, a, &g, e) != 0)
		return -1;
	if (g.refresh != NULL)
		t->refresh = g.refresh;
	t->access = g.access;
	t->expires = g.seconds > 0 ?
	    (uint64_t)((double)clock_wall().tv_sec + g.seconds) : 0;
	*seconds = g.seconds;
	if (tokens_write(o->o->token, t, &why) == 0)
		return 0;
	return err_set(e, ST_PERSON, "%s; the server's new token is lost, "
	    "authorise anew", why.text);
}

static char *
refreshed(struct oauth *o, const char *refused, double *seconds,
    struct err *e)
{
	int lock = tokens_lock(o->o->token, LOCK_SECONDS, e);
	struct arena a = { 0 };
	struct tokens t;
	char *token = NULL;
	bool found;

	if (lock < 0)
		return NULL;
	if (tokens_read(o->o->token, &a, o->seed, &t, &found, e) == 0) {
		if (!found)
			t = (struct tokens){ o->seed, o->refresh, NULL, 0 };
		msg_secret(span_of(t.refresh));
		if (t.access != NULL)
			msg_secret(span_of(t.access));
		if (still_good(&t, refused, seconds) ||
		    replace(o, &t, &a, seconds, e) == 0)
			token = xstrdup(t.access);
	}
	close(lock);
	arena_release(&a);
	return token;
}

char *
oauth_token(struct oauth *o, const char *refused, double *seconds,
    struct err *e)
{
	struct arena a = { 0 };
	struct given g;
	char *token = NULL;

	if (o->grant == REFRESH)
		return refreshed(o, refused, seconds, e);
	if (ask_for(o, NULL, &a, &g, e) == 0) {
		*seconds = g.seconds;
		token = xstrdup(g.access);
	}
	arena_release(&a);
	return token;
}

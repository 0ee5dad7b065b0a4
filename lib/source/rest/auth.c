/* SPDX-License-Identifier: MIT */
#include "source/rest/auth.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "source/rest/issuer.h"
#include "source/rest/login.h"
#include "source/rest/oauth.h"
#include "source/rest/shape.h"

/* Credentials are renewed that much before their end, if they last long. */
static const double early = 30, share = 0.1;    /* seconds; of what is left */

struct token {
	char *value;            /* of the header */
	double free_at;         /* its limit is reached until then */
};

struct auth {
	const struct fetch_options *o;
	struct issuer issuer;
	struct oauth *oauth;
	struct login *login;
	struct sigv4_keys aws;
	bool signs;
	const char *header;
	/* One, but for a list of bearers; 0: none yet, or no credentials. */
	struct token *tokens;
	size_t n, at;
	double until;           /* the token is renewed then; 0: not known */
	unsigned renewal;       /* counts them */
};

/* ---- what the config says ---- */

static void
add(struct auth *a, char *value)
{
	a->tokens = xrealloc(a->tokens, a->n + 1, sizeof *a->tokens);
	a->tokens[a->n++] = (struct token){ value, 0 };
}

static int
read_bearer(struct auth *a, const struct val *v, struct err *e)
{
	const struct val *one = v;

	a->header = "Authorization";
	for (size_t i = 0; i < (v->type == JSON_ARRAY ? v->n : 1); i++) {
		const char *text;

		if (v->type == JSON_ARRAY)
			one = v->items[i];
		text = shape_text(one);
		if (text == NULL || *text == '\0')
			return err_set(e, ST_USAGE, "auth.bearer: must be a "
			    "token, or a list of some");
		msg_secret(span_of(text));
		add(a, xasprintf("Bearer %s", text));
	}
	return 0;
}

static int
read_basic(struct auth *a, const struct val *v, struct err *e)
{
	const char *user, *password;

	if (v->type != JSON_ARRAY || v->n != 2)
		return err_set(e, ST_USAGE,
		    "auth.basic: must be [USER, PASSWORD]");
	user = shape_text(v->items[0]);
	password = shape_text(v->items[1]);
	if (user == NULL || password == NULL || strchr(user, ':') != NULL)
		return err_set(e, ST_USAGE, "auth.basic: two texts, and no "
		    "colon in the first");
	msg_secret(span_of(password));
	a->header = "Authorization";
	add(a, issuer_basic(user, password));
	return 0;
}

static int
read_aws(struct auth *a, const struct val *v, struct err *e)
{
	static const struct shape_key keys[] = {
		{ "region", SHAPE_TEXT }, { "service", SHAPE_TEXT },
		{ "key", SHAPE_TEXT }, { "secret", SHAPE_SECRET },
		{ "token", SHAPE_SECRET }, { NULL, 0 }
	};

	if (shape_check(v, "auth.aws", keys, e) < 0)
		return -1;
	for (size_t i = 0; i < 4; i++)
		if (shape_get(v, keys[i].name) == NULL)
			return err_set(e, ST_USAGE, "auth.aws.%s: is missing",
			    keys[i].name);
	a->aws = (struct sigv4_keys){ shape_get(v, "region"),
		shape_get(v, "service"), shape_get(v, "key"),
		shape_get(v, "secret"), shape_get(v, "token") };
	a->signs = true;
	return 0;
}

static int
read_oauth(struct auth *a, const struct val *v, struct err *e)
{
	a->header = "Authorization";
	return oauth_open(&a->oauth, v, a->o, &a->issuer, e);
}

static int
read_login(struct auth *a, const struct val *v, struct err *e)
{
	if (login_open(&a->login, v, a->o, &a->issuer, e) < 0)
		return -1;
	a->header = login_header(a->login);
	return 0;
}

/* For connectors whose credentials may be left out. */
static int
read_none(struct auth *a, const struct val *v, struct err *e)
{
	(void)a;
	if (v->type != JSON_TRUE)
		return err_set(e, ST_USAGE, "auth.none: must be true");
	return 0;
}

static const struct kind {
	const char *name;
	int (*read)(struct auth *, const struct val *, struct err *);
	/* lacking one of these it is not taken */
	const char *const needs[5];
} kinds[] = {
	{ "bearer", read_bearer, { NULL } },
	{ "basic", read_basic, { NULL } },
	{ "oauth", read_oauth, { "grant", NULL } },
	{ "login", read_login, { "post", NULL } },
	{ "aws", read_aws, { "region", "service", "key", "secret", NULL } },
	{ "none", read_none, { NULL } }
};

static const struct kind *
kind_named(struct span name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (span_is(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* The kind of an alternative; NULL in *out: its only value is null. */
static int
kind_of(const struct val *v, const struct kind **out, struct err *e)
{
	*out = NULL;
	if (v->type == JSON_NULL)
		return 0;
	if (v->type != JSON_OBJECT)
		return err_set(e, ST_USAGE,
		    "auth: must be a map or a list of some");
	for (size_t i = 0; i < v->n; i++) {
		const struct kind *k = kind_named(v->members[i].key);

		if (k == NULL)
			return err_set(e, ST_USAGE, "auth.%s: unknown key",
			    v->members[i].key.p);
		if (*out != NULL)
			return err_set(e, ST_USAGE,
			    "auth: %s and %s; only one may stand there",
			    (*out)->name, k->name);
		*out = k;
	}
	return 0;
}

static bool
has_all(const struct val *v, const char *const *names)
{
	while (*names != NULL && shape_has(v, *names))
		names++;
	return *names == NULL;
}

/* Is each value there that it cannot do without? */
static bool
complete(const struct kind *k, const struct val *v)
{
	static const char *const refresh[] = { "client_id", "refresh_token",
		NULL }, *const client[] = { "client_id", "client_secret",
		NULL }, *const assertion[] = { "key", NULL };
	const char *grant = shape_get(v, "grant");

	if (v->type == JSON_NULL)
		return false;
	for (size_t i = 0; v->type == JSON_ARRAY && i < v->n; i++)
		if (v->items[i]->type == JSON_NULL)
			return false;
	if (v->type == JSON_ARRAY)
		return v->n > (k->read == read_basic);
	if (!has_all(v, k->needs))
		return false;
	if (k->read != read_oauth || grant == NULL)
		return true;
	return has_all(v, streq(grant, "refresh_token") ? refresh :
	    streq(grant, "jwt-bearer") ? assertion : client);
}

/* Takes v if it is complete; 1: it is not. */
static int
take(struct auth *a, const struct val *v, struct err *e)
{
	const struct kind *k;

	if (kind_of(v, &k, e) < 0)
		return -1;
	if (k == NULL || !complete(k, val_get(v, k->name)))
		return 1;
	return k->read(a, val_get(v, k->name), e);
}

static int
read_auth(struct auth *a, struct err *e)
{
	const struct val *v = a->o->auth;
	int r = 1;

	if (v == NULL)
		return 0;
	if (v->type != JSON_ARRAY)
		r = take(a, v, e);
	for (size_t i = 0; v->type == JSON_ARRAY && i < v->n && r == 1; i++)
		r = take(a, v->items[i], e);
	if (r != 1)
		return r;
	return err_set(e, ST_USAGE, "auth: values of it are not given%s",
	    v->type == JSON_ARRAY ? ", in any of its ways" : "");
}

static int
check_values(const struct auth *a, struct err *e)
{
	for (size_t i = 0; i < a->n; i++)
		if (http_field_check(a->header, a->tokens[i].value, e) < 0)
			return -1;
	return 0;
}

int
auth_open(struct auth **out, const struct fetch_options *o, struct retry *r,
    struct err *e)
{
	struct auth *a = xcalloc(1, sizeof *a);

	a->o = o;
	*out = a;
	if (issuer_open(&a->issuer, o, r, e) == 0 && read_auth(a, e) == 0 &&
	    check_values(a, e) == 0)
		return 0;
	auth_close(a);
	*out = NULL;
	return -1;
}

static void
forget(struct token *t)
{
	if (t->value != NULL)
		explicit_bzero(t->value, strlen(t->value));
	free(t->value);
}

void
auth_close(struct auth *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->n; i++)
		forget(&a->tokens[i]);
	free(a->tokens);
	oauth_free(a->oauth);
	login_free(a->login);
	issuer_close(&a->issuer);
	free(a);
}

const struct sigv4_keys *
auth_aws(const struct auth *a)
{
	return a->signs ? &a->aws : NULL;
}

bool
auth_secret(const struct auth *a)
{
	return a->signs || a->header != NULL;
}

size_t
auth_tokens(const struct auth *a)
{
	return a->n;
}

/* ---- what must be asked for ---- */

static bool
asks(const struct auth *a)
{
	return a->oauth != NULL || a->login != NULL;
}

bool
auth_ready(const struct auth *a)
{
	return !asks(a) || (a->n > 0 &&
	    (a->until == 0 || clock_mono() < a->until));
}

/* The access token of "Bearer TOKEN". */
static const char *
bare(const struct auth *a)
{
	return a->n > 0 ? a->tokens[0].value + strlen("Bearer ") : NULL;
}

static char *
obtain(struct auth *a, bool refused, double *seconds, struct err *e)
{
	char *token, *value;

	if (a->login != NULL)
		return login_value(a->login, seconds, e);
	token = oauth_token(a->oauth, refused ? bare(a) : NULL, seconds, e);
	if (token == NULL)
		return NULL;
	value = xasprintf("Bearer %s", token);
	explicit_bzero(token, strlen(token));
	free(token);
	return value;
}

static int
renew(struct auth *a, bool refused, struct err *e)
{
	double asked = clock_mono(), seconds = 0;
	char *value = obtain(a, refused, &seconds, e);
	struct err why;

	if (value == NULL)
		return -1;
	if (http_field_check(a->header, value, &why) < 0) {
		free(value);
		return err_set(e, ST_PERSON, "the server's token: %s",
		    why.text);
	}
	for (size_t i = 0; i < a->n; i++)
		forget(&a->tokens[i]);
	a->n = 0;
	add(a, value);
	a->until = seconds > 0 ? asked + seconds -
	    fmin(early, share * seconds) : 0;
	a->renewal++;
	return 0;
}

int
auth_prepare(struct auth *a, struct err *e)
{
	return auth_ready(a) ? 0 : renew(a, false, e);
}

int
auth_renew(struct auth *a, unsigned renewal, bool *renewed, struct err *e)
{
	*renewed = false;
	if (!asks(a))
		return 0;
	*renewed = true;
	return renewal != a->renewal ? 0 : renew(a, true, e);
}

/* ---- use ---- */

void
auth_apply(struct auth *a, struct job *j)
{
	double now = clock_mono();

	job_bare(j);
	if (a->n == 0)
		return;
	for (size_t i = 0; i < a->n && a->tokens[a->at].free_at > now; i++)
		a->at = (a->at + 1) % a->n;
	j->token = a->at;
	j->renewal = a->renewal;
	job_credentials(j, a->header, a->tokens[a->at].value);
}

bool
auth_limit(struct auth *a, const struct job *j, double until, double *free_at)
{
	double now = clock_mono();
	bool another = false;

	*free_at = until;
	if (a->n < 2 || j->token >= a->n)
		return false;
	a->tokens[j->token].free_at = fmax(a->tokens[j->token].free_at, until);
	*free_at = a->tokens[j->token].free_at;
	for (size_t i = 0; i < a->n; i++) {
		another = another || a->tokens[i].free_at <= now;
		*free_at = fmin(*free_at, a->tokens[i].free_at);
	}
	return another;
}

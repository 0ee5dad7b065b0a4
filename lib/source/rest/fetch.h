/* SPDX-License-Identifier: MIT */
/*
 * Requests of a connector, one after the other, with its credentials, within
 * its rate, and never to another origin (scheme, host, port) than its own.
 *
 * Requests that are foreseen may be made ahead (fetch_ahead). That is a guess:
 * fetch_get of the same request takes its reply, and a wrong guess costs one
 * request and nothing else. A guess that did not go well is forgotten.
 *
 * What a server says of its limits (Retry-After, RateLimit-Reset and so on) is
 * obeyed before the next request, whoever makes it.
 */
#ifndef CONN_SOURCE_REST_FETCH_H
#define CONN_SOURCE_REST_FETCH_H

#include "json/val.h"
#include "net/http.h"

enum {
	FETCH_TRIES = 6,                /* of one request */
	FETCH_RETRY = 600,              /* seconds, if nothing else is said */
	FETCH_REDIRECTS = 5,
	FETCH_REPLY_MAX = 256 << 20     /* bytes of a reply, decoded */
};

struct fetch;

/* A jq program's first result of a JSON text, added to out. -1 with e. */
typedef int fetch_jq(void *ctx, const char *program, struct span in,
    struct buf *out, struct err *e);

/* All that it points to outlives the fetch. Zero or NULL: the default. */
struct fetch_options {
	const char *url;        /* its origin is the connector's */
	/* What the key `auth` says, texts in it evaluated (not `login.token`,
	 * which is jq): an object, or a list of which the first is taken that
	 * lacks no value. {none: true} lacks none; {} does. NULL: no
	 * credentials. */
	const struct val *auth;
	bool secrets;           /* there are others, in headers or queries */
	bool allow_http;        /* secrets may go over http to any host */
	const char *rate;       /* "3/s", "900/15m", "10"; NULL: no limit */
	unsigned parallel;      /* requests under way at once; 0: 1 */
	bool alone;             /* nothing is asked ahead */
	double retry;           /* seconds of trouble of a request; 0: none */
	double wait;            /* least seconds before the next try, after an
	                           answer below 500 that does not say */
	double total;           /* seconds for one request; 0: HTTP_TOTAL */
	size_t reply_max;       /* 0: FETCH_REPLY_MAX */
	const char *ca, *cert, *key;    /* files, as for http_open */
	/* Where a token that the server replaces is kept; NULL: nowhere, and
	 * `oauth` with a refresh_token is refused. */
	const char *token;
	fetch_jq *jq;           /* for the key `token` of `login` */
	void *jq_ctx;
};

struct fetch_request {
	const char *method, *url;       /* absolute: fetch_resolve */
	const struct http_field *fields;
	size_t n;
	const char *type;       /* media type of body; NULL: no body */
	struct span body;
};

/* Zero-initialised is ready, and may be used again and again. */
struct fetch_reply {
	enum http_fault fault;
	int status;
	char type[64];          /* media type, lower case, no parameters */
	char charset[32];       /* lower case; "": not told */
	char *url;              /* that answered, after redirects */
	struct buf body;        /* decoded; zeroes follow it (buf_pad) */
	struct buf headers;     /* JSON object; names in lower case, without
	                           Set-Cookie, several of a name joined by
	                           ", " */
	struct buf links;       /* JSON object: rel of Link -> absolute URL */
	time_t date;            /* the server's clock; 0: not told */
	double wait;            /* seconds that the server asks for; 0: none */
	bool limited;           /* 429, or 403 for a limit that is reached */
	unsigned renewal;       /* of the credentials it was asked with */
	struct err err;         /* of a fault */
};
void fetch_reply_release(struct fetch_reply *r);

/* Status 2: options that are wrong, as "auth.oauth.url: WHAT"; 3: a token file
 * that cannot be read. Nothing is sent yet. */
int fetch_open(struct fetch **out, const struct fetch_options *o,
    struct err *e);
void fetch_close(struct fetch *f);      /* NULL is fine */

/* ref as a reference in base (NULL: the connector's url): absolute, malloc'd.
 * NULL with e: no URL (3), or of another origin (3). */
char *fetch_resolve(const struct fetch *f, const char *base, const char *ref,
    struct err *e);

/* Foresees a request; everything is copied. */
void fetch_ahead(struct fetch *f, const struct fetch_request *rq);
/* Carries on with what is under way, without waiting: for who works long
 * between two requests. */
void fetch_tick(struct fetch *f);
/* 0: answered, with any status. -1: e is set, and r->fault is not
 * HTTP_ANSWERED; another try may help if e.status is 75.
 * A redirect is followed to the same origin, for GET. After a 401 the
 * credentials are renewed once; on a limit a list's next token is taken. */
int fetch_get(struct fetch *f, const struct fetch_request *rq,
    struct fetch_reply *r, struct err *e);
/* After a fetch_get that did not bring what it should: waits as the server
 * asks, else about 1 s, doubled each time. Then the same fetch_get again.
 * false, at once: tries or time are used up, a stop signal came, or another
 * try is of no use. A fetch_get without it begins anew. */
bool fetch_again(struct fetch *f, const struct fetch_reply *r);
/* A reply that refuses the credentials, though not by its status: *renewed:
 * there are others now, for the same fetch_get again. -1: e. */
int fetch_renew(struct fetch *f, const struct fetch_reply *r, bool *renewed,
    struct err *e);

#endif

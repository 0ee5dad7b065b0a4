/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 over libcurl, which nothing outside lib/net sees. A session has
 * any number of requests under way at once, each on a connection of its own
 * that the next request goes on with.
 *
 * Never: a redirect followed, .netrc read, a certificate accepted that does
 * not verify, a user in a URL, a control byte in a header. Secrets travel in
 * headers only. Messages name a URL without its query. Proxies are libcurl's
 * affair (HTTPS_PROXY and so on).
 *
 * A stop signal lets the request under way finish for HTTP_GRACE seconds;
 * requests after it share what is left of them.
 */
#ifndef CONN_NET_HTTP_H
#define CONN_NET_HTTP_H

#include "base/buf.h"
#include "base/msg.h"
#include "net/sigv4.h"

enum {
	HTTP_CONNECT = 10,      /* seconds to connect, TLS included */
	HTTP_TOTAL = 300,       /* for one request; a server may be silent
	                           for all of it, as long as it works on it */
	HTTP_LIFETIME = 600,    /* of a connection: then a new one is made */
	HTTP_GRACE = 30,        /* after a stop signal */
	HTTP_HEAD_MAX = 256 << 10       /* bytes of a reply's headers */
};

struct http;

/* A coding of replies, which only who asks for it links. */
struct http_coding;
extern const struct http_coding http_gzip;

struct http_options {
	/* Files; NULL: none. Without ca SSL_CERT_FILE, else the system's. */
	const char *ca, *cert, *key;
	/* Every request is signed with these, which must outlive the session;
	 * NULL: none is. */
	const struct sigv4_keys *aws;
	double total;           /* seconds for one request; 0: HTTP_TOTAL */
	size_t reply_max;       /* bytes of a reply's body, as it is given */
	/* Replies may come so, and it is undone; NULL: they may not. */
	const struct http_coding *coding;
	bool headers;           /* replies keep theirs */
	bool show;              /* detail: the beginning of each reply */
};

struct http_field {
	const char *name, *value;
};

struct http_request {
	const char *method, *url;
	/* Each replaces a header of the session of its name; http_field_check
	 * found nothing wrong with it. An empty value: none of that name. */
	const struct http_field *fields;
	size_t n;
	const char *type;       /* media type of body; NULL: no body */
	struct span body;
	bool gzipped;           /* body is, say so */
};

enum http_fault {
	HTTP_ANSWERED,          /* see status */
	HTTP_DOWN,      /* no connection, reset: it may have arrived */
	HTTP_LATE,      /* no answer in time: the same */
	HTTP_CUT,       /* the reply, or its coding, broke off or is damaged */
	HTTP_LARGE,     /* the reply is longer than reply_max, or its head
	                   than HTTP_HEAD_MAX */
	HTTP_BROKEN     /* TLS, a URL, a head or a coding that must not be:
	                   the same again is of no use */
};

/* Zero-initialised is ready, and may be used again and again. */
struct http_reply {
	enum http_fault fault;
	int status;
	char type[64];          /* media type, lower case, no parameters */
	double retry_after;     /* seconds, by the server's clock if it tells
	                           a time; 0: none given */
	time_t date;            /* the server's clock; 0: not told */
	struct buf headers;     /* "NAME\0VALUE\0" each, names in lower case */
	double seconds;         /* from its start to its end */
	struct buf body;        /* zeroes follow it (buf_pad) */
	struct err err;         /* of what was not answered: "URL: WHAT", status
	                           75, or 3 for HTTP_BROKEN and HTTP_LARGE */
};
void http_reply_release(struct http_reply *r);

int http_open(struct http **out, const struct http_options *o, struct err *e);
void http_close(struct http *h);        /* NULL is fine */
/* A name that is no token, or control bytes in the value: status 2. */
int http_field_check(const char *name, const char *value, struct err *e);
/* A header of every request, checked so. */
int http_header(struct http *h, const char *name, const char *value,
    struct err *e);
/* Authorization: Basic, registered with msg_secret as it is sent. */
int http_basic(struct http *h, const char *user, const char *password,
    struct err *e);

/* The server's clock less ours, for signatures. */
void http_clock(struct http *h, time_t skew);

/* Starts a request. The URL, the body and r belong to it until http_done gives
 * r, or the session is closed. */
void http_start(struct http *h, const struct http_request *rq,
    struct http_reply *r);
/* Carries on with all that was started until one is done, which is returned;
 * NULL: none is under way; or fd (-1: none) can be read; or ms went by (-1:
 * any time; 0: only what can be done at once). */
struct http_reply *http_done(struct http *h, int fd, int ms);

/* One request from start to end, while no other is under way. 0: r->status is
 * there. -1: r->fault says what class of failure, e is r->err. */
int http_send(struct http *h, const struct http_request *rq,
    struct http_reply *r, struct err *e);

/* The value of a reply's header (name in lower case), the first of several;
 * NULL: none. */
const char *http_reply_header(const struct http_reply *r, const char *name);
/* One after the other, from *at 0 on; false: no more. */
bool http_reply_next(const struct http_reply *r, size_t *at,
    struct http_field *out);
/* A time as HTTP writes it; 0: it is none. */
time_t http_date(const char *s);

/* Adds s for a path segment or a query value: all but unreserved as %XX. */
void http_escape(struct buf *out, struct span s);
/* "libcurl/7.88.1 OpenSSL/3.0.19 zlib/1.2.13 ..." */
const char *http_version(void);
/* The length of a URL without its query and fragment. */
size_t http_place(const char *url);

#endif

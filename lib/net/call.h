/* SPDX-License-Identifier: MIT */
/*
 * What http.c and call.c share; private to them.
 *
 *   http.c   the session: its headers, its credentials
 *   call.c   its requests, from start to end
 *   head.c   the headers of requests and replies
 *   coding.c replies that come as gzip
 */
#ifndef CONN_NET_CALL_H
#define CONN_NET_CALL_H

#include <curl/curl.h>
#include <stdint.h>

#include "net/http.h"

enum coding { CODING_NONE, CODING_ASKED, CODING_OTHER };

struct call;
struct gunzip;

struct http_coding {
	/* A piece of the body. false: c->large, or c->damage says what. */
	bool (*take)(struct call *c, struct span in);
	void (*release)(struct gunzip *g);      /* NULL is fine */
};

enum { NO_CONTENT = 204 };

/* A request under way, or an easy handle that waits for the next one. */
struct call {
	struct call *next;
	struct http *session;
	CURL *easy;
	struct curl_slist *headers;
	struct http_request rq;
	struct http_reply *reply;
	double began;
	bool large;
	bool strange;           /* the reply's head is no right one */
	bool headed;            /* the head of the reply is whole, */
	bool interim;           /* but another one follows */
	bool sized;             /* it had a Content-Length */
	uint64_t size;
	size_t head;            /* its bytes so far */
	enum coding coding;     /* of the body */
	struct gunzip *gunzip;  /* NULL: there was no use for it yet */
	bool begun, ended;      /* what is coded */
	const char *damage;     /* what is wrong with that */
	bool unasked;           /* there is a body, but CODING_OTHER */
	char error[CURL_ERROR_SIZE];
};

struct http {
	CURLM *multi;
	struct curl_slist *headers;
	struct http_options options;
	struct call *active, *idle;
	struct call *done, **last;      /* in the order they ended */
	time_t skew;            /* http_clock */
	long lifetime;          /* of a connection, in seconds */
	double grace_end;       /* 0: no stop signal seen */
};

/* An empty value takes the header out of what libcurl sends by itself. */
void http_append(struct curl_slist **list, const char *name,
    const char *value);
long call_status(const struct call *c);
/* Is the line of its head none that it may have? */
bool call_is_strange(struct call *c, struct span line);
/* What the head that is there says of the body. */
enum coding call_coding(const struct call *c);
/* The value of a reply's header, the first of several; NULL: none. */
const char *call_header(const struct call *c, const char *name);
/* Those of a request that is about to start, into c->headers. */
void call_put_headers(struct call *c);
/* What the reply's headers say, into c->reply. */
void call_read_headers(struct call *c);
/* Of a whole list of them. */
void call_free(struct call *c);

#endif

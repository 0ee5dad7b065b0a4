/* SPDX-License-Identifier: MIT */
/* Requests for credentials: apart from all others, since their replies are
 * never shown, and with retries of their own. */
#ifndef CONN_SOURCE_REST_ASK_H
#define CONN_SOURCE_REST_ASK_H

#include "net/http.h"
#include "net/retry.h"
#include "source/rest/fetch.h"

struct ask {
	struct http *http;
	struct retry *retry;    /* the run's */
};

int ask_open(struct ask *a, const struct fetch_options *o, struct retry *r,
    struct err *e);
void ask_close(struct ask *a);
/* 0: answered, and not with what passes by itself (429, 5xx). -1: e, status 75
 * or 3. */
int ask_send(struct ask *a, const struct http_request *rq,
    struct http_reply *r, struct err *e);

/* "URL: refused with 400: invalid_grant: DESCRIPTION", status 3, from what the
 * server says of it, if it does. */
int ask_refused(const struct http_request *rq, const struct http_reply *r,
    struct err *e);

/* Adds NAME=VALUE to a form; nothing if value is NULL. */
void ask_form(struct buf *form, const char *name, const char *value);
/* "Basic ..." of these two, malloc'd. */
char *ask_basic(const char *user, const char *password);
/* Messages show it no more, as it is and as URLs, JSON and Basic have it. */
void ask_hide(const char *secret);

#endif

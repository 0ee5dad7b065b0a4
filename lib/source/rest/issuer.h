/* SPDX-License-Identifier: MIT */
/* Requests for credentials: apart from all others, since their replies are
 * never shown, and with retries of their own. */
#ifndef CONN_SOURCE_REST_ISSUER_H
#define CONN_SOURCE_REST_ISSUER_H

#include "net/http.h"
#include "net/retry.h"
#include "source/rest/fetch.h"

struct issuer {
	struct http *http;
	struct retry *retry;    /* the run's */
};

int issuer_open(struct issuer *s, const struct fetch_options *o,
    struct retry *r, struct err *e);
void issuer_close(struct issuer *s);
/* 0: answered, and not with what passes by itself (429, 5xx). -1: e, status 75
 * or 3. */
int issuer_send(struct issuer *s, const struct http_request *rq,
    struct http_reply *r, struct err *e);

/* "URL: refused with 400: invalid_grant: DESCRIPTION", status 3, from what the
 * server says of it, if it does. Returns -1. */
int issuer_refused(const struct http_request *rq, const struct http_reply *r,
    struct err *e);

/* Adds NAME=VALUE to a form; nothing if value is NULL. */
void issuer_form(struct buf *form, const char *name, const char *value);
/* "Basic ..." of these two, malloc'd. */
char *issuer_basic(const char *user, const char *password);

#endif

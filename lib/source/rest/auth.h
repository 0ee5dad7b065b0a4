/* SPDX-License-Identifier: MIT */
/*
 * The credentials of a connector's requests: fixed ones, a list of tokens of
 * which one is used until its limit is reached, or such as must be asked for
 * and end some time. For fetch.c alone. Times are those of clock_mono.
 */
#ifndef CONN_SOURCE_REST_AUTH_H
#define CONN_SOURCE_REST_AUTH_H

#include "net/retry.h"
#include "source/rest/job.h"

struct auth;

/* o and r outlive it. Takes the first of o->auth that lacks no value. -1: e,
 * status 2. */
int auth_open(struct auth **out, const struct fetch_options *o,
    struct retry *r, struct err *e);
void auth_close(struct auth *a);        /* NULL is fine */
/* Keys for each request's signature; NULL: they are not signed. */
const struct sigv4_keys *auth_aws(const struct auth *a);

/* Does it send anything that others must not see? */
bool auth_secret(const struct auth *a);

size_t auth_tokens(const struct auth *a);       /* how many there are */

/* Are there credentials, without asking for some? */
bool auth_ready(const struct auth *a);
/* Sees to it that there are. */
int auth_prepare(struct auth *a, struct err *e);
/* Gives them to a request that is about to start. */
void auth_apply(struct auth *a, struct job *j);
/* A request with the credentials of that renewal was refused: are there others
 * now that it may be sent with? *renewed: there were new ones for it already,
 * or are from now on. -1: e. */
int auth_renew(struct auth *a, unsigned renewal, bool *renewed,
    struct err *e);
/* The token that a request was sent with is at its limit until then. true:
 * another one is free. false: all are; they are blocked until *free_at. */
bool auth_limit(struct auth *a, const struct job *j, double until,
    double *free_at);

#endif

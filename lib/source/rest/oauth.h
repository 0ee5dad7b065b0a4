/* SPDX-License-Identifier: MIT */
/*
 * Access tokens of an OAuth 2 server (RFC 6749).
 *
 *   refresh_token       the config's token buys the first; a token that the
 *                       server gives in its place is on disk, under a lock,
 *                       before anything is done with what came with it
 *   client_credentials
 *   jwt-bearer          RFC 7523, signed with RS256
 *
 * A process that dies between the server's reply and the end of the write
 * leaves a token that the server takes no more: a person must authorise anew.
 */
#ifndef CONN_SOURCE_REST_OAUTH_H
#define CONN_SOURCE_REST_OAUTH_H

#include "source/rest/issuer.h"

struct oauth;

/* v is the value of the key `oauth`; o and issuer outlive it. -1: e, status
 * 2. */
int oauth_open(struct oauth **out, const struct val *v,
    const struct fetch_options *o, struct issuer *issuer, struct err *e);
void oauth_free(struct oauth *o);       /* NULL is fine */
/* A token, malloc'd, and how many seconds it may be used (0: not told).
 * refused: one that is taken no more; NULL: none. NULL with e. */
char *oauth_token(struct oauth *o, const char *refused, double *seconds,
    struct err *e);

#endif

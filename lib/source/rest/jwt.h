/* SPDX-License-Identifier: MIT */
/* Signed assertions for the grant jwt-bearer (RFC 7523), with RS256. */
#ifndef CONN_SOURCE_REST_JWT_H
#define CONN_SOURCE_REST_JWT_H

#include <time.h>

#include "base/mem.h"
#include "base/msg.h"

enum { JWT_SECONDS = 60 };      /* an assertion lasts; some take no more */

struct jwt_key;

/* What is claimed; NULL: not. */
struct jwt_claims {
	const char *issuer, *subject, *audience, *scope;
	const char *key_id;     /* of the header */
};

/* text: a PEM private key of RSA, also with "\n" written out or its line
 * breaks lost, or the JSON of a service account, which fills in what claims
 * and url lack (texts in the arena). -1: err without a place. */
int jwt_key_read(struct jwt_key **out, struct arena *a, const char *text,
    struct jwt_claims *claims, const char **url, struct err *e);
void jwt_key_free(struct jwt_key *k);   /* NULL is fine */
/* malloc'd. */
char *jwt_sign(const struct jwt_key *k, const struct jwt_claims *c,
    time_t now);

#endif

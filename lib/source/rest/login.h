/* SPDX-License-Identifier: MIT */
/*
 * A login as products have it that know no OAuth: a POST gives a token, which
 * each request then carries, or cookies.
 */
#ifndef CONN_SOURCE_REST_LOGIN_H
#define CONN_SOURCE_REST_LOGIN_H

#include "source/rest/issuer.h"

struct login;

/* v is the value of the key `login`; all outlives it. -1: e, status 2. */
int login_open(struct login **out, const struct val *v,
    const struct fetch_options *o, struct issuer *issuer, struct err *e);
void login_free(struct login *l);       /* NULL is fine */
/* The header that requests carry. */
const char *login_header(const struct login *l);
/* Its value after a new login, malloc'd, and how many seconds it lasts (0: not
 * told). NULL with e. */
char *login_value(struct login *l, double *seconds, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* The streams of a connector; private to connector.c. */
#ifndef CONN_SOURCE_REST_DEFINITION_H
#define CONN_SOURCE_REST_DEFINITION_H

#include "source/rest/connector.h"

/* Fills in c->sub, c->v and c->n. */
int definition_read(struct connector *c, const struct request *rq,
    struct err *e);
/* "streams.NAME.KEY", cut where it is too long. */
enum { DEFINITION_KEY = 200 };
void definition_key(char out[DEFINITION_KEY], const char *name,
    const char *key);

#endif

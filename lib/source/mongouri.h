/* SPDX-License-Identifier: MIT */
/* The settings of a connection to MongoDB. */
#ifndef CONN_SOURCE_MONGOURI_H
#define CONN_SOURCE_MONGOURI_H

#include <mongoc/mongoc.h>

#include "source/source.h"

/* url, user, password; NULL: status 2. */
mongoc_uri_t *mongouri_new(const struct request *rq, struct err *e);
/* ca, cert, key. *pem: a descriptor to be closed with the client, or as it
 * was. */
int mongouri_certificates(mongoc_client_t *client, const struct request *rq,
    int *pem, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* Connecting to a server of a SQL source. */
#ifndef CONN_SOURCE_SQLCONNECT_H
#define CONN_SOURCE_SQLCONNECT_H

#include "source/source.h"

/* What the key retry says, in seconds; 10 minutes without it. */
int sqlconnect_retry(const struct request *rq, double *out, struct err *e);
/* Calls attempt again and again, for as long as retry says and its failure is
 * one that passes (75); e is clear after a success. */
int sqlconnect(const struct request *rq, int (*attempt)(void *ctx,
    const struct request *rq, struct err *e), void *ctx, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* What is wrong with a database's grants, keys and indexes. */
#ifndef CONN_SOURCE_PGCHECK_H
#define CONN_SOURCE_PGCHECK_H

#include "source/pgstream.h"

/* Writes check lines on a stream that was looked at. */
int pgcheck_stream(const struct pgstream *p, struct pgconn *g, struct err *e);
/* One on what the role cannot see of others' transactions. */
int pgcheck_activity(struct pgconn *g, struct err *e);

#endif

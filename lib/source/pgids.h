/* SPDX-License-Identifier: MIT */
/* Rows by their ids. */
#ifndef CONN_SOURCE_PGIDS_H
#define CONN_SOURCE_PGIDS_H

#include "source/pgstream.h"

/* Narrows the statement of a stream that was looked at to the rows with these
 * ids, by columns that an index can find; all others of a query or a type that
 * cannot be compared come too. false: none of them can be of this stream. */
bool pgids_only(struct pgstream *p, const struct pgconn *g,
    const struct val *ids);

#endif

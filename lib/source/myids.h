/* SPDX-License-Identifier: MIT */
/* Rows by their ids. */
#ifndef CONN_SOURCE_MYIDS_H
#define CONN_SOURCE_MYIDS_H

#include "source/mystream.h"

/* Writes the rows with these ids, which the primary key finds; all of a query,
 * a view or a table whose key cannot be asked for. */
int myids_read(struct mystream *p, struct myconn *g,
    const struct mypart *part, const struct val *ids, struct err *e);

#endif

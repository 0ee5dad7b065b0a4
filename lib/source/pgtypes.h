/* SPDX-License-Identifier: MIT */
/* The types of a database, looked up once each. */
#ifndef CONN_SOURCE_PGTYPES_H
#define CONN_SOURCE_PGTYPES_H

#include "source/pgconn.h"
#include "source/pgvalue.h"

struct pgtypes {
	struct pgtype **v;
	size_t n, cap;
};

/* What a domain is made of, for one; a type that is gone is text. NULL: e. The
 * type lives as long as the table. */
const struct pgtype *pgtypes_get(struct pgtypes *t, struct pgconn *g, Oid oid,
    struct err *e);
void pgtypes_release(struct pgtypes *t);

#endif

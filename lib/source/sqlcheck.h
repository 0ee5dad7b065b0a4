/* SPDX-License-Identifier: MIT */
/* What the verb check of a SQL source looks at, beside the settings. */
#ifndef CONN_SOURCE_SQLCHECK_H
#define CONN_SOURCE_SQLCHECK_H

#include "base/hash.h"
#include "source/sqlrows.h"

/* Says it of the stream; releases the message. */
void sqlcheck_say(const struct sqltable *t, bool good, struct buf *message);

/* Warns of the tables that are not read for want of a primary key. */
void sqlcheck_bare(const char *const *names, size_t n);

/* The rules whose field some stream has; zero-initialized. */
struct sqlcheck {
	bool *known;            /* of each rule of the request */
};

/* Looks for the fields of the rules among the columns of one more stream. */
void sqlcheck_fields(struct sqlcheck *c, const struct request *rq,
    const struct sqltable *t);
/* A warning for each rule whose field no stream has, if all were looked at;
 * releases. */
void sqlcheck_report(struct sqlcheck *c, const struct request *rq, bool all);

/* The ids of as many rows as can be looked at in two seconds. */
struct sqlids {
	struct h128 *v;
	size_t n, cap;
	double until;
};

/* The row that r is at. 1: go on; 0: time is up; -1: its id is NULL, said. */
int sqlids_add(struct sqlids *ids, struct sqlrows *r);
/* Says whether an id came twice, or that not all were looked at where nothing
 * (a primary key) promises it; releases. */
void sqlids_report(struct sqlids *ids, const struct sqltable *t, bool all);

#endif

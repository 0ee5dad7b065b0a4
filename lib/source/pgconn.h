/* SPDX-License-Identifier: MIT */
/* A connection to PostgreSQL, and one transaction in which all is read. */
#ifndef CONN_SOURCE_PGCONN_H
#define CONN_SOURCE_PGCONN_H

#include <libpq-fe.h>

#include "source/source.h"

enum { PG_STATE_LEN = 5 };

struct pgconn {
	PGconn *c;
	const char *schema;
	bool policies;          /* rows that they hide are left out */
	bool standby;
	int lock_ms;            /* how long to wait for a lock */
	char zone[128];         /* of the role, before we set UTC */
	/* of the last failure; "" if the server did not give one */
	char sqlstate[PG_STATE_LEN + 1];
};

/* Connects as source says, again and again for as long as its retry says. */
int pgconn_open(struct pgconn *g, const struct request *rq, struct err *e);
/* Begins a transaction that can only read and gives the text forms that
 * pgvalue.h knows; its snapshot is taken by the next statement. Nothing of it
 * stays in the session. */
int pgconn_begin(struct pgconn *g, struct err *e);
void pgconn_close(struct pgconn *g);

/* One statement of our own; params are texts. NULL, with e: see
 * pgconn_failed. */
PGresult *pgconn_query(struct pgconn *g, struct err *e, const char *sql,
    int nparams, const char *const *params);
/* One that gives nothing that matters. */
int pgconn_run(struct pgconn *g, const char *sql, struct err *e);
/* err_set with what the server says (r may be NULL: what libpq says): 75 for
 * what passes by itself, else 3; keeps the SQLSTATE. what: the place, or NULL.
 */
int pgconn_failed(struct pgconn *g, const PGresult *r, const char *what,
    struct err *e);

/* Is it that SQLSTATE, or, with two characters, that class? */
bool pgconn_is(const struct pgconn *g, const char *sqlstate);

#endif

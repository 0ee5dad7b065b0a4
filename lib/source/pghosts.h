/* SPDX-License-Identifier: MIT */
/* The hosts that a URL names, without those that did not answer. */
#ifndef CONN_SOURCE_PGHOSTS_H
#define CONN_SOURCE_PGHOSTS_H

#include <libpq-fe.h>
#include <stdbool.h>

enum pglist { PG_HOST, PG_HOSTADDR, PG_PORT, PG_LISTS };

struct pghosts {
	char *list[PG_LISTS];   /* as libpq has them; NULL: what the URL says */
};

extern const char *const pghosts_keys[PG_LISTS];

/* Takes out the host that this connection waits for. false: there is no other
 * one. */
bool pghosts_drop(struct pghosts *h, PGconn *c);
void pghosts_release(struct pghosts *h);

/* How long a host may take to answer, in seconds: connect_timeout. */
double pghosts_patience(PGconn *c);

#endif

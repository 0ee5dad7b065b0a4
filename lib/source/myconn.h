/* SPDX-License-Identifier: MIT */
/* A connection to MySQL or MariaDB, and one transaction in which all is read.
 */
#ifndef CONN_SOURCE_MYCONN_H
#define CONN_SOURCE_MYCONN_H

#include <mysql.h>

#include "base/mem.h"
#include "source/myurl.h"

struct myconn {
	MYSQL *c;
	struct arena arena;
	struct myurl url;
	char zone[128];         /* of the session, before we set UTC */
	/* of the last failure */
	unsigned code;
	char sqlstate[6];
};

/* Connects as source says, again and again for as long as its retry says, and
 * makes the session one that can only read and gives the text forms that
 * myvalue.h knows. Close in any case. */
int myconn_open(struct myconn *g, const struct request *rq, struct err *e);
void myconn_close(struct myconn *g);

/* One statement whose result is small; NULL, with e: see myconn_failed. */
MYSQL_RES *myconn_query(struct myconn *g, const char *sql, struct err *e);
/* One that gives nothing. */
int myconn_run(struct myconn *g, const char *sql, struct err *e);
/* err_set with what the server or the library says: 75 for what passes by
 * itself, else 3; keeps the code. what: the place, or NULL. */
int myconn_failed(struct myconn *g, const char *what, struct err *e);

/* Was the last failure one of these? Codes end with 0. */
bool myconn_is(const struct myconn *g, const unsigned *codes);
/* Was it that this account may not do it? */
bool myconn_denied(const struct myconn *g);

/* Adds the text in quotes. */
void myconn_put_text(struct buf *sql, struct myconn *g, struct span text);

#endif

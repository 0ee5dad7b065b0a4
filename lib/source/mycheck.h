/* SPDX-License-Identifier: MIT */
/* What the verb check tells of a MySQL database. */
#ifndef CONN_SOURCE_MYCHECK_H
#define CONN_SOURCE_MYCHECK_H

#include "source/myposition.h"

/* Grants, the timestamp's index, the engine, ids. */
int mycheck_stream(struct mystream *p, struct myconn *g, struct err *e);
/* This account sees only some tables of the database. */
void mycheck_database(struct myconn *g, const char *why);
/* It does not see what others' transactions are open. */
void mycheck_activity(struct myconn *g);

#endif

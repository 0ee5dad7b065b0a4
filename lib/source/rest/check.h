/* SPDX-License-Identifier: MIT */
/* The verbs check and discover. */
#ifndef CONN_SOURCE_REST_CHECK_H
#define CONN_SOURCE_REST_CHECK_H

#include "source/rest/run.h"

/* One page of each stream as a poll reads it; its ids have to be among those
 * that slim lists. Writes check lines; 0 although one is bad. */
int check_all(struct run *r, struct err *e);
/* The fields of the documents of each stream's first page. */
int check_discover(struct run *r, struct err *e);

#endif

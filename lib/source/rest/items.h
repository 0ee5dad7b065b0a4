/* SPDX-License-Identifier: MIT */
/* The items of an answer, each with what its programs say of it. */
#ifndef CONN_SOURCE_REST_ITEMS_H
#define CONN_SOURCE_REST_ITEMS_H

#include "source/rest/answer.h"

struct slot {
	bool wrong;             /* its program failed on this item */
	struct span value;      /* JSON; n 0: there is no program, or it gave
	                           nothing */
};

struct item {
	struct span json;
	struct slot slots[SLOTS];
};

struct items {
	struct buf text;        /* what the views are of */
	struct buf made;        /* and what libjq gave */
	struct item *v;
	size_t n, cap;
};
void items_free(struct items *t);

/* Of an answer's body (json; empty: no items), which items takes over. */
int items_read(struct run *r, const struct ask *ask, const struct vars *v,
    struct buf *json, struct items *out, struct err *e);

#endif

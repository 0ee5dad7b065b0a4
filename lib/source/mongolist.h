/* SPDX-License-Identifier: MIT */
/* The collections of the database, by name. */
#ifndef CONN_SOURCE_MONGOLIST_H
#define CONN_SOURCE_MONGOLIST_H

#include "source/mongoconn.h"

struct mongoentry {
	char *name;
	char *uuid;             /* NULL: not told */
	bool plain;             /* a collection with an index of _id */
	bool view;
};

struct mongolist {
	struct mongoentry *v;
	size_t n, cap;
	bool partial;           /* only those that we may read are told */
};

/* Release in any case. Collections of the server's own are not listed. */
int mongolist_read(struct mongolist *l, struct mongoconn *g, struct err *e);
const struct mongoentry *mongolist_find(const struct mongolist *l,
    const char *name);
void mongolist_release(struct mongolist *l);

#endif

/* SPDX-License-Identifier: MIT */
/* A collection's change stream, from a place on to where it ends now. */
#ifndef CONN_SOURCE_MONGOCHANGE_H
#define CONN_SOURCE_MONGOCHANGE_H

#include "source/mongoconn.h"

enum mongochange_kind {
	MONGO_WRITTEN,          /* id: of the document, also if it is gone */
	MONGO_OVER              /* the collection is not what it was */
};

struct mongochange {
	struct mongoconn *g;
	const char *collection;
	int64_t cursor;         /* 0: none */
	bson_t reply;           /* the batch */
	bool loaded;
	bson_iter_t batch;
	int empty;              /* batches in a row */
	bson_t *token;          /* behind what was given out; or NULL: */
	uint32_t seconds, count;
	/* what mongochange_next gave; lives until the next call */
	enum mongochange_kind kind;
	bson_iter_t id;
};

/* From a state on, or, if it is NULL, from now on. Close in any case. */
int mongochange_open(struct mongochange *c, struct mongoconn *g,
    const char *collection, const struct val *state, struct err *e);
void mongochange_close(struct mongochange *c);
/* Has a state a place in the stream? */
bool mongochange_knows(const struct val *state);
/* 1: a change; 0: no more for now; -1: e. */
int mongochange_next(struct mongochange *c, struct err *e);
/* Adds the member of a state that tells where it stands. */
void mongochange_place(const struct mongochange *c, struct buf *out);

#endif

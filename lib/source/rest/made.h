/* SPDX-License-Identifier: MIT */
/* Documents of a page: what `with` brings, and `doc`. */
#ifndef CONN_SOURCE_REST_MADE_H
#define CONN_SOURCE_REST_MADE_H

#include "source/rest/emission.h"

/* An item that is to become a document: views of the emission's buffers. */
struct pending {
	struct span json;
	size_t id, nid, time, ntime;
};

/* Writes documents or fails for all of m->v. */
int made_documents(struct emission *m, const struct scope *s, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* Documents of a stream as lines of conn-driver(7). */
#ifndef CONN_SOURCE_MONGOREAD_H
#define CONN_SOURCE_MONGOREAD_H

#include "source/mongoconn.h"
#include "source/mongostream.h"
#include "source/position.h"

enum { MONGO_IDS = 1000 };

/* What a window has of documents whose timestamp is no time. */
enum mongoothers {
	MONGO_LEFT_OUT,
	MONGO_BY_TYPE,          /* all of them */
	MONGO_NOT_TIMES         /* the same, of servers that do not know all
	                           types */
};

/* Which documents, and what of them. */
struct mongopart {
	bool slim;
	struct window w;        /* by the timestamp */
	enum mongoothers others;
	const bson_t *ids;      /* an array of _id; NULL: any */
	bool few;               /* 100, not written, but given to: */
	/* called with each; id is the one that is written */
	void (*seen)(void *ctx, struct span id, const bson_t *document);
	void *ctx;
};

/* Writes a fail for the whole stream if it may not be read, and sets
 * s->unread. */
int mongoread_stream(struct mongoconn *g, struct mongostream *s,
    const struct mongopart *part, struct err *e);
/* That fail. */
void mongoread_refused(const struct mongostream *s);

/* "STREAM/" */
void mongoread_prefix(struct buf *out, const struct mongostream *s);

#endif

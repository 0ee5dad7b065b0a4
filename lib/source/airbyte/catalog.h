/* SPDX-License-Identifier: MIT */
/* The streams that a connector offers, and which of them are read how. */
#ifndef CONN_SOURCE_AIRBYTE_CATALOG_H
#define CONN_SOURCE_AIRBYTE_CATALOG_H

#include "source/source.h"
#include "source/tap/emit.h"

enum { RECORD_HEAD = 512 };     /* longer ones are not remembered */

struct stream {
	const char *name, *ns;  /* as the connector has them; ns NULL: none */
	const char *label;      /* NAME or NS.NAME, as the config has it */
	struct span prefix;     /* of its ids: the label and a / */
	const struct val *offered;
	bool incremental;
	bool deletes;           /* its records may be of deleted ones */
	struct tap_path cursor, timestamp;
	struct tap_paths id;    /* n 0: ids are digests */

	/* while it is read */
	bool started, complete, incomplete;
	uint64_t records, counted;      /* counted: since its last state */
	char doubt[TAP_DOUBT_MAX];  /* why it is not complete whatever it says;
	                           "": no reason */
	int status;             /* of the worst of its errors; 0: none */
	char error[TAP_DOUBT_MAX];
	struct buf position;    /* state.stream as it came last */
	bool final;             /* position says that there is none */
	bool nameless;          /* a record without its id was told */
	char head[RECORD_HEAD]; /* how the line of a record begins */
	size_t nhead;
};

struct catalog {
	struct stream *v;
	size_t n;
	struct stream *last;    /* the one found last; NULL: none */
	size_t strangers;       /* records of streams not asked for */
};

/* Those that the request wants out of the connector's answer. Status 2 if it
 * does not offer one, 3 if the answer is none. */
int catalog_read(struct catalog *k, struct arena *a, const struct request *rq,
    const struct val *answer, struct err *e);
/* What `read` is told. */
void catalog_write(const struct catalog *k, struct arena *a, struct buf *out);
/* Decodes a stream_descriptor, or the stream and namespace of a record. */
struct stream *catalog_named(struct catalog *k, struct span object,
    const char *name, struct buf scratch[2]);
/* Those that did not say COMPLETE may lack something. */
void catalog_doubt(struct catalog *k, const char *fmt, ...) MSG_PRINTF(2, 3);
void stream_doubt(struct stream *s, const char *fmt, ...) MSG_PRINTF(2, 3);
void catalog_release(struct catalog *k);

#endif

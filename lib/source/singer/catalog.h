/* SPDX-License-Identifier: MIT */
/* The streams that a tap offers, and which of them are read how. */
#ifndef CONN_SOURCE_SINGER_CATALOG_H
#define CONN_SOURCE_SINGER_CATALOG_H

#include "source/source.h"
#include "source/tap/emit.h"

enum { SINGER_VERSION_MAX = 40 };

enum singer_method { SINGER_FULL, SINGER_INCREMENTAL, SINGER_LOG };

struct singer_stream {
	const char *label;      /* tap_stream_id, as the config has it */
	const char *name;       /* stream */
	const char *long_name;  /* SCHEMA-stream; NULL: without a schema */
	struct span prefix;     /* of its ids: the label and a / */
	const struct val *offered;
	enum singer_method method;
	struct tap_path key, timestamp; /* key: it is replicated by; n 0:
	                                   none */
	struct tap_paths id;    /* n 0: ids are digests */
	bool own_id;            /* the config has it */

	/* while it is read */
	bool announced;         /* its SCHEMA came */
	bool begun;             /* a STATE told that it is being read */
	bool succeeded;         /* by METRIC sync_duration */
	bool activated;         /* by ACTIVATE_VERSION behind its records */
	bool closed;            /* by a STATE that syncs nothing any more */
	uint64_t records;
	char version[SINGER_VERSION_MAX]; /* of its last record; "": none */
	char doubt[TAP_DOUBT_MAX]; /* why it is not complete whatever it
	                           says; "": no reason */
	bool nameless;          /* a record without its id was told */
};

struct singer_catalog {
	const struct val *offered;      /* the streams of the answer */
	struct singer_stream *v;
	size_t n;
	struct singer_stream *last;     /* the one found last; NULL: none */
	size_t strangers;       /* records of streams not asked for */
};

/* Those that the request wants out of the tap's answer. Status 2 if it does
 * not offer one, 3 if the answer is none. */
int singer_catalog_read(struct singer_catalog *k, struct arena *a,
    const struct request *rq, const struct val *answer, struct err *e);
/* What the tap is told: all that it offers, ours selected. In properties too
 * if the dialect is that of the old --properties. */
void singer_catalog_write(const struct singer_catalog *k, struct arena *a,
    bool properties, struct buf *out);
/* By the name that messages have for it. NULL: not asked for. */
struct singer_stream *singer_catalog_find(struct singer_catalog *k,
    struct span name);
const char *const *singer_catalog_labels(const struct singer_catalog *k,
    struct arena *a);
/* Any of them may lack something. */
void singer_catalog_doubt(struct singer_catalog *k, const char *fmt, ...)
    MSG_PRINTF(2, 3);
void singer_stream_doubt(struct singer_stream *s, const char *fmt, ...)
    MSG_PRINTF(2, 3);
/* The key that a SCHEMA tells: of names, a validated array. */
void singer_stream_key(struct singer_stream *s, struct arena *a,
    struct span names);
void singer_catalog_release(struct singer_catalog *k);

/* ---- metadata ---- */

const char *singer_method_text(enum singer_method m);

#endif

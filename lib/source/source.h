/* SPDX-License-Identifier: MIT */
/*
 * A driver in C: fill in one struct source and call source_main. It reads the
 * request, dispatches the verb, writes conn-driver(7) lines, and exits.
 */
#ifndef CONN_SOURCE_SOURCE_H
#define CONN_SOURCE_SOURCE_H

#include <time.h>

#include "base/msg.h"
#include "base/out.h"
#include "base/sandbox.h"
#include "json/text.h"
#include "json/val.h"

/* Everything lives as long as the program. */
struct request {
	const char *verb;
	bool slim;              /* verb is slim: no bodies needed, */
	bool bare;              /* and no fields either */
	int verbose;
	uint64_t limit;         /* so many documents are enough; 0: all are
	                           wanted */
	const struct val *root;         /* the whole request */
	const struct val *source, *streams, *state; /* state: NULL for null */
	const char *since, *until;      /* NULL: absent */
	const struct val *ids;          /* NULL: all; else strings */
	const void *own;                /* of struct source */
};

/* Each returns 0, or -1 with e (status 2, 3 or 75). A verb that is NULL is
 * not offered. */
struct source {
	const char *type;
	const char *spec;       /* JSON text on one line, conn-driver(7) */
	const char *(*libraries)(void); /* lines for --version, or NULL */
	/* before each verb: completes the request, or NULL */
	int (*ready)(struct arena *, struct request *, struct err *);
	int (*check)(const struct request *, struct err *);
	int (*discover)(const struct request *, struct err *);
	int (*settings)(const struct request *, struct err *);
	/* load and slim are one enumerator */
	int (*read)(const struct request *, struct err *);
	int (*poll)(const struct request *, struct err *);
	int (*changed)(const struct request *, struct err *);
	const void *own;        /* what its verbs get with the request */
	unsigned needs;         /* enum of base/sandbox.h; the rest is given up
	                           once the request is read */
	const char *reads;      /* key of the one folder it reads, or NULL */
};

/* Returns the exit status. */
int source_main(const struct source *s, int argc, char **argv);

/* Status 2 "source.KEY: WHAT", for what a spec's schema cannot say. */
int source_wrong(struct err *e, const char *key, const char *fmt, ...)
    MSG_PRINTF(3, 4);
/* A size or number of seconds given as a string or a number. 0, or -1 with e;
 * *out is untouched if the key is absent. */
int source_size(const struct request *rq, const char *key, uint64_t *out,
    struct err *e);
int source_seconds(const struct request *rq, const char *key, double *out,
    struct err *e);
/* The streams asked for are only this one (for types with a single one). */
int source_one_stream(const struct request *rq, const char *name,
    struct err *e);
/* RFC 3339 text of since or until, or of a state; status 2 if it is none. */
int source_time(const char *text, const char *what, struct timespec *out,
    struct err *e);
/* Is this errno one that passes by itself: out of descriptors, of memory, a
 * server that does not answer? Then 75; anything else stays as it is. */
bool errno_temporary(int error);

/*
 * Output, checked, to stdout. id and timestamp are UTF-8 text; timestamp.p
 * NULL: absent; stream NULL: none. doc: JSON text of an object, n = 0 for
 * none; line breaks between its tokens are taken out. A line that would pass
 * the protocol's ceiling becomes a fail (too_long) with that id.
 */
void emit_doc(struct span id, struct span timestamp, const char *stream,
    struct span doc);
/* The same with id and timestamp as JSON strings, quotes and all, out of a
 * validated text; timestamp n = 0: absent. */
void emit_doc_json(struct span id, struct span timestamp, struct span doc);
/* The same in pieces, without a copy: begin, then add the object's bytes to
 * the returned buffer (no line breaks), then end. */
struct buf *emit_begin(struct span id, struct span timestamp,
    const char *stream);
void emit_end(void);
/* In place of emit_end: a fail with its id. */
void emit_cancel(const char *code, const char *message);
void emit_fail(struct span id, const char *code, const char *message);
void emit_fail_prefix(struct span prefix, const char *code,
    const char *message);
void emit_fail_all(const char *code, const char *message);
void emit_state(const char *stream, struct span value);
void emit_delete(struct span id);
void emit_keep(struct span prefix);
void emit_reset(void);
void emit_check(const char *what, bool good, const char *message);
void emit_raw(struct span line);
void emit_flush(void);
void emit_close(void);

/* Adds a part of a composed id: % and / and bytes that are not UTF-8 as %XX,
 * so that different parts give different ids. */
void id_part(struct buf *out, struct span part);

#endif

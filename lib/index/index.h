/* SPDX-License-Identifier: MIT */
/*
 * An index: applies operations, item by item acknowledged, and lists what it
 * holds of one source. Two kinds: the embedded one (SQLite) and
 * Elasticsearch/OpenSearch. Errors carry contract statuses: 75 try again, 3 a
 * person must act, 2 config.
 */
#ifndef CONN_INDEX_INDEX_H
#define CONN_INDEX_INDEX_H

#include "base/hash.h"
#include "config/config.h"

enum { INDEX_UUID_MAX = 128 };

struct index;

struct index_op {
	bool remove;            /* delete; else put */
	uint64_t seq;           /* the caller's number, given back */
	struct span id;
	struct span line;       /* put: the document, { to } */
	struct span timestamp;  /* put: decoded; p NULL if absent */
	const struct json_object *doc; /* put: its top-level members */
	const struct json_member *name; /* put: _id among them */
};

/* The answer to one operation: done if code is NULL, else refused; code and
 * message (may be NULL) hold error types and field names, never content. */
struct index_answer {
	uint64_t seq;
	struct span id;
	bool remove;
	const char *code, *message;
};
/* Called from within index_apply, index_idle and index_flush, once for each
 * operation, in any order across ids, in order for one id. */
typedef void index_verdict(void *ctx, const struct index_answer *a);

int index_open(struct index **out, struct config *c, index_verdict *verdict,
    void *ctx, struct err *e);
/* Gives up what it takes neither to read nor to write an index that is open,
 * for the whole process; its secrets have been fetched by then. */
void index_confine(const struct config *c);
void index_close(struct index *ix);

/* Does it exist, and which one is it? uuid is "" if it does not. */
int index_uuid(struct index *ix, char uuid[INDEX_UUID_MAX], struct err *e);
/* Creates it, ready for our documents. */
int index_create(struct index *ix, struct err *e);
/* Makes sure an existing one can hold our documents (mapping). */
int index_prepare(struct index *ix, struct err *e);

/* Takes an operation; copies what it keeps; may send some. Operations on one
 * id are applied in the order of the calls. */
int index_apply(struct index *ix, const struct index_op *op, struct err *e);
/* Carries on with what was sent until fd can be read, or nothing is left to be
 * done: to be called before a wait for input. */
int index_idle(struct index *ix, int fd, struct err *e);
/* Everything taken so far is durable and answered when this returns 0. */
int index_flush(struct index *ix, struct err *e);

/* Each document of the source, in an order of the index's own; complete or an
 * error (75). timestamp, hash: as stored, p NULL if absent. A missing index
 * lists nothing. *uuid as index_uuid, of what was listed. */
typedef void index_listed(void *ctx, struct span id, struct span timestamp,
    struct span hash);
int index_list(struct index *ix, struct span source, index_listed *each,
    void *ctx, char uuid[INDEX_UUID_MAX], struct err *e);

/* Can it be reached and written? message says what was found (or why not). */
int index_check(struct index *ix, char *message, size_t size, struct err *e);

/*
 * A rebuild: a new index beside the live one, which takes its place in one
 * step. From index_rebuild_begin to index_rebuild_swap all calls above are
 * about the new one, unless index_rebuild_aim says otherwise. Whoever calls
 * holds the source's lock. An index that was ever live is never removed.
 */
enum { INDEX_NAME_MAX = 4096 };
/* Removes what rebuilds of this source that did not end left behind. */
int index_rebuild_clean(struct index *ix, struct err *e);
/* An empty index, set up for a load. run: 32 hexadecimal digits. -1 with
 * status 3 or 4, too: the live one is not one that may be replaced, or holds
 * what the new one will not have. */
int index_rebuild_begin(struct index *ix, const char *run, struct err *e);
void index_rebuild_aim(struct index *ix, bool live);
/* All is loaded: the new one gets the settings it is to have. */
int index_rebuild_settle(struct index *ix, struct err *e);
/* The new one becomes the live one, if that is still what it was; calls are
 * about it from then on. old: name of the one before, "" if there was none. */
int index_rebuild_swap(struct index *ix, char old[INDEX_NAME_MAX],
    struct err *e);

/* What a kind implements; index.c dispatches by config.index_type. */
struct index_kind {
	int (*open)(struct index **, struct config *, struct err *);
	void (*close)(struct index *);
	int (*uuid)(struct index *, char *, struct err *);
	int (*create)(struct index *, struct err *);
	int (*prepare)(struct index *, struct err *);
	int (*apply)(struct index *, const struct index_op *, struct err *);
	int (*idle)(struct index *, int fd, struct err *); /* NULL: no need */
	int (*flush)(struct index *, struct err *);
	int (*list)(struct index *, struct span, index_listed *, void *,
	    char *, struct err *);
	int (*check)(struct index *, char *, size_t, struct err *);
	int (*clean)(struct index *, struct err *);
	int (*rebuild)(struct index *, const char *, struct err *);
	void (*aim)(struct index *, bool);
	int (*settle)(struct index *, struct err *);
	int (*swap)(struct index *, char *, struct err *);
};
/* First member of each kind's struct. */
struct index {
	const struct index_kind *kind;
	index_verdict *verdict;
	void *ctx;
};
extern const struct index_kind index_sqlite, index_elasticsearch;

#endif

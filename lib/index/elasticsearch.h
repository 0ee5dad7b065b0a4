/* SPDX-License-Identifier: MIT */
/*
 * What the files elasticsearch*.c share: the connection to one index of
 * Elasticsearch or OpenSearch. Private to them and their tests.
 *
 *   elasticsearch.c           settings, requests, which index it is
 *   elasticsearch_setup.c     creating and preparing it, conn-check
 *   elasticsearch_batch.c     operations of a request, until all are answered
 *   elasticsearch_bulk.c      lanes, which send them
 *   elasticsearch_verdict.c   what an answer means: verdicts.txt
 *   elasticsearch_list.c      reading back what the index holds
 *   elasticsearch_rebuild.c   another index beside it, and the swap of aliases
 */
#ifndef CONN_INDEX_ELASTICSEARCH_H
#define CONN_INDEX_ELASTICSEARCH_H

#include "base/mem.h"
#include "index/index.h"
#include "net/http.h"
#include "net/pace.h"
#include "net/retry.h"

enum {
	ES_OPS_MAX = 5000,              /* operations of a request */
	ES_REPLY_MAX = 64 << 20,        /* bytes of a reply */
	ES_TREE_MAX = 4 << 20,  /* of one that becomes a tree: it takes up to
	                           sixty times as much */
	ES_PAGE_MAX = 10000,            /* hits of a page */
	ES_DEPTH = 64,                  /* of a reply */
	ES_MESSAGE = 240,               /* bytes of a refusal's message */
	ES_FRAME = 128  /* what is around a document, its id twice and its
	                   source in a body takes fewer bytes */
};

/* One operation of a batch. */
struct es_op {
	uint64_t seq, key;      /* key: of the id, for quick comparison */
	size_t at, len;         /* its lines in the batch's body */
	size_t id, nid;         /* in the batch's ids */
	size_t note;            /* code and message, in its notes */
	bool remove;
	unsigned char crashes;  /* answers 500 so far */
	unsigned char answer;   /* enum es_answer of the last reply */
};

/* Operations in the order of the calls. A request carries some of those that
 * have no verdict yet, from the front. */
struct es_batch {
	struct es_op *v;
	size_t n, cap;
	struct buf body, ids, notes;
	size_t *left;           /* those without a verdict, in order; has room
	                           for cap */
	size_t nleft;
	size_t bad;     /* among so many at the front one breaks requests */
	bool resent;    /* the last reply did not match the request */
	struct buf part, packed;        /* the body of a request */
};

/*
 * A lane carries all operations on some ids and has one request under way, so
 * that none overtakes another on its id: the next batch is sent when every
 * operation of the last has its verdict.
 */
struct es_lane {
	struct es_batch filling, sent;
	bool busy;              /* a request of sent is under way */
	size_t n, bytes;        /* its operations, the bytes of their lines */
	double due;             /* not before; of the monotonic clock */
	struct retry_try tries;
	struct http_reply reply;
	struct err err;         /* why it is tried again */
};

enum es_flavour { ES_UNKNOWN, ES_ELASTICSEARCH, ES_OPENSEARCH };

struct es {
	struct index index;             /* first */
	struct config *config;
	struct http *http;
	struct retry retry;
	struct retry_try tries;         /* of single requests */
	const char *root;               /* https://es:9200 */
	const char *url;                /* https://es:9200/wiki */
	const char *bulk_url, *settings_url;
	struct span source;             /* the name of the config as JSON */
	const char *name;               /* the config's, or that of the new
	                                   index of a rebuild */
	struct es_rebuild *rebuild;     /* NULL: none */
	const char *pipeline;           /* NULL: none */
	const char *template;           /* file; NULL: ours */
	bool require_alias, gzip;
	bool aliased;                   /* the name must be an alias */
	struct sigv4_keys aws;          /* key NULL: not signed */

	bool asked;                     /* flavour and version are known */
	enum es_flavour flavour;
	unsigned major, minor;
	char version[32];               /* as text, "" if it is not told */
	unsigned page;                  /* hits a page may have */
	bool piped;     /* searches go through a pipeline that the index may
	                   have for them, and it can be told not to */

	struct http_reply reply;
	struct arena arena;             /* of answer, until the next request */
	const struct val *answer;       /* the reply as a tree; NULL: no JSON */
	struct buf scratch;

	struct es_lane *lanes;
	unsigned nlanes, next;          /* next: whose turn it is to send */
	unsigned underway;
	uint64_t batches;       /* begun since the last flush */
	double hold;            /* the server asked for no request before */
	struct pace pace;
	size_t taken;           /* bytes since the last look at the requests */
};

/* One request, repeated while the server cannot (no connection, 408, 425, 429,
 * 5xx, a block). 0: reply.status is there, answer is its JSON. -1: the budget
 * is spent (75), or nobody may (401) or can (TLS) help: 3. json: p NULL for no
 * body. */
int es_request(struct es *es, const char *method, const char *url,
    struct span json, struct err *e);
/* POST to a URL with a query, the reply's body left as it is. A pipeline that
 * an index of OpenSearch has for all its searches would hide some of what is
 * there. */
int es_search(struct es *es, const char *url, struct span json,
    struct err *e);
/* How many hits its reply tells of; false: not every shard answered. */
bool es_total(const struct http_reply *reply, uint64_t *n);
/* A reply's JSON as a tree; NULL: it is none, or longer than ES_TREE_MAX. */
struct val *es_tree(struct arena *a, const struct http_reply *r);
/* error.type of an answer, "" if it has none (or not the form of a type). */
const char *es_error_type(const struct val *answer);
/* "URL: HTTP STATUS TYPE", status 3 or 75 as the last reply demands. */
int es_refused(const struct es *es, const char *url, struct err *e);
/* The same of any reply. */
int es_rejected(const char *url, int status, const char *type, struct err *e);
/* From now on all is about the index of this name. */
void es_aim(struct es *es, const char *name, bool require_alias);
/* root + text, in the config's arena. */
const char *es_url(struct es *es, const char *base, const char *rest);

/* Asks once who the server is; it need not tell. */
int es_identify(struct es *es, struct err *e);
/* "URL: NAME is a data stream; ...", status 3. Returns -1. */
int es_data_stream(const struct es *es, const char *url, struct err *e);
int es_uuid(struct es *es, char *uuid, struct err *e);

/* The JSON that makes an index; makes one. */
int es_body(struct es *es, struct buf *out, struct err *e);
int es_put_index(struct es *es, struct span json, struct err *e);
/* Does this alias show only a part of the index, by a filter or a routing? */
bool es_is_view(const struct val *alias);
/* Status 3: there is no alias, and require_alias wants one. */
int es_no_alias(const struct es *es, struct err *e);
int es_create(struct index *ix, struct err *e);
int es_prepare(struct index *ix, struct err *e);
int es_check(struct index *ix, char *message, size_t size, struct err *e);
int es_apply(struct index *ix, const struct index_op *op, struct err *e);
int es_flush(struct index *ix, struct err *e);
int es_idle(struct index *ix, int fd, struct err *e);
void es_lanes_open(struct es *es, unsigned n, size_t bytes);
void es_lanes_release(struct es *es);
int es_list(struct index *ix, struct span source, index_listed *each,
    void *ctx, char *uuid, struct err *e);

/* ---- a batch ---- */

/* key: hash of the id; source: the source's name as JSON. */
void es_batch_add(struct es_batch *b, const struct index_op *op, uint64_t key,
    struct span source);
/* How many operations from the front a request of about so many bytes takes;
 * *size: the bytes of their lines. */
size_t es_batch_choose(const struct es_batch *b, size_t bytes, size_t *size);
/* The body of such a request; until the batch changes. */
struct span es_batch_body(struct es_batch *b, size_t n);
/* Reads the answer to the first n and gives the verdicts that are final; the
 * rest stays, in its order. ES_DONE: all are; ES_HALVE: some were too long
 * together; ES_AGAIN; ES_STOP; ES_ODD: it is no answer to what was sent. e says
 * why, "WHAT". */
enum es_answer es_batch_answer(struct es_batch *b, size_t n, struct span reply,
    struct index *ix, struct err *e);
/* The front operation is refused; message "": none. */
void es_batch_refuse(struct es_batch *b, const char *code,
    const char *message, struct index *ix);
/* Empties it; its memory too, if its body has more than keep bytes of it. */
void es_batch_clear(struct es_batch *b, size_t keep);
void es_batch_release(struct es_batch *b);

int es_clean(struct index *ix, struct err *e);
int es_rebuild(struct index *ix, const char *run, struct err *e);
void es_rebuild_aim(struct index *ix, bool live);
int es_settle(struct index *ix, struct err *e);
int es_swap(struct index *ix, char *old, struct err *e);

/* What is to become of an operation, or of a request as a whole. */
enum es_answer {
	ES_DONE,
	ES_REFUSED,
	ES_AGAIN,       /* later */
	ES_CRASHED,     /* 500: later, but not for ever */
	ES_STOP,        /* a person must act */
	ES_ODD,         /* no answer to what was sent */
	ES_HALVE,       /* too long: in shorter requests */
	ES_BISECT       /* a request that some operation of it breaks */
};
enum es_answer es_judge_request(int status, const char *type);
/* Does an error say that this is more than the server ever takes, however
 * little it has to do? Then message (of ES_MESSAGE bytes) tells how much. */
bool es_over_limit(struct span type, struct span reason, char *message);

/* The items of a bulk reply, in its order. What is wrong with the reply as a
 * whole may be found with any of them, so none counts before the end. */
struct es_items {
	struct span reply;
	struct json_object top; /* once it was read as JSON */
	struct json_iter it;
	unsigned usual;         /* answers that may be told by their text */
	struct buf id, text;
};
struct es_item {
	enum es_answer answer;
	int status;
	char code[72];          /* of what is not done: error type */
	char message[ES_MESSAGE];       /* why: field and cause, or "" */
};
/* false: no bulk reply; why says what is wrong. text is padded. */
bool es_items_open(struct es_items *r, struct span text, const char **why);
/* The next item must be the answer to this operation. false: it is not. */
bool es_items_next(struct es_items *r, bool remove, struct span id,
    struct es_item *item, const char **why);
/* Nothing is left. */
bool es_items_end(struct es_items *r, const char **why);
void es_items_release(struct es_items *r);

#endif

/* SPDX-License-Identifier: MIT */
/* One line of conn-stream(5): what kind it is, what it names, the proof. */
#ifndef CONN_STREAM_RECORD_H
#define CONN_STREAM_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/msg.h"
#include "json/scan.h"
#include "json/val.h"

enum {
	STREAM_LINE_MAX = 64 << 20,
	STREAM_CTL_MAX = 64 << 10,      /* a control line but state */
	STREAM_STATE_MAX = 16 << 20,
	STREAM_ID_MAX = 512,
	STREAM_TIME_MAX = 128
};

enum mode { MODE_LOAD, MODE_POLL, MODE_SLIM, MODE_INDEX, MODE_DIFF };
const char *mode_name(enum mode m);

enum rec_kind {
	REC_DOC, REC_ID, REC_DELETE, REC_FAIL,  /* counted by the proof */
	REC_BEGIN, REC_STATE, REC_END
};

/* Counts and digest of what a stream said so far. Zeros: nothing yet. */
struct proof {
	uint64_t documents, ids, deletes, fails;
	struct h128 digest;
};
/* name: the id, or the prefix of a fail; n = 0: a fail with neither. */
void proof_add(struct proof *p, enum rec_kind kind, struct span name);
bool proof_eq(const struct proof *a, const struct proof *b);
/* Adds ,"documents":N,...,"digest":"..." */
void proof_write(struct buf *out, const struct proof *p);

/* Views are valid until the record's reader is asked for the next one. */
struct rec {
	enum rec_kind kind;
	struct span line;       /* the object, { to the matching } */
	struct span id;         /* decoded; of doc, id, delete, fail */
	struct span prefix;     /* of fail */
	struct span timestamp;  /* decoded; p NULL if absent */
	struct span hash;       /* of an id record; p NULL if absent */
	struct span stream;     /* of doc; of state; p NULL if absent */
	struct span reserved;   /* a document's reserved key, as written */
	const struct json_object *doc;  /* REC_DOC: its members; NULL if it is
	                                   known: kind, line and id are all */
	const struct json_member *name; /* REC_DOC: _id among them */
	struct val *ctl;        /* control records: the object */
	struct proof proof;     /* of state and end: what they announce */
};

/* Is this the whole text of a document of that id that was read before, by its
 * hash? Then it is not read again. A line that is none has no such hash. */
typedef bool record_known(void *ctx, struct span id, struct span line);

struct record_parser {          /* zero-initialised is ready */
	record_known *known;    /* may be NULL */
	void *ctx;
	struct json_object o;
	struct buf id, timestamp, hash, stream;
	struct arena arena;     /* of ctl */
};
/* One line (BUF_PAD readable bytes after it) to a record. 1: a record, 0: an
 * empty line, -1: e has what is wrong, without a place. */
int record_parse(struct record_parser *p, struct span line, struct rec *r,
    struct err *e);
void record_parser_release(struct record_parser *p);

/* Why a document with a reserved key is a fail: "key _routing". */
enum { RECORD_REFUSAL = 80 };
void record_refusal(const struct rec *r, char out[RECORD_REFUSAL]);

/* A fail that says what is to stay, not that something failed. */
bool record_is_keep(const struct rec *r);

/* The id of a line that begins as our own writers begin documents and id
 * records, without more of it being read. */
bool record_head(struct span line, struct span *id);

/* An id as a stream may hold it: 1..512 bytes, UTF-8, no NUL. NULL if it is
 * fine, else what is wrong. */
const char *id_fault(struct span id);
/* Does id begin with NAME and a colon? */
bool id_of_source(struct span id, struct span source);

#endif

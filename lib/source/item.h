/* SPDX-License-Identifier: MIT */
/*
 * Records of files to lines of conn-driver(7): which fields are the id and
 * the timestamp, and what cannot be a document.
 */
#ifndef CONN_SOURCE_ITEM_H
#define CONN_SOURCE_ITEM_H

#include "source/source.h"

enum { ITEM_ID_FIELDS = 64 };

struct items {
	const char *id[ITEM_ID_FIELDS]; /* fields of the id */
	size_t nid;
	bool joined;            /* a list: parts are encoded and joined by / */
	const char *timestamp;  /* field; NULL: none */
	bool slim;
	/* where we are, for messages */
	const char *file;
	uint64_t line;
	/* Not NULL: nothing is written. The first fault goes here, and every
	 * object, whatever its id, to look if that is set. */
	struct err *wrong;
	bool bad;               /* there was a fail */
	void (*look)(void *ctx, const struct json_object *o);
	void *ctx;
	struct json_object object;
	struct buf key, scratch, time, message;
};

/* The keys id (needed if must), timestamp. Release in any case. */
int items_init(struct items *t, const struct request *rq, bool must,
    struct err *e);
void items_release(struct items *t);

/* A fail without id: "FILE:LINE: WHAT". */
void items_bad(struct items *t, const char *code, const char *what);

/* A text that must be one object; BUF_PAD readable bytes after it. What is
 * wrong with it becomes a fail. */
void items_object(struct items *t, struct span text);
/* The same, with an id of its own (decoded). */
void items_named(struct items *t, struct span id, struct span text);
/* The same, with an object that was scanned before. */
void items_known(struct items *t, struct span id, struct span object);
/* A string's text or a number as written; p NULL: neither, or m is NULL. */
struct span items_text(const struct json_member *m, struct buf *scratch);

/* The id composed of parts: begin, a part for each field, then the id is in
 * t->key. */
void items_id_begin(struct items *t);
void items_id_part(struct items *t, struct span part);

#endif

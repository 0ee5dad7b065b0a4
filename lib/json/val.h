/* SPDX-License-Identifier: MIT */
/*
 * A JSON value as a tree, for what is small and read by name: configs, specs,
 * control records, state, replies of servers. Never for documents.
 * Everything lives in the arena. Numbers keep their text.
 */
#ifndef CONN_JSON_VAL_H
#define CONN_JSON_VAL_H

#include <stdint.h>

#include "base/mem.h"
#include "json/scan.h"

struct val_member {
	struct span key;        /* decoded, NUL-terminated */
	unsigned line, col;     /* of the key, 1-based; col in bytes */
	struct val *value;
};

struct val {
	enum json_type type;
	unsigned line, col;     /* of the value; 0: made by the program */
	struct span raw;        /* a config's string as its file has it, for
	                           yaml_place; n 0: not known */
	struct span str;        /* string decoded, number as written;
	                           NUL-terminated */
	size_t n;               /* of items or members */
	struct val **items;     /* JSON_ARRAY */
	struct val_member *members; /* JSON_OBJECT */
};

/* Where val_parse failed: place of the fault in lines and columns. */
struct val_error {
	struct json_error json;
	unsigned line, col;
	bool duplicate;         /* a key stands twice: fault is JSON_SYNTAX */
	struct span key;        /* that key */
};

/* unique: a key that stands twice in an object is an error (configs);
 * else the last one counts. text needs no padding. NULL on error. */
struct val *val_parse(struct arena *a, struct span text, unsigned depth,
    bool unique, struct val_error *e);

/* NULL if v is no object or has no such key; NULL v is fine in all of these. */
struct val *val_get(const struct val *v, const char *key);
const struct val_member *val_member(const struct val *v, const char *key);
/* How many members an object has, items an array; 0 of anything else. */
size_t val_nmembers(const struct val *v);
size_t val_nitems(const struct val *v);
/* A string's text, or NULL. */
const char *val_cstr(const struct val *v);
struct span val_str(const struct val *v);       /* n = 0 if no string */
/* true only for JSON_TRUE; dflt if v is NULL or not a boolean. */
bool val_bool(const struct val *v, bool dflt);
/* A number that is an integer in 0..max. */
bool val_u64(const struct val *v, uint64_t max, uint64_t *out);

/* Builders (copies of strings go into the arena). */
struct val *val_new(struct arena *a, enum json_type t);
struct val *val_string(struct arena *a, struct span s);
struct val *val_copy(struct arena *a, const struct val *v);
void val_push(struct arena *a, struct val *array, struct val *item);
void val_set(struct arena *a, struct val *object, struct span key,
    struct val *value);         /* replaces */
void val_unset(struct val *object, const char *key);

/* Compact JSON, members in their order. */
void val_write(struct buf *out, const struct val *v);
/* The same with keys sorted bytewise at every level: equal values give equal
 * bytes. For digests. */
void val_write_sorted(struct buf *out, const struct val *v);
/* The same with numbers by their value: 1, 1.0 and 10e-1 are one text. */
void val_write_canonical(struct buf *out, const struct val *v);
/* Equal as JSON values. */
bool val_same(const struct val *a, const struct val *b);

#endif

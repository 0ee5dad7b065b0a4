/* SPDX-License-Identifier: MIT */
/*
 * The JSON scanner (RFC 8259): validates a whole text, UTF-8 included, and
 * gives the members of the outermost object as views of the input. Nothing is
 * copied or decoded. Numbers stay text. No recursion; depth is bounded.
 *
 * BUF_PAD readable bytes must follow the text (base/buf.h, base/line.h).
 * Vectorised, chosen at run time; the portable path gives the same answers.
 */
#ifndef CONN_JSON_SCAN_H
#define CONN_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

/* The outermost value is level 1. A caller's ceiling may be up to 1024. */
enum { JSON_DEPTH = 128 };

enum json_type {
	JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY,
	JSON_OBJECT
};

struct json_member {
	struct span key;        /* between the quotes, as written */
	struct span value;      /* as written; of a string: with its quotes */
	enum json_type type;
	bool key_escaped;       /* the key holds a backslash */
	bool escaped;           /* the value is a string that holds one */
};

/* v grows to at most 8 bytes for each byte of the longest text (64-bit; twice
 * that while it grows). */
struct json_object {
	struct json_member *v;  /* in the order of the text, duplicates too */
	size_t n, cap;
	struct span text;       /* from { to the matching } */
	bool lone_surrogate;    /* some \uD800..\uDFFF has no partner */
};

enum json_fault {
	JSON_OK, JSON_EMPTY,    /* nothing but white space */
	JSON_SYNTAX, JSON_CUT,  /* the text ends too early */
	JSON_UTF8, JSON_DEEP, JSON_TRAILING /* bytes after the value */
};

struct json_error {
	enum json_fault fault;
	size_t offset;          /* of the first wrong byte */
};

/* One object with optional white space around it, nothing else. o may be
 * reused for the next text; its views live as long as the text. */
int json_object_scan(struct span text, unsigned depth, struct json_object *o,
    struct json_error *e);
/* Any JSON value; type_out may be NULL. value_out: without white space. */
int json_value_scan(struct span text, unsigned depth, struct span *value_out,
    enum json_type *type_out, struct json_error *e);
void json_object_release(struct json_object *o);

/* Is this the member called name, escapes decoded? */
bool json_key_is(const struct json_member *m, const char *name);
/* Does the value, a string, hold half a surrogate pair? It decodes to U+FFFD,
 * as every other half does: two names would be one. */
bool json_half_pair(const struct json_member *m);
/* The only member of that name; NULL if there is none. *twice (may be NULL)
 * is set if there is more than one: the last is returned. */
const struct json_member *json_find(const struct json_object *o,
    const char *name, bool *twice);

/* What follows are views for walking an array or object value that was
 * validated before: the members or elements, one after the other. */
struct json_iter {
	const char *p, *end;
	bool object;
};
void json_iter_init(struct json_iter *it, struct span value);
/* false at the end; m->key is empty for an array. */
bool json_iter_next(struct json_iter *it, struct json_member *m);
/* The last member of that name of such an object. false: there is none; its
 * type is JSON_NULL then. */
bool json_iter_find(struct span object, const char *name,
    struct json_member *m);

/* Short text of a fault: "not JSON", "bad UTF-8", "nested too deep"... */
const char *json_fault_text(enum json_fault f);

/* Chooses an implementation by name ("portable", "sse2", "avx2"); NULL: the
 * best here. false if this machine does not have it. For tests and benches;
 * without a call the best is used. */
bool json_use(const char *name);

#endif

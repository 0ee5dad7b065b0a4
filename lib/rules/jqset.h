/* SPDX-License-Identifier: MIT */
/*
 * Many jq programs, compiled together and run by libjq in one worker process
 * that can be stopped (libjq cannot), without environment, files or modules.
 * Numbers that a double does not give back reach them as strings.
 *
 * A set is made in this order: what the programs see (functions, prelude,
 * constants, variables), the programs, jqset_start; then jqset_run. Everything
 * given before the start is borrowed until jqset_free, but the strings that
 * _define, _constant, _variable, _prelude and _made take, which are copied.
 */
#ifndef CONN_RULES_JQSET_H
#define CONN_RULES_JQSET_H

#include "base/buf.h"
#include "base/msg.h"
#include "json/val.h"

enum {
	JQSET_SECONDS = 10,     /* for one run */
	JQSET_MAX = 256 << 20   /* bytes that go in, and that come out */
};

struct jqset;

struct jqset *jqset_new(void);
void jqset_free(struct jqset *s);

/* A function of the programs, made in C: a string to a string, which is added
 * to out; false: a jq error with the text of out. null gives null, anything
 * else is an error. It runs in the worker. */
typedef bool jqset_function(struct span in, struct buf *out);
void jqset_define(struct jqset *s, const char *name, jqset_function *f);

/* Definitions in jq, put before all programs; they see functions, constants
 * and variables. */
void jqset_prelude(struct jqset *s, const char *text);

/* A constant $NAME (JSON text). plain: what the programs with JQSET_PLAIN see
 * instead; plain.p NULL: the same. */
void jqset_constant(struct jqset *s, const char *name, struct span json,
    struct span plain);
/* A variable $NAME that each run gives. */
void jqset_variable(struct jqset *s, const char *name);

enum { JQSET_PLAIN = 1 };

/*
 * A program each; the result is its number N, 0 first. Those of jqset_made
 * after it may call it as `_N`. key: its name in messages
 * ("streams.pages.doc").
 *
 * jqset_add: v is a jq program; nothing but blanks and comments is `.`.
 * jqset_text: v is text with \(jq), where a backslash means nothing else. One
 *   \(jq) alone gives its value, else a string; a null in a text makes it
 *   null. No result is null, two are an error; so it always gives one.
 * jqset_path: as jqset_text, but what \(jq) gives is percent-encoded, an
 *   array's members each, joined by "/"; null, an object, "." and ".." are
 *   errors there. One \(jq) alone is not encoded.
 * jqset_tree: v is any value whose strings are texts; members of objects that
 *   come out as null are left out.
 * jqset_made: program is the caller's own text; the same text again is the
 *   same program.
 */
int jqset_add(struct jqset *s, const struct val *v, const char *key,
    unsigned flags);
int jqset_text(struct jqset *s, const struct val *v, const char *key,
    unsigned flags);
int jqset_path(struct jqset *s, const struct val *v, const char *key,
    unsigned flags);
int jqset_tree(struct jqset *s, const struct val *v, const char *key,
    unsigned flags);
int jqset_made(struct jqset *s, const char *program);

/* A run ends once it has given n results. Not jq's limit, which takes an error
 * whose value a document has chosen ({"__jq":0}) for its own end. */
void jqset_most(struct jqset *s, size_t n);

/* Compiles all in the worker. An error in a program is status 2,
 * "FILE:LINE:COL: KEY: WHAT" with its place in the YAML file; where that is
 * not known (line 0) "FILE.KEY+OFFSET: WHAT". Call it before much memory is
 * taken. */
int jqset_start(struct jqset *s, const char *file, struct err *e);

enum jqset_result {
	JQSET_OK,       /* out holds the results, each ended by \n */
	JQSET_ERROR,    /* the program's own; what is libjq's message */
	JQSET_HALT,     /* the program halted */
	JQSET_LONG,     /* more than JQSET_MAX, in or out */
	JQSET_LATE,     /* more than JQSET_SECONDS */
	JQSET_DEAD      /* it crashed or had no memory left */
};

/* vars: a JSON object, a variable that is not in it is null; n 0: none. in: a
 * JSON text; n 0: null. out is cleared first, and empty unless JQSET_OK; the
 * results may be deeper than JSON_DEPTH, so scan them. what is never NULL
 * unless JQSET_OK, is valid until the next run, and of JQSET_ERROR may show
 * content. -1: no worker can be had. */
int jqset_run(struct jqset *s, int program, struct span vars, struct span in,
    struct buf *out, enum jqset_result *result, const char **what,
    struct err *e);

/* Another limit than JQSET_SECONDS; for tests. */
void jqset_limit(struct jqset *s, double seconds);

#endif

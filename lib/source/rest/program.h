/* SPDX-License-Identifier: MIT */
/*
 * The programs of a connector. What is a plain path is cut out of the JSON
 * text as it is; all else is run by libjq in its worker.
 */
#ifndef CONN_SOURCE_REST_PROGRAM_H
#define CONN_SOURCE_REST_PROGRAM_H

#include "rules/jqset.h"
#include "source/rest/connector.h"
#include "source/rest/path.h"

/* A program of a key. */
struct expr {
	int program;            /* its number; < 0: the key is absent */
	bool plain;             /* path gives the same, without libjq */
	struct path path;
};

struct programs {
	struct connector *c;
	struct jqset *set;
	struct program_memo *memo;      /* what was given to the set */
	size_t n, cap;
};

/* May it stand in the name of a variable, function or member? */
bool program_word(char c);

enum program_kind { PROGRAM_JQ, PROGRAM_TEXT, PROGRAM_PATH, PROGRAM_TREE };

/* Constants, variables, prelude. Release after the last run. */
void programs_init(struct programs *p, struct connector *c);
void programs_release(struct programs *p);
/* The number of the program v; -1: v is NULL. key is copied. */
int programs_add(struct programs *p, const struct val *v,
    enum program_kind kind, const char *key, unsigned flags);
/* A jq program; the key's own prefix is `stem` ("streams.pages."). */
struct expr programs_expr(struct programs *p, const struct val *keys,
    const char *stem, const char *key);
int programs_start(struct programs *p, struct err *e);

/* What programs see, as a JSON object. p NULL: null. */
struct vars {
	struct span p, id, scope;       /* JSON texts; n 0: null */
	const char *since, *until, *mark;
};
/* Adds it without its } so that more can follow. */
void vars_put(struct buf *out, const struct vars *v);

/* Runs a program. 0: out holds its results, a line each. -1: e (status 3, or
 * 75) is "WHERE: WHAT"; *own (may be NULL): the program itself is to blame. */
int programs_run(struct programs *p, int program, const struct vars *v,
    struct span in, struct buf *out, const char *where, bool *own,
    struct err *e);
/* The same with variables that are a text already. */
int programs_run_text(struct programs *p, int program, struct span vars,
    struct span in, struct buf *out, const char *where, bool *own,
    struct err *e);
/* The first line; n 0: there is none. */
struct span first_line(const struct buf *out);
/* Neither false, null nor absent. */
bool json_truthy(struct span json);

#endif

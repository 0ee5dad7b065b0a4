/* SPDX-License-Identifier: MIT */
/*
 * The one text that a set of programs is compiled from, each token on a line
 * of its own: libjq tells lines only, and so tells the token.
 */
#ifndef CONN_RULES_JQSOURCE_H
#define CONN_RULES_JQSOURCE_H

#include "base/buf.h"
#include "base/msg.h"
#include "json/val.h"

/* A string of the config, and its name in messages. */
struct jqsource_part {
	const struct val *v;    /* NULL: text of ours */
	const char *key;
};

struct jqsource_line {
	struct jqsource_part part;
	size_t offset;          /* in the string */
	bool end;               /* the program should have ended before it */
};

struct jqsource {
	struct buf text;
	struct jqsource_line *lines;
	size_t n, cap;
	const char *file;       /* for messages */
};

void jqsource_release(struct jqsource *s);
/* Lines of our own; a final \n is added. */
void jqsource_put(struct jqsource *s, const char *text);
/* Definitions that the notations need; before the first of them. */
void jqsource_prelude(struct jqsource *s);

/* An expression each: see jqset.h. v's places are the part's; 0, or -1 and the
 * error with its place: brackets that do not match, a value that is no text. */
int jqsource_program(struct jqsource *s, struct jqsource_part part,
    struct err *e);
int jqsource_text(struct jqsource *s, struct jqsource_part part,
    struct err *e);
int jqsource_path(struct jqsource *s, struct jqsource_part part,
    struct err *e);
int jqsource_tree(struct jqsource *s, struct jqsource_part part,
    struct err *e);

/* What libjq said of line `line`. Returns -1. */
int jqsource_err(const struct jqsource *s, unsigned long line,
    const char *what, struct err *e);

#endif

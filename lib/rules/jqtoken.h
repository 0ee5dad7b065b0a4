/* SPDX-License-Identifier: MIT */
/*
 * jq's tokens, as far as it takes to see where a program ends that stands in
 * other text, and to give each token a place of its own.
 */
#ifndef CONN_RULES_JQTOKEN_H
#define CONN_RULES_JQTOKEN_H

#include "base/span.h"

enum { JQTOKEN_DEPTH = 256 };   /* of brackets and strings in each other */

/* Zero-initialised but for text, at and inner. */
struct jqtoken_reader {
	struct span text;
	size_t at;
	bool inner;     /* the program ends before a `)` that is not its own */
	size_t depth;
	struct jqtoken_open {
		char kind;      /* ( [ { or " for a string's \( */
		size_t at;
	} open[JQTOKEN_DEPTH];
};

/* 1: the next token, a view of the text; of a string with \( up to there, and
 * from its `)` on. 0: the end; with inner, at is that of the `)`. -1: *what
 * (static) is wrong at `at`: brackets or quotes without their other half. */
int jqtoken_next(struct jqtoken_reader *r, struct span *token,
    const char **what);

#endif

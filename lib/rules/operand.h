/* SPDX-License-Identifier: MIT */
/* The value of a rule, read as the type of the value it meets. */
#ifndef CONN_RULES_OPERAND_H
#define CONN_RULES_OPERAND_H

#include <time.h>

#include "json/scan.h"
#include "json/val.h"

struct operand {
	struct span text;       /* a string; a number or boolean as written */
	enum json_type type;
	bool number;            /* it reads as one */
	int word;               /* 1 true, 0 false, -1 no boolean */
	bool dated;             /* a string that is a date or a time */
	struct timespec date;
};

enum order { ORDER_LESS = -1, ORDER_SAME, ORDER_MORE, ORDER_NONE };

void operand_init(struct operand *o, const struct val *v);
/* Would both always give the same answers? */
bool operand_eq(const struct operand *a, const struct operand *b);

/* A document's value: a number, boolean or string; text decoded. Numbers by
 * value, booleans by word, strings by their bytes. */
bool operand_equals(const struct operand *o, enum json_type t,
    struct span text);
/* How it stands to the operand: two numbers, two dates or times, else bytes.
 * ORDER_NONE: they cannot be compared. */
enum order operand_order(const struct operand *o, enum json_type t,
    struct span text);

#endif

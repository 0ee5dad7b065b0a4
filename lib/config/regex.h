/* SPDX-License-Identifier: MIT */
/*
 * Oniguruma with the syntax of jq's test(), on UTF-8, within limits: a match
 * that needs too many steps or too much stack counts as none.
 */
#ifndef CONN_CONFIG_REGEX_H
#define CONN_CONFIG_REGEX_H

#include "base/span.h"

struct regex;

/* NULL if it does not compile; why (size bytes) then says what is wrong. */
struct regex *regex_new(struct span pattern, char *why, size_t size);
void regex_free(struct regex *r);

/* Of one document: each may take a tenth of a second, and it has many values */
enum { REGEX_GIVE_UPS = 20 };

/* Anywhere in the text, which is valid UTF-8. left (may be NULL): how many more
 * times the limits may be met; at 0 nothing is tried, and nothing found. */
bool regex_search(const struct regex *r, struct span text, unsigned *left);
/* At the start of the text; the end need not be reached. */
bool regex_match(const struct regex *r, struct span text, unsigned *left);

#endif

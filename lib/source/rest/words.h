/* SPDX-License-Identifier: MIT */
/*
 * What a server says of an error, for a message: the usual members of JSON
 * (message, error, error_description, errors, detail and the like, the first
 * of a list), the title of a web page, else a text as it is. Line breaks are
 * blanks, control bytes are \xNN, secrets ***.
 */
#ifndef CONN_SOURCE_REST_WORDS_H
#define CONN_SOURCE_REST_WORDS_H

#include "base/span.h"

enum { WORDS_MAX = 200 };

/* ": WORDS", or "" where it says nothing. */
struct words {
	char text[WORDS_MAX + 4];
};

struct words words_of(struct span body);

#endif

/* SPDX-License-Identifier: MIT */
/* The keys below `auth`, evaluated: what may stand there. */
#ifndef CONN_SOURCE_REST_SHAPE_H
#define CONN_SOURCE_REST_SHAPE_H

#include "base/msg.h"
#include "json/val.h"

enum shape_kind {
	SHAPE_TEXT,     /* a string or a number */
	SHAPE_SECRET,   /* the same, and messages do not show it */
	SHAPE_TEXTS,    /* an object of texts */
	SHAPE_ANY
};

struct shape_key {
	const char *name;       /* NULL ends a list */
	enum shape_kind kind;
};

/* v is an object of these keys, null or absent each: else status 2,
 * "PLACE.KEY: WHAT". Hides the secrets. */
int shape_check(const struct val *v, const char *place,
    const struct shape_key *keys, struct err *e);
/* The text of a string or a number; NULL: neither. */
const char *shape_text(const struct val *v);
const char *shape_get(const struct val *v, const char *key);
/* Is there something that is not null? */
bool shape_has(const struct val *v, const char *key);

#endif

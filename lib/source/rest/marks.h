/* SPDX-License-Identifier: MIT */
/* Positions of scopes, as text: marks that a server gave, or times. */
#ifndef CONN_SOURCE_REST_MARKS_H
#define CONN_SOURCE_REST_MARKS_H

#include "json/val.h"

struct marks {
	struct mark {
		char *scope, *text;
	} *v;
	size_t n, cap;
};

/* Of an object in a stream's state. false: it is none. */
bool marks_parse(struct marks *m, const struct val *all);
const char *marks_find(const struct marks *m, struct span scope);
void marks_put(struct marks *m, struct span scope, struct span text);
void marks_drop(struct marks *m, struct span scope);
/* What m does not have. */
void marks_add(struct marks *m, const struct marks *more);
/* Adds that object. */
void marks_write(const struct marks *m, struct buf *out);
void marks_release(struct marks *m);

#endif

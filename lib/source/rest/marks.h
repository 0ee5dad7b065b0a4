/* SPDX-License-Identifier: MIT */
/* Positions that a server gave, one for each scope, as text. */
#ifndef CONN_SOURCE_REST_MARKS_H
#define CONN_SOURCE_REST_MARKS_H

#include "json/val.h"

struct marks {
	struct mark {
		char *scope, *text;
	} *v;
	size_t n, cap;
};

/* Of a stream's state. false: it has none. */
bool marks_parse(struct marks *m, const struct val *state);
const char *marks_find(const struct marks *m, const char *scope);
void marks_put(struct marks *m, const char *scope, struct span text);
void marks_drop(struct marks *m, const char *scope);
/* What m does not have. */
void marks_add(struct marks *m, const struct marks *more);
/* Writes the state. */
void marks_emit(const struct marks *m, const char *stream);
void marks_release(struct marks *m);

#endif

/* SPDX-License-Identifier: MIT */
/* The top-level fields that objects have, for `discover`. */
#ifndef CONN_SOURCE_FIELDS_H
#define CONN_SOURCE_FIELDS_H

#include "json/scan.h"
#include "base/mem.h"

enum { FIELDS_MAX = 1000 };

struct field {
	const char *name;
	unsigned types;         /* 1U << enum json_type of each met */
};

struct fields {                 /* zero-initialised is empty */
	struct arena arena;
	struct field v[FIELDS_MAX];
	size_t n;
};

void fields_look(void *fields, const struct json_object *o);
/* One line of conn-driver(7), discover. timestamp may be NULL. */
void fields_emit(const struct fields *f, const char *stream,
    const char *const *id, size_t nid, const char *timestamp);
void fields_release(struct fields *f);

#endif

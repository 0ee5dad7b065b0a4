/* SPDX-License-Identifier: MIT */
/* The columns of a table by name, and its rows as JSON objects of strings. */
#ifndef CONN_SOURCE_CSVNAMES_H
#define CONN_SOURCE_CSVNAMES_H

#include "source/csv.h"

struct csvnames {               /* zero-initialised has none */
	struct buf text;        /* "name": of each column, as JSON */
	size_t *end;
	size_t n;
	struct buf scratch;
};

/* The names are the row's fields, or without a header (and where a field is
 * empty) c1, c2, ... false: two columns have the same name. */
bool csvnames_set(struct csvnames *t, const struct csv *row, bool header);
void csvnames_release(struct csvnames *t);
/* The column of that name, n if there is none. */
size_t csvnames_find(struct csvnames *t, const char *name);

/* NULL, or what is wrong with the number of the row's columns. */
const char *csvnames_check(const struct csvnames *t, const struct csv *row);
/* Adds the row, which has n columns. */
void csvnames_put(const struct csvnames *t, const struct csv *row,
    struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* A CSV text with a header row to an array of objects of strings. */
#ifndef CONN_SOURCE_REST_TABLE_H
#define CONN_SOURCE_REST_TABLE_H

#include <stdint.h>

#include "base/buf.h"

/* Adds the array. delimiter 0: the first , ; or tab of the header outside of
 * quotes. NULL, or what is wrong, and in which line. */
const char *table_json(struct span text, char delimiter, struct buf *out,
    uint64_t *line);

#endif

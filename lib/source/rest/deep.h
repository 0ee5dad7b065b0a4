/* SPDX-License-Identifier: MIT */
/*
 * JSON that is nested deeper than libjq reads: one item that is must not keep
 * those beside it from being read.
 */
#ifndef CONN_SOURCE_REST_DEEP_H
#define CONN_SOURCE_REST_DEEP_H

#include "base/buf.h"
#include "json/scan.h"

/* Lists and objects of programs come around an answer. */
enum { DEEP_LEVELS = 250 };

/* Adds a value; what lies deeper than DEEP_LEVELS is cut off. -1: e. */
int deep_put(struct buf *out, struct span text, struct json_error *e);
/* Was something cut off there? */
bool deep_is_cut(struct span json);

#endif

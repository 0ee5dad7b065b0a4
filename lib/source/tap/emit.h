/* SPDX-License-Identifier: MIT */
/* A record as a document, and why a listing may lack some. */
#ifndef CONN_SOURCE_TAP_EMIT_H
#define CONN_SOURCE_TAP_EMIT_H

#include <stdarg.h>

#include "source/source.h"
#include "source/tap/path.h"

enum { TAP_DOUBT_MAX = 400 };

/* deleted: the member that is not null in a record of a deleted one, which is
 * a delete in a poll and nothing elsewhere; NULL: none such. true: a document
 * was printed. */
bool tap_emit(const struct request *rq, struct span id, const char *stream,
    const struct tap_path *timestamp, const struct json_object *o,
    const char *deleted, struct buf *scratch);

/* The first reason stays. */
void tap_doubt(char doubt[TAP_DOUBT_MAX], const char *fmt, va_list ap)
    MSG_PRINTF(2, 0);

#endif

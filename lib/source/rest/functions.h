/* SPDX-License-Identifier: MIT */
/* What programs of connectors may call that is not written in jq, and times
 * as documents have them. */
#ifndef CONN_SOURCE_REST_FUNCTIONS_H
#define CONN_SOURCE_REST_FUNCTIONS_H

#include "base/buf.h"
#include "json/scan.h"
#include "source/when.h"

/* A text in, a text added to out; false: it cannot be. */
typedef bool function(struct span in, struct buf *out);

struct function {
	const char *name;       /* in programs; NULL ends the table */
	function *call;
};

/* text: HTML or storage format to readable text (source/rest/html.h).
 * sha256: of the bytes, 64 lower-case hex digits. _time, _epoch_ms: of the
 * JSON text of a time, as function_put_time writes it and as an integer. */
extern const struct function functions[];

/*
 * A JSON value that is a time: RFC 3339 with any fraction, any offset (+01:00,
 * +0100, +01, UTC) or none (UTC), a date; or a number (or its digits as a
 * string) of seconds since 1970, told by its size from milli-, micro- and
 * nanoseconds. false: it is none, nor before 1980 as a number.
 */
bool function_time(struct span json, struct when *out);
/* Adds it in UTC with Z, and a fraction of 3, 6 or 9 digits if it has one. */
void function_put_time(struct buf *out, struct timespec t);

#endif

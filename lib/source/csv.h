/* SPDX-License-Identifier: MIT */
/*
 * Rows of RFC 4180: fields in quotes may hold delimiters, line breaks and
 * doubled quotes; lines end with LF or CRLF; empty lines are skipped. A quote
 * inside a field that does not begin with one is a character like others; a
 * CR within one is an error.
 */
#ifndef CONN_SOURCE_CSV_H
#define CONN_SOURCE_CSV_H

#include "base/line.h"

enum { CSV_COLUMNS = 65536 };

enum csv_result {
	CSV_ROW,
	CSV_BAD,        /* a row that is none: what says why; go on */
	CSV_LONG,       /* a row beyond the ceiling, skipped; go on */
	CSV_END,
	CSV_ERROR       /* reading failed, errno */
};

struct csv {
	struct lines *in;       /* the caller's; its max is that of a row */
	char delimiter;
	const char *what;
	uint64_t line;          /* where the row begins */
	struct buf text;        /* the fields, one after the other */
	size_t *end;            /* of each in text */
	size_t n, cap;
};

void csv_init(struct csv *c, struct lines *in, char delimiter);
void csv_release(struct csv *c);
enum csv_result csv_next(struct csv *c);
/* Field i < n of the row, until the next call. */
struct span csv_field(const struct csv *c, size_t i);

#endif

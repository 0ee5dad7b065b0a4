/* SPDX-License-Identifier: MIT */
/* State records that wait until all that they vouch for is written: the last
 * one of each stream. */
#ifndef CONN_STREAM_HELD_H
#define CONN_STREAM_HELD_H

#include "stream/writer.h"

struct held {                   /* zero-initialised is empty */
	struct held_state {
		char *stream, *line;
		size_t nline;
	} *v;
	size_t n, cap, bytes;
};

/* -1: a ceiling was passed; e without a place. */
int held_add(struct held *h, const struct rec *r, struct err *e);
/* In the order of their first appearance, with the writer's proof. */
void held_write(const struct held *h, struct writer *w);
void held_release(struct held *h);

#endif

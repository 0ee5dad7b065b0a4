/* SPDX-License-Identifier: MIT */
/* Positions of polls that are times: {"since":"..."} in the state. */
#ifndef CONN_SOURCE_POSITION_H
#define CONN_SOURCE_POSITION_H

#include "source/source.h"
#include "source/when.h"

/* Times from `from` on, up to `to` exclusive if it ends. Off: all. */
struct window {
	bool on, ends;
	struct timespec from, to;
};

bool window_has(const struct window *w, struct timespec t);
/* Is any moment that it can mean in the window? One that tells nothing is in
 * every window. */
bool window_may_have(const struct window *w, const struct when *t);
/* Of a stream that is to be polled, as one that is new: reset, and status 3. */
int position_missing(const char *stream, struct err *e);
/* What a poll of that stream is to read: since and until, or the saved
 * position less the overlap. One that is later than now (a clock was set back)
 * is refused as one that is missing. */
int window_init(struct window *w, const struct request *rq,
    const char *stream, struct timespec now, struct err *e);
/* Is it since or until, so that no state is to be written? */
bool window_explicit(const struct request *rq);

/* Writes the state: changes from t on are still to be read. */
void position_emit(const char *stream, struct timespec t);
/* The state of a stream that could not be read, and is to be read as a whole
 * once it can be. */
void position_emit_unread(const char *stream);
bool position_unread(const struct val *state);

#endif

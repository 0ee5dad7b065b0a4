/* SPDX-License-Identifier: MIT */
/* Writes a stream and its proof. raw: only bare documents come out. */
#ifndef CONN_STREAM_WRITER_H
#define CONN_STREAM_WRITER_H

#include "base/out.h"
#include "stream/record.h"

struct writer {
	struct out *out;
	bool raw;
	bool ended;
	struct proof proof;
	struct buf scratch;
};

void writer_init(struct writer *w, struct out *out, bool raw);
void writer_release(struct writer *w);  /* not out */

/* begin: members in order, "_ctl" first; "time" is set here if absent. Flushes:
 * the next program can check it before the first record comes. */
void writer_begin(struct writer *w, const struct val *begin);
void writer_doc(struct writer *w, struct span id, struct span line);
/* timestamp, hash: p NULL if absent. */
void writer_id(struct writer *w, struct span id, struct span timestamp,
    struct span hash);
void writer_delete(struct writer *w, struct span id, const char *reason);
/* id or prefix or neither (n = 0); message may be NULL. */
void writer_fail(struct writer *w, struct span id, struct span prefix,
    const char *code, const char *message);
/* A counted record as the bytes that came in. */
void writer_pass(struct writer *w, const struct rec *r);
/* value: JSON text of an object; the proof so far is added. */
void writer_state(struct writer *w, struct span stream, struct span value);
/* A state record passed on by a filter: its members, with our proof. val: the
 * same of one that was kept. */
void writer_state_pass(struct writer *w, const struct rec *r);
void writer_state_val(struct writer *w, const struct val *state);
/* The last line; more: further members to add (an object) or NULL; message
 * may be NULL. Flushes. Only the first call writes. */
void writer_end(struct writer *w, bool complete, int status,
    const char *message, const struct val *more);

#endif

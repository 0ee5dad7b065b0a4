/* SPDX-License-Identifier: MIT */
/*
 * The state's side of apply.h. Always in this order: everything sent is
 * acknowledged and durable, the index is still the one it was sent to, then
 * the state is replaced. -1: e; the state on disk is as it was.
 */
#ifndef CONN_INDEX_COMMIT_H
#define CONN_INDEX_COMMIT_H

#include "index/apply.h"

/* A stream begins. config: begin's, or NULL; is it the one that the saved
 * positions are of? */
void commit_begin(struct apply *a, const char *config);
/* Before the first operation or position: will they be of two configs? Then no
 * poll goes on until a stream brought everything. What is saved is otherwise as
 * it was loaded, so nothing of this stream may be in it yet. */
int commit_mixed(struct apply *a, struct err *e);
int commit_flush(struct apply *a, struct err *e);
/* The states proven so far. */
int commit_states(struct apply *a, struct err *e);
/* A verified end; config: begin's, or NULL. */
int commit_end(struct apply *a, const char *config, struct err *e);
/* A new run and nothing else: every stream that began to be read before now
 * is fenced off. */
int commit_fence(struct apply *a, struct err *e);

#endif

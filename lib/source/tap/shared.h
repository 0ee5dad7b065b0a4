/* SPDX-License-Identifier: MIT */
/*
 * A state that all streams of a program have together, as JSON text: that of
 * the stream "*", {KEY:TEXT,"streams":[LABEL,...]}; each stream's own is
 * {"shared":true}.
 */
#ifndef CONN_SOURCE_TAP_SHARED_H
#define CONN_SOURCE_TAP_SHARED_H

#include "source/source.h"

struct tap_labels {
	const char *const *v;
	size_t n;
};

/* The saved one of just these streams; NULL with no error: they have none.
 * Status 2 if it is of other streams than these. */
const struct val *tap_shared_given(const struct request *rq,
    const struct tap_labels *l, struct err *e);
void tap_shared_emit(struct arena *a, struct span key, struct span text,
    const struct tap_labels *l);
void tap_state_emit(const char *stream, const struct val *v);

#endif

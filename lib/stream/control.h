/* SPDX-License-Identifier: MIT */
/* The form of control records: their members and the types of these. */
#ifndef CONN_STREAM_CONTROL_H
#define CONN_STREAM_CONTROL_H

#include "stream/record.h"

/* Which control record is called so? -1: none. */
int control_kind(struct span name);
/* Checks r->ctl by r->kind, and fills in what r says of it. */
int control_check(struct rec *r, struct err *e);

/* err_set with status 3. Always -1. */
int record_err(struct err *e, const char *fmt, ...) MSG_PRINTF(2, 3);

/* id_fault of text that is known to be UTF-8. */
const char *name_fault(struct span s);

bool mode_parse(struct span s, enum mode *out);

#endif

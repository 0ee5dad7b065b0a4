/* SPDX-License-Identifier: MIT */
/* What an answer's code means: the key `status`, and the table without it. */
#ifndef CONN_SOURCE_REST_STATUS_H
#define CONN_SOURCE_REST_STATUS_H

#include "source/rest/view.h"

enum action {
	ACT_NONE,       /* no such action */
	ACT_OK,
	ACT_RETRY,      /* in vain: status 75 */
	ACT_RETRY_SKIP, /* in vain: skip */
	ACT_EMPTY,      /* the scope has nothing, and was read */
	ACT_SKIP,       /* the scope was not read */
	ACT_RESET,      /* the mark is refused */
	ACT_DENIED,     /* as 401: renewed once, then status 3 */
	ACT_STOP
};

int status_read(struct programs *p, const struct val *status,
    const char *stem, struct status_rule **rules, size_t *n, struct err *e);
enum action status_action(struct span name);
/* The rule for a code, or NULL. */
const struct status_rule *status_rule(const struct ask *a, int code);
/* Without a rule. marked: a mark was sent. */
enum action status_default(int code, bool marked);

#endif

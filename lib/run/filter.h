/* SPDX-License-Identifier: MIT */
/* conn-load as a filter: --ids and --confirm. */
#ifndef CONN_RUN_FILTER_H
#define CONN_RUN_FILTER_H

#include "run/front.h"

/* Loads what the id and fail records of fd name; deletes, documents and fails
 * without an id pass on. bare_ok: fd may be a list without begin and end. -1:
 * e, and nothing was written yet: call front_refuse. */
int filter_ids(struct front *f, int fd, const char *place, bool bare_ok,
    struct err *e);

/* Passes the stream on, but asks the source for each id that is to be deleted
 * first: found: the document; gone: the delete; unreadable: a fail. */
int filter_confirm(struct front *f, int fd, struct err *e);

#endif

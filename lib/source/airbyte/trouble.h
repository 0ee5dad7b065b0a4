/* SPDX-License-Identifier: MIT */
/* What a connector says of itself: its logs, and its errors as ours. */
#ifndef CONN_SOURCE_AIRBYTE_TROUBLE_H
#define CONN_SOURCE_AIRBYTE_TROUBLE_H

#include "base/buf.h"
#include "base/msg.h"

struct trouble {
	int status;             /* 2, 3 or 75 */
	char text[400];
	struct span stream;     /* its stream_descriptor, as written; p NULL:
	                           it is not of one stream */
};

/* A TRACE message's body. false: it tells of no error. */
bool trouble_read(struct trouble *t, struct span trace, struct buf *scratch);

/* Shows a LOG message's body: errors always, warnings from level 1 on, what
 * else there is from 2 on. */
void log_show(struct span log, int verbose, struct buf *scratch);
/* Does it say that an answer was passed over? 0: no, -1: yes, not which, else
 * the status of the answer. */
int log_ignored(struct span log, struct buf *scratch);

#endif

/* SPDX-License-Identifier: MIT */
#include "source/tap/emit.h"

#include <stdio.h>

enum { TIME_MAX = 128 };

static bool
is_deleted(const struct json_object *o, const char *deleted)
{
	const struct json_member *m = deleted != NULL ?
	    json_find(o, deleted, NULL) : NULL;

	return m != NULL && m->type != JSON_NULL;
}

bool
tap_emit(const struct request *rq, struct span id, const char *stream,
    const struct tap_path *timestamp, const struct json_object *o,
    const char *deleted, struct buf *scratch)
{
	static const struct span none = { NULL, 0 };
	struct span time = none;

	if (is_deleted(o, deleted)) {
		if (streq(rq->verb, "poll"))
			emit_delete(id);
		return false;
	}
	if (timestamp->n > 0)
		time = tap_path_value(timestamp, o, scratch);
	emit_doc(id, time.n <= TIME_MAX && time.n > 0 ? time : none, stream,
	    rq->slim ? none : o->text);
	return true;
}

void
tap_doubt(char doubt[TAP_DOUBT_MAX], const char *fmt, va_list ap)
{
	if (doubt[0] == '\0')
		vsnprintf(doubt, TAP_DOUBT_MAX, fmt, ap);
}

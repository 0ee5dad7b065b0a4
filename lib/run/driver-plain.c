/* SPDX-License-Identifier: MIT */
#include "json/text.h"
#include "run/driver-line.h"
#include "stream/record.h"

bool
line_plain(struct line_parser *p, struct span text, struct driver_line *l)
{
	struct span rest = text;
	struct json_error je;

	*l = (struct driver_line){ .kind = DRV_DOC, .line = text };
	if (!json_take_plain(&rest, SPAN("{\"id\":\""), &l->id))
		return false;
	(void)json_take_plain(&rest, SPAN(",\"timestamp\":\""),
	    &l->timestamp);
	(void)json_take_plain(&rest, SPAN(",\"stream\":\""), &l->stream);
	if (span_starts(rest, SPAN(",\"doc\":{"))) {
		rest = (struct span){ rest.p + 7, rest.n - 7 };
		l->doc = (struct span){ rest.p, rest.n - 1 };
		if (json_object_scan(l->doc, JSON_DEPTH, &p->o, &je) != 0)
			return false;
		rest = (struct span){ rest.p + rest.n - 1, 1 };
		l->doc = p->o.text;
		l->members = &p->o;
		l->lone_surrogate = p->o.lone_surrogate;
	}
	p->unknown = (struct span){ NULL, 0 };
	return span_is(rest, "}") && l->id.n > 0 &&
	    l->timestamp.n <= STREAM_TIME_MAX &&
	    (l->doc.p != NULL || p->verb == VERB_SLIM);
}

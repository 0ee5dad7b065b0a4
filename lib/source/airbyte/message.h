/* SPDX-License-Identifier: MIT */
/* One line of a connector's stdout: a message of the Airbyte protocol. */
#ifndef CONN_SOURCE_AIRBYTE_MESSAGE_H
#define CONN_SOURCE_AIRBYTE_MESSAGE_H

#include "json/scan.h"

enum message_kind {
	AB_RECORD, AB_STATE, AB_LOG, AB_TRACE, AB_CONTROL, AB_SPEC,
	AB_STATUS, AB_CATALOG,
	AB_OTHER,              /* of a type that says nothing to us */
	AB_NOISE,              /* not JSON: printed by something else */
	AB_BROKEN              /* may have been a message */
};

struct message {
	enum message_kind kind;
	struct span body;       /* the object in it, as written; a noise's
	                           text */
};

/* line: BUF_PAD readable bytes after it; o is scratch. */
void message_parse(struct message *m, struct span line, struct json_object *o);

#endif

/* SPDX-License-Identifier: MIT */
/* One line of a tap's stdout: a message of Singer. */
#ifndef CONN_SOURCE_SINGER_MESSAGE_H
#define CONN_SOURCE_SINGER_MESSAGE_H

#include "json/scan.h"

enum singer_kind {
	SINGER_SCHEMA, SINGER_RECORD, SINGER_STATE, SINGER_VERSION,
	SINGER_BATCH,
	SINGER_OTHER,           /* of a type that says nothing to us */
	SINGER_NOISE,           /* no message: printed by something else */
	SINGER_BROKEN           /* may have been a message */
};

/* Its members are in o then. line: BUF_PAD readable bytes after it. */
enum singer_kind singer_message(struct span line, struct json_object *o);

#endif

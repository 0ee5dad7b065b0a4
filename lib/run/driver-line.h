/* SPDX-License-Identifier: MIT */
/* One line of a driver's output, its form checked. */
#ifndef CONN_RUN_DRIVER_LINE_H
#define CONN_RUN_DRIVER_LINE_H

#include "run/driver.h"

enum driver_verb {
	VERB_CHECK, VERB_DISCOVER, VERB_LOAD, VERB_POLL, VERB_SLIM,
	VERB_CHANGED, VERB_SETTINGS, VERB_NONE
};
enum driver_verb driver_verb(const char *name);

/* Members that mean something; a line may hold each once. */
enum driver_member {
	M_ID, M_TIMESTAMP, M_DOC, M_STREAM,     /* the most frequent first */
	M_FAIL, M_DELETE, M_STATE, M_KEEP, M_RESET, M_CHECK, M_CHANGED,
	M_PREFIX, M_CODE, M_MESSAGE, M_VALUE, M_OK, M_FIELDS,
	M_SCHEMA, M_COUNT
};

struct line_parser {            /* zero-initialised but verb is ready */
	enum driver_verb verb;
	struct json_object o;
	struct json_member inner[M_COUNT];      /* of the nested object */
	struct span unknown;    /* a member that is none of these; p NULL */
	struct buf id, prefix, timestamp, stream, code, message, name,
	    flat;
	struct arena arena;
};

/* A document as most drivers write most of them, its head read without the
 * scanner. false: it is not just so; line_parse must look at it. */
bool line_plain(struct line_parser *p, struct span text,
    struct driver_line *l);
/* text: BUF_PAD readable bytes after it. 0, or -1: what breaks the form. */
int line_parse(struct line_parser *p, struct span text, struct driver_line *l,
    char what[MSG_MAX]);
void line_parser_release(struct line_parser *p);

#endif

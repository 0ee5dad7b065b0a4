/* SPDX-License-Identifier: MIT */
/* load, slim and poll: a connector's `read`. */
#ifndef CONN_SOURCE_AIRBYTE_READ_H
#define CONN_SOURCE_AIRBYTE_READ_H

#include "source/airbyte/catalog.h"
#include "source/airbyte/connector.h"
#include "source/airbyte/states.h"

struct reading {
	struct connector *c;
	const struct request *rq;
	struct catalog catalog;
	struct states states;
	bool poll, given;       /* given: a saved state was */
	bool cut;               /* its last line has no end */
	bool told;              /* it tells what becomes of streams */
	bool enough;            /* as many documents as were asked for */
	uint64_t documents;
	struct json_object object;
	struct buf id, text, scratch[2];
};

/* Reads it all, judges it, prints what there is. */
int airbyte_read(struct connector *c, struct err *e);

/* ---- its parts ---- */

/* The line of a record; false: it is none that can be told at a glance. */
bool record_quick(struct reading *r, struct span line);
/* The body of a RECORD message out of that line. */
void record_take(struct reading *r, struct span line, struct span body);

/* After its end: fails, keeps, states, and the status of it all. */
int judge(struct reading *r, struct err *e);

#endif

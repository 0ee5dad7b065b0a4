/* SPDX-License-Identifier: MIT */
/* The parent's end of a jq worker: starts it, asks it, stops it in time, and
 * has another where one died. */
#ifndef CONN_RULES_JQPEER_H
#define CONN_RULES_JQPEER_H

#include <sys/types.h>

#include "rules/jqworker.h"

/* Zero-initialised but for setup (borrowed) and seconds. */
struct jqpeer {
	const struct jqworker_setup *setup;
	double seconds;         /* for an exchange */
	pid_t pid;              /* 0: no worker; between calls it is idle */
	int fd;
	bool used;              /* the worker has answered before */
	struct buf reply;       /* what the last frame held */
};

/* What came of an exchange with the worker. */
enum jqpeer_talk { JQPEER_OK, JQPEER_LATE, JQPEER_DEAD };

/* Starts a worker and hears whether the text compiles: *kind is READY, or
 * BROKEN, and then no worker is left, as where *talk is not OK. -1: none can
 * be had. */
int jqpeer_start(struct jqpeer *p, enum jqpeer_talk *talk,
    enum jqframe_kind *kind, struct err *e);
/* Sends f with vars and in, and waits for the answer. After a time that is up
 * or a death the next call starts another worker; one that dies and has
 * answered before may have had enough of that, so it is asked once more. */
int jqpeer_ask(struct jqpeer *p, int program, struct span vars,
    struct span in, enum jqpeer_talk *talk, enum jqframe_kind *kind,
    struct err *e);
/* Ends the worker. */
void jqpeer_release(struct jqpeer *p);

#endif

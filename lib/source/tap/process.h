/* SPDX-License-Identifier: MIT */
/*
 * Another's program that prints one message a line: started, read, ended. It
 * stays in our process group, which whoever started us kills when we are gone,
 * and is killed itself when we end.
 *
 * Its stderr is read meanwhile; each line is shown where that is asked for,
 * with secrets masked, and the last ones are kept.
 */
#ifndef CONN_SOURCE_TAP_PROCESS_H
#define CONN_SOURCE_TAP_PROCESS_H

#include <sys/types.h>

#include "base/line.h"
#include "base/msg.h"

enum {
	TAP_LINE_MAX = 64 << 20,        /* of its stdout */
	TAP_SAID_MAX = 64 << 10,        /* of its stderr; more is cut */
	TAP_KEPT = 4,                   /* lines of stderr */
	TAP_SHOWN = 800,
	TAP_LINGER = 5          /* seconds that what it left behind may hold
	                           its stdout, and that it may live without */
};

struct tap {
	pid_t pid;
	int pidfd;              /* -1: the kernel has none */
	int out, err;           /* -1: closed */
	struct lines in;
	/* The caller's, before tap_start. */
	bool show;              /* its stderr, as it comes */
	/* each line of stderr as it is, and what may be shown of it */
	void (*hear)(void *ctx, struct span line, const char *clean);
	/* if not NULL: when this descriptor can be read (-1: none), and after
	 * each read of its output, before anybody sees that */
	void (*ready)(void *ctx);
	int watch;
	void *ctx;

	bool exited, late;      /* late: it had to be killed */
	int status;             /* waitpid's, if exited */
	struct buf line;        /* of stderr, not yet ended */
	char kept[TAP_KEPT][TAP_SHOWN]; /* the last ones; "": none */
	size_t nkept;           /* ever */
};

/* argv, env: NULL-terminated. dir: its working folder. Status 3 or 75. */
int tap_start(struct tap *t, char *const argv[], char *const env[],
    const char *dir, struct err *e);
/* As lines_next: OK, CUT, LONG, EOF or ERROR. */
enum line_result tap_next(struct tap *t, struct span *line);
/* After its output ended: waits for its end, frees. */
void tap_finish(struct tap *t);
/* Ends it where it is, frees; fine when it ended before. */
void tap_stop(struct tap *t);
/* After either of them. The last line of its stderr, masked; "" if none. */
const char *tap_said(const struct tap *t);
/* Did it end well? Else why: "ended with status 1", "was killed by signal 9",
 * and how that counts: 3, or 75 where somebody else ended it. */
int tap_verdict(const struct tap *t, char *why, size_t size);

/* Words of sockets and their libraries in it: another try may help. */
bool tap_of_connection(const char *text);
/* Masks it in all messages; of more than one line each as well. */
void tap_secret(struct span text);

#endif

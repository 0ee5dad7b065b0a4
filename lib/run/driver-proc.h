/* SPDX-License-Identifier: MIT */
/*
 * A driver's process and what surrounds it: its process group, the watchdog
 * that leads the group, its three descriptors.
 *
 * The watchdog is forked first and the driver joins its group, so there is no
 * moment in which the driver runs and nobody would kill it with us. The group's
 * number stays ours until the watchdog is reaped, so a signal to the group
 * cannot hit a stranger.
 */
#ifndef CONN_RUN_DRIVER_PROC_H
#define CONN_RUN_DRIVER_PROC_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/msg.h"
#include "run/driver.h"

enum {
	PROC_LINE_MAX = 64 << 10,       /* of its stderr; more is cut */
	PROC_KEEP_MAX = 1 << 20,
	PROC_SAID = 900,        /* leaves room for names in a message */
	PROC_LINGER = 5                 /* seconds to end without a stdout, and
	                                   of what lives on to close it */
};

struct proc {
	const char *type;       /* for messages */
	pid_t pid, group;       /* 0: none (any more) */
	int pidfd;              /* -1: the kernel has none */
	int out, err;           /* our ends; -1: closed */
	struct buf line;        /* of stderr, not yet ended */
	char said[PROC_SAID];   /* the last line of stderr; "": none */
	const struct config *config;    /* what its messages name is there;
	                           NULL: they are shown as they are */
	struct buf *keep;       /* its stderr goes here {1 MiB}; NULL: shown */
	bool exited;
	int status;             /* waitpid's, if exited */
	double end;             /* of what it left behind, if exited */
};

/* All of a driver's stdin for this request. */
void driver_put_request(struct buf *b, const struct driver_request *rq);
/* verb NULL: no argument. request: all of its stdin; it may stay unread. */
int proc_start(struct proc *p, const char *path, const char *type,
    const char *verb, struct span request, struct err *e);

enum proc_event {
	PROC_OUT,       /* its stdout has bytes, or is at its end */
	PROC_EXIT,      /* it ended: told once */
	PROC_TIMEOUT,
	PROC_SIGNAL     /* sig_stop is set */
};
/* Shows its stderr meanwhile. until: of clock_mono(). Once it has ended only
 * what it started can still write; for that, PROC_LINGER is the most. */
enum proc_event proc_wait(struct proc *p, double until);
/* SIGTERM to the group, SIGKILL after a while; then as proc_kill. */
void proc_stop(struct proc *p);
/* SIGKILL to what is left of the group; reaps, shows the rest of its stderr,
 * closes. Fine when it ended before, and twice. */
void proc_kill(struct proc *p);
/* Closes our end of its stdout and waits for its end: driver_finish. */
int proc_finish(struct proc *p, struct err *e);

#endif

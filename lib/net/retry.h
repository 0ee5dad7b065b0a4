/* SPDX-License-Identifier: MIT */
/*
 * When to try again: exponential backoff with full jitter, and one budget of
 * trouble for a whole run. Trouble is the time from a failure to the start of
 * the next attempt that succeeds, waiting and failing again alike.
 */
#ifndef CONN_NET_RETRY_H
#define CONN_NET_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct retry {
	double budget;          /* seconds */
	double spent;           /* of troubles that are over */
	double since;           /* the present trouble began; 0: none */
	double resumed;         /* the last wait ended */
	unsigned failures;      /* in a row */
	uint64_t random;
};

enum {
	RETRY_FLOOR_MAX = 300   /* seconds of a Retry-After that are obeyed */
};

void retry_init(struct retry *r, double budget);
/* Waits after a failure, at least floor seconds (Retry-After; 0: none).
 * false, at once: the budget would not last, or sig_stop is set (also when it
 * comes while waiting). Then the caller gives up. */
bool retry_wait(struct retry *r, double floor);
/* Something was done: the next failure begins with short waits again. */
void retry_success(struct retry *r);

#endif

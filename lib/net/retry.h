/* SPDX-License-Identifier: MIT */
/*
 * When to try again: exponential backoff with full jitter, and one budget of
 * trouble for a whole run. Something is in trouble from its failure to the
 * start of the attempt that succeeds, waiting and failing again alike; time
 * in which several are in trouble counts once.
 */
#ifndef CONN_NET_RETRY_H
#define CONN_NET_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* Of a run. */
struct retry {
	double budget;          /* seconds */
	double first;           /* the first wait is at most that long */
	double spent;           /* of troubles that are over */
	double since;           /* the present trouble began; 0: none */
	double resumed;         /* the last wait of what succeeded ended */
	unsigned troubled;      /* how many are in trouble */
	uint64_t random;
};

/* Of one thing that is tried until it succeeds; zero-initialised is ready. */
struct retry_try {
	unsigned failures;      /* in a row */
	double resumed;         /* the last wait ends */
};

enum {
	RETRY_FLOOR_MAX = 300   /* seconds of a Retry-After that are obeyed */
};

void retry_init(struct retry *r, double budget);
/* Seconds to wait after a failure, at least floor (Retry-After; 0: none).
 * Negative: the budget would not last, or sig_stop is set. Then the caller
 * gives up. */
double retry_delay(struct retry *r, struct retry_try *t, double floor);
/* Waits for that. false, at once: give up; also when a stop signal comes while
 * waiting. */
bool retry_wait(struct retry *r, struct retry_try *t, double floor);
/* Something was done: its next failure begins with short waits again. */
void retry_success(struct retry *r, struct retry_try *t);

#endif

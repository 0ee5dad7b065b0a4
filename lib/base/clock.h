/* SPDX-License-Identifier: MIT */
/* Wall and monotonic time; RFC 3339. */
#ifndef CONN_BASE_CLOCK_H
#define CONN_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/span.h"

enum { CLOCK_TEXT = 96 };

double clock_mono(void);                /* seconds */
struct timespec clock_wall(void);
void clock_sleep(double seconds);       /* ends early on a signal */
/* A file system's clock goes in steps: of the kernel's tick, or whole seconds.
 * Seconds until what changes a file of this time again must give it another;
 * 0: it would already, or the time is still to come. */
double clock_step_left(struct timespec stamp);

/* RFC 3339 in UTC with Z and `digits` (0..9) digits of the fraction. */
void clock_format(struct timespec t, int digits, char out[CLOCK_TEXT]);
void clock_now(char out[CLOCK_TEXT]);   /* with microseconds */
/* A date, or a date and time (T, t or space), fraction of any length, zone Z,
 * z or +hh:mm; no zone is UTC. Digits past nanoseconds are cut. */
bool clock_parse(struct span s, struct timespec *out);
/* The same, to the letter of RFC 3339: a date and a time, T or t, a zone. */
bool clock_parse_strict(struct span s, struct timespec *out);
int clock_cmp(struct timespec a, struct timespec b);
struct timespec clock_earlier(struct timespec t, double seconds);

#endif

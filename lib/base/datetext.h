/* SPDX-License-Identifier: MIT */
/*
 * Times as people and programs write them, beyond RFC 3339 (base/clock.h).
 * Only what can be read in one way is read: no time without a date, no year
 * of two digits, no 03.04.2024.
 */
#ifndef CONN_BASE_DATETEXT_H
#define CONN_BASE_DATETEXT_H

#include <stdbool.h>
#include <time.h>

#include "base/span.h"

/*
 * Y-M-D or Y/M/D, M/D/Y, "2 Jan 2006", "Jan 2, 2006", with the day of the
 * week or not, ctime(3), Chinese; with a time of day (AM, PM) or without; a
 * zone as in RFC 3339, +hhmm, +hh, UTC, GMT or one of RFC 2822's; without one
 * it is UTC. Digits alone: seconds (10), milliseconds (13), microseconds (16)
 * or nanoseconds (19) since 1970.
 */
bool datetext_parse(struct span s, struct timespec *out);

/* A number as JSON has it, in units of 10^-scale seconds since 1970, exactly;
 * what is less than a nanosecond is cut. false: no year of four digits. */
bool datetext_number(struct span s, int scale, struct timespec *out);

#endif

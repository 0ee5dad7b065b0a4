/* SPDX-License-Identifier: MIT */
/* When something was changed, as a source writes it. */
#ifndef CONN_SOURCE_WHEN_H
#define CONN_SOURCE_WHEN_H

#include <time.h>

#include "base/span.h"

enum { YEAR_1980 = 315532800 };

struct when {
	struct timespec time;
	bool day;               /* a date alone, which begins then in UTC */
};

/* What clock_parse reads. */
bool when_parse(struct span text, struct when *out);
/* false: it is before 1980, and so a zero of some kind, as year 1 is, which
 * tells nothing. */
bool when_tells(const struct when *w);
/* The first and the last moment that it can mean: those of a date alone on all
 * clocks of the world, from UTC+14 to UTC-12. */
struct timespec when_first(const struct when *w);
struct timespec when_last(const struct when *w);

#endif

/* SPDX-License-Identifier: MIT */
#include "source/when.h"

#include "base/clock.h"

enum { DATE = 10, HOUR = 3600, DAY = 24 * HOUR, EAST = 14 * HOUR,
	WEST = 12 * HOUR };

bool
when_parse(struct span text, struct when *out)
{
	bool good = clock_parse(text, &out->time);

	out->day = good && text.n == DATE;
	return good;
}

bool
when_tells(const struct when *w)
{
	return w->time.tv_sec >= YEAR_1980;
}

struct timespec
when_first(const struct when *w)
{
	struct timespec t = w->time;

	if (w->day)
		t.tv_sec -= EAST;
	return t;
}

struct timespec
when_last(const struct when *w)
{
	struct timespec t = w->time;

	if (w->day) {
		t.tv_sec += DAY + WEST - 1;
		t.tv_nsec = 999999999;
	}
	return t;
}

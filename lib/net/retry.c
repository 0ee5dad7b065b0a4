/* SPDX-License-Identifier: MIT */
#include "net/retry.h"

#include <math.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/sig.h"

static const double first = 0.5, longest = 60;  /* seconds */

void
retry_init(struct retry *r, double budget)
{
	struct timespec t = clock_wall();

	*r = (struct retry){ .budget = budget };
	r->random = (uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec ^
	    (uint64_t)getpid() << 16;
}

/* 0 <= result < 1 (splitmix64). */
static double
jitter(struct retry *r)
{
	uint64_t z = r->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

bool
retry_wait(struct retry *r, double floor)
{
	double now = clock_mono(), left, delay;

	if (r->since == 0)
		r->since = now;
	left = r->budget - r->spent - (now - r->since);
	if (floor > RETRY_FLOOR_MAX)
		floor = RETRY_FLOOR_MAX;
	if (left <= 0 || floor > left)
		return false;
	delay = fmin(longest, ldexp(first, r->failures < 16 ?
	    (int)r->failures : 16)) * jitter(r);
	delay = fmin(fmax(delay, floor), left);
	r->failures++;
	detail("trying again in %.1f s", delay);
	if (sig_poll(NULL, 0, (int)(delay * 1e3)) != 0)
		return false;
	r->resumed = clock_mono();
	return true;
}

void
retry_success(struct retry *r)
{
	if (r->since != 0 && r->resumed > r->since)
		r->spent += r->resumed - r->since;
	r->since = 0;
	r->failures = 0;
}

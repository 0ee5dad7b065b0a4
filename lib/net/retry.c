/* SPDX-License-Identifier: MIT */
#include "net/retry.h"

#include <math.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/sig.h"

static const double longest = 60;       /* seconds */

void
retry_init(struct retry *r, double budget)
{
	struct timespec t = clock_wall();

	*r = (struct retry){ .budget = budget, .first = 0.5 };
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

double
retry_delay(struct retry *r, struct retry_try *t, double floor)
{
	double now = clock_mono(), left, delay;

	if (t->failures == 0 && r->troubled++ == 0)
		r->since = now;
	delay = fmin(longest, ldexp(r->first, t->failures < 16 ?
	    (int)t->failures : 16)) * jitter(r);
	t->failures++;
	left = r->budget - r->spent - (now - r->since);
	if (floor > RETRY_FLOOR_MAX)
		floor = RETRY_FLOOR_MAX;
	if (left <= 0 || floor > left || sig_stop)
		return -1;
	delay = fmin(fmax(delay, floor), left);
	t->resumed = now + delay;
	detail("trying again in %.1f s", delay);
	return delay;
}

bool
retry_wait(struct retry *r, struct retry_try *t, double floor)
{
	double delay = retry_delay(r, t, floor);

	return delay >= 0 && sig_poll(NULL, 0, (int)ceil(delay * 1e3)) == 0;
}

void
retry_success(struct retry *r, struct retry_try *t)
{
	if (t->failures == 0)
		return;
	t->failures = 0;
	if (t->resumed > r->resumed)
		r->resumed = t->resumed;
	if (--r->troubled > 0)
		return;
	if (r->resumed > r->since)
		r->spent += r->resumed - r->since;
	r->since = 0;
}

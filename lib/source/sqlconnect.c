/* SPDX-License-Identifier: MIT */
#include "source/sqlconnect.h"

#include "base/clock.h"

static const double RETRY = 600, WAIT_FIRST = 0.1, WAIT_MOST = 10;

int
sqlconnect_retry(const struct request *rq, double *out, struct err *e)
{
	*out = RETRY;
	return source_seconds(rq, "retry", out, e);
}

int
sqlconnect(const struct request *rq, int (*attempt)(void *ctx,
    const struct request *rq, struct err *e), void *ctx, struct err *e)
{
	double retry, wait = WAIT_FIRST, end;

	if (sqlconnect_retry(rq, &retry, e) != 0)
		return -1;
	end = clock_mono() + retry;
	while (attempt(ctx, rq, e) != 0) {
		if (e->status != ST_TEMP || clock_mono() + wait > end)
			return -1;
		detail("%s; again in %.1f s", e->text, wait);
		clock_sleep(wait);
		wait = wait * 2 < WAIT_MOST ? wait * 2 : WAIT_MOST;
	}
	*e = (struct err){ 0 };
	return 0;
}

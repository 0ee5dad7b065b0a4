/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sig.h"
#include "net/retry.h"
#include "tap.h"

/* How long one wait takes; negative: it was refused. */
static double
waited(struct retry *r, double floor)
{
	double t = clock_mono();
	bool done = retry_wait(r, floor);

	t = clock_mono() - t;
	return done ? t : -t - 1e-9;
}

static void
test_growth(void)
{
	double most = 0, t;
	struct retry r;

	retry_init(&r, 60);
	for (int i = 0; i < 20; i++) {
		r.failures = 0;
		t = waited(&r, 0);
		if (t < 0 || t > 0.52)
			ok(false, "the first wait took %g s", t);
		most = t > most ? t : most;
	}
	ok(most > 0.1, "first waits are between 0 and 0.5 s");
	retry_success(&r);
	ok(r.failures == 0 && r.since == 0, "success begins anew");
}

static void
test_floor(void)
{
	struct retry r;
	double t;

	retry_init(&r, 60);
	t = waited(&r, 0.7);
	ok(t >= 0.69 && t < 1, "a floor is kept: %g s", t);
	retry_init(&r, 60);
	t = waited(&r, 61);
	ok(t < 0 && t > -0.1, "a floor beyond the budget: refused at once");
	retry_init(&r, 1e6);
	raise(SIGTERM);
	t = waited(&r, 1e5);
	ok(t < 0 && t > -0.1, "a stop signal: refused at once");
	sig_stop = 0;
}

static void
test_budget(void)
{
	double t = clock_mono();
	struct retry r;
	int n = 0;

	retry_init(&r, 0.5);
	while (retry_wait(&r, 0) && n < 1000)
		n++;
	t = clock_mono() - t;
	ok(t > 0.45 && t < 0.7 && n > 0, "the waits end with the budget: %g s",
	    t);
	retry_success(&r);
	ok(r.spent > 0.45 && !retry_wait(&r, 0),
	    "it is one for all troubles of a run");
	retry_init(&r, 0.5);
	r.since = clock_mono() - 1;
	ok(!retry_wait(&r, 0), "time of failing counts like waiting");
	retry_init(&r, 0.3);
	r.failures = 20;
	t = waited(&r, 0);
	ok(t > 0 && t < 0.4, "a long wait is cut to what is left: %g s", t);
	retry_init(&r, 0);
	ok(!retry_wait(&r, 0), "no budget: no wait");
}

int
main(void)
{
	sig_install();
	test_growth();
	test_floor();
	test_budget();
	return tap_done();
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sig.h"
#include "net/retry.h"
#include "tap.h"

/* How long one wait takes; negative: it was refused. */
static double
waited(struct retry *r, struct retry_try *try, double floor)
{
	double t = clock_mono();
	bool done = retry_wait(r, try, floor);

	t = clock_mono() - t;
	return done ? t : -t - 1e-9;
}

static void
test_growth(void)
{
	struct retry_try try = { 0 };
	double most = 0, t;
	struct retry r;

	retry_init(&r, 60);
	for (int i = 0; i < 20; i++) {
		retry_success(&r, &try);
		t = retry_delay(&r, &try, 0);
		if (t < 0 || t > 0.5)
			ok(false, "the first wait is %g s", t);
		most = t > most ? t : most;
	}
	ok(most > 0.1, "first waits are between 0 and 0.5 s");
	retry_success(&r, &try);
	ok(try.failures == 0 && r.since == 0, "success begins anew");
}

/* Full jitter: anything below twice the last bound, and a minute at most. */
static void
test_jitter(void)
{
	double bound[] = { 0.5, 1, 2, 4, 8, 16, 32, 60, 60 };
	struct retry a, b;
	size_t same = 0;

	retry_init(&a, 1e6);
	retry_init(&b, 1e6);
	b.random = a.random + 1;
	for (unsigned i = 0; i < sizeof bound / sizeof *bound; i++) {
		double low = INFINITY, high = 0;

		for (int k = 0; k < 200; k++) {
			struct retry_try ta = { .failures = i }, tb = ta;
			double t = retry_delay(&a, &ta, 0);

			same += t == retry_delay(&b, &tb, 0);
			low = fmin(low, t);
			high = fmax(high, t);
		}
		ok(low >= 0 && low < bound[i] / 4 && high > bound[i] * 3 / 4 &&
		    high <= bound[i], "after %u failures: %g to %g s", i + 1,
		    low, high);
	}
	ok(same == 0, "two runs do not wait alike");
}

static void
test_floor(void)
{
	struct retry_try try = { 0 };
	struct retry r;
	double t;

	retry_init(&r, 60);
	t = waited(&r, &try, 0.7);
	ok(t >= 0.69, "a floor is kept: %g s", t);
	t = waited(&r, &try, 61);
	ok(t < 0 && t > -30, "a floor beyond the budget: refused at once");
	retry_init(&r, 1e6);
	raise(SIGTERM);
	try.failures = 0;
	t = waited(&r, &try, 1e5);
	ok(t < 0 && t > -30, "a stop signal: refused at once");
	sig_stop = 0;
}

static void
test_budget(void)
{
	double t = clock_mono();
	struct retry_try try = { 0 };
	struct retry r;
	int n = 0;

	retry_init(&r, 0.5);
	while (retry_wait(&r, &try, 0) && n < 1000)
		n++;
	t = clock_mono() - t;
	ok(t > 0.45 && n > 0 && n < 1000, "the waits end with the budget: %g s",
	    t);
	retry_success(&r, &try);
	ok(r.spent > 0.45 && !retry_wait(&r, &try, 0),
	    "it is one for all troubles of a run");
	try = (struct retry_try){ .failures = 1 };
	retry_init(&r, 0.5);
	r.troubled = 1;
	r.since = clock_mono() - 1;
	ok(!retry_wait(&r, &try, 0), "time of failing counts like waiting");
	try = (struct retry_try){ .failures = 20 };
	retry_init(&r, 0.3);
	r.troubled = 1;
	r.since = clock_mono();
	t = waited(&r, &try, 0);
	ok(t > 0 && t < 30, "a long wait is cut to what is left: %g s", t);
	try = (struct retry_try){ 0 };
	retry_init(&r, 0.0005);
	for (n = 0; retry_wait(&r, &try, 0) && n < 1000; n++)
		;
	ok(n <= 1, "less than a millisecond left: %d tries", n);
	try = (struct retry_try){ 0 };
	retry_init(&r, 0);
	ok(!retry_wait(&r, &try, 0), "no budget: no wait");
}

static void
test_several(void)
{
	struct retry_try a = { 0 }, b = { 0 }, c = { 0 };
	struct retry r;

	retry_init(&r, 10);
	ok(retry_delay(&r, &a, 1) == 1 && retry_delay(&r, &b, 2) == 2 &&
	    r.troubled == 2, "two in trouble at once");
	retry_success(&r, &c);
	ok(r.troubled == 2, "a third that never was does not help them");
	retry_success(&r, &b);
	ok(r.troubled == 1 && r.since != 0, "one is left");
	r.since -= 3;
	retry_success(&r, &a);
	ok(r.troubled == 0 && r.spent > 4.9 && r.spent < 5.1,
	    "what both spent counts once: %g s", r.spent);
	ok(retry_delay(&r, &a, 4.5) == 4.5 && retry_delay(&r, &b, 5.2) < 0,
	    "the rest is for the next");
}

int
main(void)
{
	sig_install();
	test_growth();
	test_jitter();
	test_floor();
	test_budget();
	test_several();
	return tap_done();
}

/* SPDX-License-Identifier: MIT */
/* Held deletes, this run's failures, what must be before a commit. */
#include <stdlib.h>

#include "index/commit.h"
#include "index/failed.h"
#include "index/held.h"
#include "stream/state.h"
#include "tap.h"

static struct span
id_of(unsigned i)
{
	static char text[32];

	snprintf(text, sizeof text, "wiki:%u", i);
	return span_of(text);
}

/* What is left, in order. */
static const char *
left(const struct held *h)
{
	static struct buf b;
	struct span id;
	size_t at = 0;

	buf_clear(&b);
	while (held_next(h, &at, &id))
		buf_printf(&b, "%.*s ", (int)id.n, id.p);
	return buf_cstr(&b);
}

static void
test_held(void)
{
	struct held h = { 0 };

	held_cancel(&h, SPAN("a"));
	ok(h.n == 0 && h.slots == NULL, "nothing held costs nothing");
	held_add(&h, SPAN("a"));
	held_add(&h, SPAN("b"));
	held_add(&h, SPAN("a"));
	ok(h.slots == NULL && streq(left(&h), "a b a "),
	    "no table before a document comes");
	held_cancel(&h, SPAN("c"));
	ok(streq(left(&h), "b a "), "of two of one id the later is kept");
	held_cancel(&h, SPAN("a"));
	ok(streq(left(&h), "b ") && h.n == 1, "cancelled");
	held_cancel(&h, SPAN("a"));
	ok(h.n == 1, "once");
	held_add(&h, SPAN("a"));
	ok(streq(left(&h), "b a "), "and held again");
	held_add(&h, SPAN("b"));
	ok(streq(left(&h), "a b ") && h.n == 2, "the later place counts");
	held_cancel(&h, SPAN("a"));
	held_cancel(&h, SPAN("b"));
	ok(h.n == 0 && h.text.n == 0, "nothing left frees everything");
	held_add(&h, SPAN("x"));
	held_clear(&h);
	ok(streq(left(&h), ""), "clear");
	held_release(&h);
}

static void
test_held_many(void)
{
	struct held h = { 0 };
	char longest[512];
	size_t at = 0, n = 0;
	struct span id;
	bool good = true;

	memset(longest, 'x', sizeof longest);
	for (unsigned i = 0; i < 5000; i++)
		held_add(&h, id_of(i));
	for (unsigned i = 0; i < 5000; i += 2)
		held_cancel(&h, id_of(i));
	for (unsigned i = 5000; i < 20000; i++)
		held_add(&h, id_of(i));
	held_add(&h, (struct span){ longest, sizeof longest });
	for (unsigned i = 10000; i < 20000; i++)
		held_cancel(&h, id_of(i));
	while (held_next(&h, &at, &id) && ++n <= 7500)
		good &= span_eq(id, id_of(n <= 2500 ? 2 * (unsigned)n - 1 :
		    (unsigned)n + 2499));
	ok(good && n == 7501 && id.n == 512 && h.n == 7501,
	    "thousands, the table grows with them");
	ok(h.used * 2 <= h.nslots, "and stays at most half full");
	held_release(&h);
}

static void
test_failed(void)
{
	struct failed f = { 0 };

	failed_done(&f, SPAN("b"), 0);
	failed_add(&f, SPAN("b"), 5, FAILED_READ);
	failed_add(&f, SPAN("a"), 5, FAILED_READ);
	failed_add(&f, SPAN("bb"), 5, FAILED_READ);
	ok(f.n == 3 && streq(f.v[0].id, "a") && streq(f.v[1].id, "b") &&
	    streq(f.v[2].id, "bb"), "sorted");
	failed_done(&f, SPAN("b"), 4);
	ok(f.n == 3, "what was done before it failed does not help");
	failed_add(&f, SPAN("b"), 3, FAILED_READ);
	failed_done(&f, SPAN("b"), 4);
	ok(f.n == 3, "the last failure counts");
	failed_done(&f, SPAN("b"), 5);
	ok(f.n == 2 && streq(f.v[1].id, "bb"), "what was done after it does");
	for (unsigned i = 0; f.n < STATE_RETRY_MAX; i++)
		failed_add(&f, id_of(i), 0, FAILED_READ);
	ok(!f.over, "a thousand");
	failed_add(&f, SPAN("a"), 9, FAILED_READ);
	ok(!f.over, "one of them again");
	failed_add(&f, SPAN("c"), 0, FAILED_READ);
	ok(f.over && f.n == STATE_RETRY_MAX, "and one more");
	failed_release(&f);
}

static void
test_failed_what(void)
{
	struct failed f = { 0 };

	failed_add(&f, SPAN("a"), 3, FAILED_READ);
	failed_add(&f, SPAN("a"), 2, FAILED_DELETE);
	ok(f.v[0].what == FAILED_DELETE && f.v[0].seq == 3,
	    "a delete that was refused before it failed");
	failed_add(&f, SPAN("a"), 4, FAILED_READ);
	ok(f.v[0].what == FAILED_DELETE, "stays one when it cannot be read");
	failed_add(&f, SPAN("a"), 4, FAILED_PUT);
	ok(f.v[0].what == FAILED_PUT, "not when a document is refused");
	failed_add(&f, SPAN("a"), 5, FAILED_DELETE);
	failed_add(&f, SPAN("a"), 7, FAILED_READ);
	failed_done(&f, SPAN("a"), 5);
	ok(f.n == 1 && f.v[0].what == FAILED_READ,
	    "nor when something was done, whatever failed later");
	failed_release(&f);
}

static int
flush_nothing(struct index *ix, struct err *e)
{
	(void)ix;
	(void)e;
	return 0;
}

/* An index that says all is done, and has not answered for each. */
static void
test_unanswered(void)
{
	static const struct index_kind kind = { .flush = flush_nothing };
	struct index ix = { .kind = &kind };
	struct config c = { .index_id = "x" };
	struct apply a = { .ix = &ix, .config = &c, .sent = 3, .answered = 3 };
	struct err e = { 0 };

	ok(commit_flush(&a, &e) == 0 && !a.broken, "all answered");
	a.answered = 2;
	ok(commit_flush(&a, &e) < 0 && a.broken && e.status == ST_PERSON,
	    "one without an answer: %s", e.text);
	a.answered = 4;
	ok(commit_flush(&a, &e) < 0, "one answered twice");
}

int
main(void)
{
	test_held();
	test_held_many();
	test_failed();
	test_failed_what();
	test_unanswered();
	return tap_done();
}

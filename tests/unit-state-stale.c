/* SPDX-License-Identifier: MIT */
/* Which positions of a state a poll may go on from. */
#include <stdlib.h>
#include <unistd.h>

#include "stream/state.h"
#include "tap.h"

static char dir[] = "/tmp/unit-state.XXXXXX";
static char *path;

static void
load(struct state *s)
{
	struct err e;

	if (state_load(s, path, "wiki", "sqlite:/s/wiki.db", &e) != 0)
		err_die(&e);
}

static bool
positions_are(struct state *s, const char *want)
{
	struct buf b = { 0 };
	bool same;

	val_write(&b, state_positions(s));
	same = span_is(buf_span(&b), want);
	buf_release(&b);
	return same;
}

static void
again(struct state *s)
{
	struct err e;

	state_save(s, &e);
	state_release(s);
	load(s);
}

static void
test_stale(void)
{
	struct state s;

	load(&s);
	state_set_stream(&s, SPAN("a"), SPAN("{\"n\":1}"));
	state_set_stream(&s, SPAN("b"), SPAN("{\"n\":1}"));
	ok(positions_are(&s, "{\"a\":{\"n\":1},\"b\":{\"n\":1}}"),
	    "stale: none at first");
	state_distrust_all(&s);
	again(&s);
	ok(positions_are(&s, "{}") && s.streams->n == 2, "stale: all, and still");
	state_set_stream(&s, SPAN("b"), SPAN("{\"n\":2}"));
	ok(positions_are(&s, "{}"), "stale: not for being set");
	state_trust_set(&s);
	ok(positions_are(&s, "{\"b\":{\"n\":2}}"), "stale: but what was set");
	again(&s);
	state_trust_set(&s);
	ok(positions_are(&s, "{}"), "stale: nothing was set this time");
	state_release(&s);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	path = xasprintf("%s/wiki.state", dir);
	test_stale();
	unlink(path);
	rmdir(dir);
	free(path);
	return tap_done();
}

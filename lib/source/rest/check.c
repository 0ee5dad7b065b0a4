/* SPDX-License-Identifier: MIT */
#include "source/rest/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "source/rest/emission.h"
#include "source/rest/validate.h"

enum {
	CHECK_DAYS = 30,        /* what the page of a poll goes back */
	CHECK_PAGES = 50        /* of slim, in which its ids are looked for */
};

struct look {
	struct emission m;
	struct ids ids;         /* of the poll's page */
	size_t found, pages;
	bool collecting;
	bool done;              /* no more is needed */
	char since[CLOCK_TEXT];
};

static void
look_release(struct look *k)
{
	emission_release(&k->m);
	ids_release(&k->ids);
}

static void
see(void *ctx, struct span id)
{
	struct look *k = ctx;
	struct ids_entry *entry;

	if (k->collecting) {
		ids_add(&k->ids, id);
		return;
	}
	entry = ids_find(&k->ids, id);
	if (entry != NULL && !entry->answered) {
		entry->answered = true;
		k->found++;
	}
}

/* Ends the walk: -1 without an error. */
static int
enough(struct look *k, struct err *e)
{
	k->done = true;
	*e = (struct err){ 0 };
	return -1;
}

static int
on_page(void *ctx, const struct scope *s, struct items *t, bool *stop,
    struct err *e)
{
	struct look *k = ctx;

	if (emission_page(&k->m, s, t, stop, e) != 0)
		return -1;
	k->pages++;
	if (k->collecting ? k->ids.n > 0 : k->found == k->ids.n ||
	    k->pages == CHECK_PAGES)
		return enough(k, e);
	return 0;
}

static int
on_scope(void *ctx, struct scope *s, struct err *e)
{
	struct look *k = ctx;
	struct listing l;
	int r;

	s->vars.since = k->since[0] ? k->since : NULL;
	r = visit_list(s, &s->view->ask, on_page, k, &l, e);
	if (r == 0 && l.end == LISTING_SKIPPED)
		detail("%s", l.why);
	listing_release(&l);
	return r;
}

/* Walks until there is enough. */
static int
look(struct look *k, struct run *r, const struct view *v, struct err *e)
{
	struct visit w = { .run = r, .view = v, .scope = on_scope,
		.ctx = k };

	k->m.view = v;
	k->pages = 0;
	k->done = false;
	return visit_run(&w, e) != 0 && !k->done ? -1 : 0;
}

/* Is each id of the page one that slim lists? */
static int
compare(struct look *k, struct run *r, const struct view *slim, char *why,
    size_t size, bool *good, struct err *e)
{
	const char *missing = NULL;

	*good = true;
	why[0] = '\0';
	k->collecting = false;
	k->since[0] = '\0';
	ids_sort(&k->ids);
	if (k->ids.n == 0)
		return 0;
	if (look(k, r, slim, e) != 0)
		return -1;
	for (size_t i = 0; i < k->ids.n && missing == NULL; i++)
		if (!k->ids.v[i].answered)
			missing = ids_text(&k->ids, i);
	if (missing == NULL)
		return 0;
	*good = k->pages == CHECK_PAGES;
	snprintf(why, size, *good ? "%s is polled, but not among the first "
	    "pages of slim" : "%s is polled, but slim does not list it",
	    missing);
	return 0;
}

static int
check_stream(struct run *r, size_t i, struct err *e)
{
	struct look k = { .collecting = true,
		.m = { .run = r, .slim = true, .see = see } };
	struct timespec since = clock_wall();
	const struct view *v;
	char why[600], *what;
	bool good = true;
	int result;

	k.m.see_ctx = &k;
	since.tv_sec -= CHECK_DAYS * 86400L;
	clock_format(since, 0, k.since);
	/* a mark is not to be had without a load */
	v = run_view(r, i, MODE_POLL);
	result = look(&k, r, v->marked ? run_view(r, i, MODE_LOAD) : v, e);
	if (result == 0 && k.m.run->c.v[i].as == (int)i)
		result = compare(&k, r, run_view(r, i, MODE_SLIM), why,
		    sizeof why, &good, e);
	else
		why[0] = '\0';
	if (result == 0) {
		what = xasprintf("streams.%s", r->c.v[i].name);
		emit_check(what, good, why);
		free(what);
	}
	look_release(&k);
	return result;
}

int
check_all(struct run *r, struct err *e)
{
	if (validate_run(r, e) != 0)
		return -1;
	for (size_t i = 0; i < r->c.n; i++)
		if (r->c.v[i].selected && check_stream(r, i, e) != 0)
			return -1;
	return 0;
}

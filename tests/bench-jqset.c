/* SPDX-License-Identifier: MIT */
/*
 * What an exchange with the jq worker costs, in processor time of both: to
 * compile a set, a run of a trivial program, and a page of 100 items (items,
 * keep, id, time and doc of all in one run).
 * Usage: bench-jqset
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "rules/jqset.h"

enum { TRIVIAL = 0, PAGE = 1, FILLERS = 100, ITEMS = 100 };

static const char page[] =
    "[.items[] | select(.archived | not) | {id, time: .updated_at, "
    "doc: {title, body: ([.body, .comments[].body] | join(\"\\n\")), "
    "url: .html_url, author: .user.login, tags: [.labels[].name]}}]";

static struct jqset *
set(void)
{
	struct jqset *s = jqset_new();
	struct err e = { 0 };

	jqset_variable(s, "p");
	jqset_variable(s, "since");
	jqset_constant(s, "c", SPAN("{\"url\":\"u\"}"), SPAN("{}"));
	jqset_made(s, ".");
	jqset_made(s, page);
	for (int i = 0; i < FILLERS; i++)
		jqset_made(s, page);
	if (jqset_start(s, "bench", &e) != 0)
		err_die(&e);
	return s;
}

static void
put_item(struct buf *b, int i, size_t size)
{
	buf_printf(b, "%s{\"id\":%d,\"archived\":false,\"updated_at\":"
	    "\"2026-01-01T00:00:00Z\",\"html_url\":\"https://h.example/%d\","
	    "\"title\":\"Item %d\",\"user\":{\"login\":\"u\",\"id\":5},"
	    "\"labels\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"comments\":["
	    "{\"body\":\"one\"},{\"body\":\"two\"}],\"body\":\"",
	    i ? "," : "", i, i, i);
	for (size_t end = b->n + size; b->n < end;)
		buf_puts(b, "the quick backup of a network pipe\\n");
	buf_puts(b, "\"}");
}

static double
seconds(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
run(struct jqset *s, int program, struct span in, struct buf *out)
{
	enum jqset_result r = JQSET_DEAD;
	struct err e = { 0 };
	const char *what;

	if (jqset_run(s, program, (struct span){ 0 }, in, out, &r, &what,
	    &e) != 0)
		err_die(&e);
	if (r != JQSET_OK)
		die(ST_PERSON, "bench: %s", what);
}

/* Of so many runs in a new set, which is compiled too. */
static double
cost(int program, struct span in, int rounds)
{
	double start = seconds(RUSAGE_SELF) + seconds(RUSAGE_CHILDREN);
	struct jqset *s = set();
	struct buf out = { 0 };

	while (rounds-- > 0)
		run(s, program, in, &out);
	jqset_free(s);
	buf_release(&out);
	return seconds(RUSAGE_SELF) + seconds(RUSAGE_CHILDREN) - start;
}

int
main(void)
{
	static const size_t sizes[] = { 200, 2000, 20000 };
	double compile = cost(TRIVIAL, SPAN("1"), 0);
	struct buf b = { 0 };

	printf("%d programs compiled: %.0f ms\n", FILLERS + 2,
	    compile * 1e3);
	printf("a trivial run: %.1f us\n",
	    (cost(TRIVIAL, SPAN("1"), 20000) - compile) / 20000 * 1e6);
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		int rounds = sizes[k] > 2000 ? 50 : 300;
		double t;

		buf_clear(&b);
		buf_puts(&b, "{\"items\":[");
		for (int i = 0; i < ITEMS; i++)
			put_item(&b, i, sizes[k]);
		buf_puts(&b, "]}");
		t = (cost(PAGE, buf_span(&b), rounds) - compile) / rounds;
		printf("a page of %d items, %zu bytes: %.2f ms, %.1f MB/s\n",
		    ITEMS, b.n, t * 1e3, (double)b.n / t / 1e6);
	}
	buf_release(&b);
	return 0;
}

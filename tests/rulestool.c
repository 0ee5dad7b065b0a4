/* SPDX-License-Identifier: MIT */
/*
 * rulestool: each line of stdin is a list of rules, a tab and a document; for
 * each a line on stdout: include or exclude, and the id of the rule that
 * decided, or "-"; or "wrong" and why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/line.h"
#include "rules/rules.h"

enum { LONGEST = 1 << 20 };

static void
decide(struct rules *r, struct span text)
{
	struct json_object doc = { 0 };
	struct json_error fault;
	struct buf b = { 0 };
	const char *by = NULL;
	bool in;

	buf_add_span(&b, text);
	buf_pad(&b);
	if (json_object_scan(buf_span(&b), JSON_DEPTH, &doc, &fault) != 0)
		die(ST_USAGE, "not a document: %s", buf_cstr(&b));
	in = rules_include(r, &doc, &by);
	printf("%s %s\n", in ? "include" : "exclude", by ? by : "-");
	json_object_release(&doc);
	buf_release(&b);
}

static void
one(struct span line)
{
	const char *tab = memchr(line.p, '\t', line.n);
	struct arena a = { 0 };
	struct val_error ve;
	struct rules *r = NULL;
	struct val *list;
	struct err e = { 0 };

	if (tab == NULL)
		die(ST_USAGE, "no tab");
	list = val_parse(&a, (struct span){ line.p, (size_t)(tab - line.p) },
	    JSON_DEPTH, true, &ve);
	if (list == NULL)
		die(ST_USAGE, "not a list: %.*s", (int)line.n, line.p);
	if (rules_new(&r, list, "-", &e) != 0)
		printf("wrong %s\n", e.text);
	else
		decide(r, (struct span){ tab + 1,
		    (size_t)(line.p + line.n - tab - 1) });
	rules_free(r);
	arena_release(&a);
}

int
main(void)
{
	struct lines in;
	struct span line;

	lines_init(&in, STDIN_FILENO, LONGEST);
	while (lines_next(&in, &line) == LINE_OK)
		one(line);
	lines_release(&in);
	return 0;
}

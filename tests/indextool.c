/* SPDX-License-Identifier: MIT */
/*
 * indextool [-v]... CONFIG uuid|create|prepare|check|list|apply: one call of
 * index/index.h, so that tests reach what the programs do not.
 *
 * apply reads documents and delete records, one a line, and prints a line for
 * each verdict: LINE done, or LINE CODE [MESSAGE]. An empty line flushes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/line.h"
#include "base/sig.h"
#include "index/index.h"
#include "stream/record.h"

static struct err e;

static void
verdict(void *ctx, const struct index_answer *a)
{
	(void)ctx;
	printf("%ju %s%s%s\n", (uintmax_t)a->seq, a->code ? a->code : "done",
	    a->message ? " " : "", a->message ? a->message : "");
}

static void
listed(void *ctx, struct span id, struct span timestamp, struct span hash)
{
	(void)ctx;
	printf("%.*s %.*s %.*s\n", (int)id.n, id.p,
	    timestamp.p ? (int)timestamp.n : 1, timestamp.p ? timestamp.p : "-",
	    hash.p ? (int)hash.n : 1, hash.p ? hash.p : "-");
}

static int
apply_line(struct index *ix, struct record_parser *p, struct span line,
    uint64_t number)
{
	struct index_op op = { .seq = number };
	struct rec r;
	int kind = record_parse(p, line, &r, &e);

	if (kind <= 0)
		return kind < 0 ? -1 : index_flush(ix, &e);
	op.remove = r.kind == REC_DELETE;
	op.id = r.id;
	op.line = r.line;
	op.timestamp = r.timestamp;
	op.doc = r.doc;
	op.name = r.name;
	return index_apply(ix, &op, &e);
}

static int
apply(struct index *ix)
{
	struct record_parser p = { 0 };
	struct lines in;
	struct span line;
	int r = 0;

	lines_init(&in, STDIN_FILENO, STREAM_LINE_MAX);
	while (r == 0 && lines_next(&in, &line) == LINE_OK)
		r = apply_line(ix, &p, line, in.number);
	if (r == 0)
		r = index_flush(ix, &e);
	lines_release(&in);
	record_parser_release(&p);
	return r;
}

static int
call(struct index *ix, const char *verb, const struct config *c)
{
	char uuid[INDEX_UUID_MAX], message[256];
	int r;

	if (streq(verb, "create"))
		return index_create(ix, &e);
	if (streq(verb, "prepare"))
		return index_prepare(ix, &e);
	if (streq(verb, "apply"))
		return apply(ix);
	if (streq(verb, "list"))
		return index_list(ix, span_of(c->name), listed, NULL, uuid, &e);
	if (streq(verb, "clean"))
		return index_rebuild_clean(ix, &e);
	if (streq(verb, "rebuild"))
		return index_rebuild_begin(ix,
		    "0123456789abcdef0123456789abcdef", &e);
	if (streq(verb, "check")) {
		r = index_check(ix, message, sizeof message, &e);
		return r < 0 ? -1 : puts(message) == EOF;
	}
	r = index_uuid(ix, uuid, &e);
	return r < 0 ? -1 : puts(uuid) == EOF;
}

int
main(int argc, char **argv)
{
	struct config c = { 0 };
	struct index *ix;
	int c1, level = 0, r;

	msg_program("indextool");
	sig_install();
	while ((c1 = getopt(argc, argv, "v")) == 'v')
		msg_verbosity(++level);
	if (argc - optind != 2)
		die(ST_USAGE, "usage: indextool [-v] CONFIG VERB");
	if (config_load(&c, argv[optind], &e) < 0 ||
	    index_open(&ix, &c, verdict, NULL, &e) < 0)
		err_die(&e);
	r = call(ix, argv[optind + 1], &c);
	index_close(ix);
	config_release(&c);
	if (r < 0)
		err_print(&e);
	return r < 0 ? e.status : r;
}

/* SPDX-License-Identifier: MIT */
/* conn-diff(1): what of a stream the index does not have yet. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "config/config.h"
#include "run/versions.h"
#include "stream/diff.h"
#include "stream/spool.h"

static const char usage[] =
"usage: conn-diff [-evx] [-p] [-m MAX] [--memory SIZE] [CONFIG] KNOWN\n"
"Pass on what KNOWN, the output of conn-slim, does not have; delete the rest.\n"
"\n"
"  -e, --allow-empty        a source that lists nothing may empty the index\n"
"  -m, --max-delete N|P%    infer at most N deletes, or P% of the known ids\n"
"  -p, --prune              deletes and fails only\n"
"  -x, --explain            tell of each id what is done, and why\n"
"      --memory SIZE        larger tables lie in TMPDIR (default 25 % of RAM)\n"
"  -v, --verbose            a summary at the end\n"
"  -h, --help               this text\n"
"  -V, --version            version of conn and of its libraries\n";

enum { OPT_MEMORY = 256 };

static const struct option longs[] = {
	OPT_COMMON,
	{ "allow-empty", no_argument, NULL, 'e' },
	{ "max-delete", required_argument, NULL, 'm' },
	{ "prune", no_argument, NULL, 'p' },
	{ "explain", no_argument, NULL, 'x' },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "verbose", no_argument, NULL, 'v' },
	OPT_END
};

struct run {
	struct opt opt;
	struct diff_options diff;
	int verbose;
	const char *config, *known;     /* operands */
	char *place;                    /* of KNOWN, in messages */
	struct config c;
	struct out out;
	struct writer w;
	struct reader in;
	struct diff d;
	bool loaded;            /* d was set up */
	bool complete;          /* so says end */
	int status;
	char message[MSG_MAX + 1];      /* the first error */
};

static const struct run *shown; /* by the progress line */

static void
describe(char *out, size_t size)
{
	const struct diff *d = &shown->d;

	snprintf(out, size, "%llu known, %llu read, %llu passed",
	    (unsigned long long)d->table.n, (unsigned long long)d->read,
	    (unsigned long long)d->passed);
}

/* After a wrong option there is nothing but this record, and on a terminal
 * not even that. */
static void
refused(const char *why)
{
	struct writer w;
	struct out out;

	if (isatty(STDOUT_FILENO))
		return;
	out_init(&out, STDOUT_FILENO, "stdout");
	writer_init(&w, &out, false);
	writer_end(&w, false, ST_USAGE, why, NULL);
	out_close(&out);
	writer_release(&w);
}

static void
explain(struct span id, const char *why)
{
	msg("explain: %.*s: %s", (int)id.n, id.p, why);
}

static uint64_t
quarter(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) / 4 *
	    (uint64_t)sysconf(_SC_PAGE_SIZE);
}

static void
set_max_delete(struct run *r, const char *arg)
{
	struct max_delete m;

	if (!max_delete_parse(span_of(arg), &m))
		opt_wrong(&r->opt, "--max-delete: '%s' is neither a number nor "
		    "a percentage", arg);
	r->diff.fuse.set = true;
	r->diff.fuse.percent = m.percent;
	r->diff.fuse.n = m.n;
}

static void
take_options(struct run *r, int argc, char **argv)
{
	int c;

	r->opt = (struct opt){ longs, "em:pxv", usage, versions_config,
		refused };
	r->diff.memory = quarter();
	while ((c = opt_next(&r->opt, argc, argv)) != -1) {
		switch (c) {
		case 'e': r->diff.fuse.allow_empty = true; break;
		case 'm': set_max_delete(r, optarg); break;
		case 'p': r->diff.prune = true; break;
		case 'x': r->diff.explain = explain; break;
		case 'v': r->verbose++; break;
		case OPT_MEMORY:
			if (!opt_size(span_of(optarg), &r->diff.memory))
				opt_wrong(&r->opt, "--memory: '%s' is no size",
				    optarg);
			break;
		default: break;
		}
	}
}

static void
take_operands(struct run *r, int argc, char **argv)
{
	int n = argc - optind;

	if (n < 1 || n > 2)
		opt_wrong(&r->opt, "%s; try 'conn-diff --help'",
		    n < 1 ? "no KNOWN" : "too many operands");
	r->config = n == 2 ? argv[optind] : NULL;
	r->known = argv[argc - 1];
	if (streq(r->known, "-") || (n == 2 && streq(r->config, "-")))
		opt_wrong(&r->opt, "%s: stdin is the stream",
		    streq(r->known, "-") ? "KNOWN" : "CONFIG");
	if (isatty(STDIN_FILENO))
		opt_wrong(&r->opt, "stdin is a terminal");
	r->place = xasprintf("%s: stream", r->known);
}

/* Says it, and remembers it for end. Always -1. */
static int
failed(struct run *r, const struct err *e)
{
	if (sig_stop)
		return -1;
	r->status = status_worse(r->status, e->status);
	err_print(e);
	if (r->message[0] == '\0')
		memcpy(r->message, e->text, sizeof r->message);
	return -1;
}

static int
load_config(struct run *r)
{
	struct fuse *f = &r->diff.fuse;
	struct err e;

	if (r->config == NULL)
		return 0;
	if (config_load(&r->c, r->config, &e) < 0)
		return failed(r, &e);
	if (r->c.max_delete.set && !f->set) {
		f->set = true;
		f->percent = r->c.max_delete.percent;
		f->n = r->c.max_delete.n;
	}
	return 0;
}

/* A regular file: deletes are read from it again. */
static int
open_known(struct run *r)
{
	int fd = open(r->known, O_RDONLY | O_CLOEXEC), copy;
	struct stat st;
	struct err e;

	if (fd < 0 && errno == EINTR && sig_stop)
		return -1;
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set(&e, ST_USAGE, "%s: %s", r->known, strerror(errno));
		return failed(r, &e);
	}
	if (S_ISREG(st.st_mode))
		return fd;
	copy = temp_copy(fd, r->known, &e);
	close(fd);
	return copy < 0 ? failed(r, &e) : copy;
}

/* How the stream ended. What its own end says is passed on as it is. */
static void
judge(struct run *r, int got, struct err *e)
{
	r->status = status_worse(r->status, r->in.end_status);
	if (got < 0) {
		failed(r, e);
		return;
	}
	if (sig_stop || reader_verdict(&r->in, e) == 0)
		return;
	if (!r->in.ended) {
		failed(r, e);
		return;
	}
	r->status = status_worse(r->status, e->status);
	err_print(e);
}

/* Its begin, or what there is in its place. */
static int
start_stream(struct run *r)
{
	struct reader_rules rules = { .place = "stream",
		.modes = 1U << MODE_LOAD | 1U << MODE_POLL | 1U << MODE_SLIM,
		.source = r->c.name, .index = r->c.index_id,
		.idle = diff_idle, .ahead = diff_ahead, .known = diff_same,
		.ctx = &r->d };
	struct err e = { 0 };
	struct rec rec;
	int got;

	reader_init(&r->in, STDIN_FILENO, &rules);
	got = reader_next(&r->in, &rec, &e);
	if (got > 0 && rec.kind == REC_BEGIN)
		return 0;
	if (got > 0)
		got = reader_next(&r->in, &rec, &e);
	judge(r, got, &e);
	return -1;
}

static void
filter(struct run *r)
{
	struct err e = { 0 };
	int got;

	if (diff_load(&r->d, &e) < 0) {
		failed(r, &e);
		return;
	}
	diff_begin(&r->d);
	got = diff_run(&r->d, &e);
	judge(r, got, &e);
	r->status = status_worse(r->status, r->d.status);
	if (sig_stop || got < 0)
		return;         /* two streams in one are no listing */
	r->complete = diff_finish(&r->d, &e) == 0 && r->in.complete;
	if (!r->complete && r->in.complete)
		failed(r, &e);
}

static void
run(struct run *r)
{
	int known;

	/* what was listed and is too large for memory lies there */
	sandbox_enter(&(struct sandbox){ .writes = { temp_dir() } });
	if (load_config(r) < 0 || (known = open_known(r)) < 0)
		return;
	if (start_stream(r) < 0)
		return;
	diff_init(&r->d, &r->diff, &r->in, &r->w, known, r->place);
	r->loaded = true;
	filter(r);
	r->status = status_worse(r->status, r->d.known.end_status);
}

/* end is the last line, whatever happened. */
static void
finish(struct run *r)
{
	const char *why = val_cstr(val_get(r->in.end, "message"));

	if (sig_stop)
		r->status = status_worse(r->status, ST_TEMP);
	if (r->message[0] != '\0')
		why = r->message;
	if (r->status != ST_USAGE || !isatty(STDOUT_FILENO))
		writer_end(&r->w, r->complete && !sig_stop, r->status, why,
		    reader_end_rest(&r->in, &r->in.arena));
	out_close(&r->out);
	if (sig_stop)
		sig_die(sig_stop);
	if (r->verbose > 0)
		msg("%llu read, %llu passed, %llu unchanged, %llu deletes",
		    (unsigned long long)r->d.read,
		    (unsigned long long)r->d.passed,
		    (unsigned long long)r->d.unchanged,
		    (unsigned long long)r->d.deletes);
}

static void
release(struct run *r)
{
	if (r->loaded) {
		close(r->d.known_fd);
		diff_release(&r->d);
	}
	reader_release(&r->in);
	writer_release(&r->w);
	config_release(&r->c);
	free(r->place);
}

int
main(int argc, char **argv)
{
	struct run r = { 0 };

	msg_program("conn-diff");
	sandbox_no_core();
	file_std();
	take_options(&r, argc, argv);
	take_operands(&r, argc, argv);
	sig_install();
	out_init(&r.out, STDOUT_FILENO, "stdout");
	writer_init(&r.w, &r.out, false);
	shown = &r;
	progress_start(describe);
	run(&r);
	finish(&r);
	release(&r);
	return r.status;
}

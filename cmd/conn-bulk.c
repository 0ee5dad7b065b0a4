/* SPDX-License-Identifier: MIT */
/* conn-bulk: applies a stream to the index and commits the state. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "index/apply.h"
#include "index/metrics.h"
#include "index/versions.h"
#include "stream/lock.h"
#include "stream/writer.h"

static const char usage[] =
"Usage: conn-bulk [OPTION]... CONFIG\n"
"Apply the stream on stdin to the index. Documents that the index refuses are\n"
"written to stdout as fail records.\n"
"\n"
"  -e, --allow-empty   with -R: a new index may be empty\n"
"  -m, --max-delete N  with -R: refuse to lose more than N documents, or N%\n"
"      --messages FD   messages to this descriptor, not to stderr\n"
"  -M, --metrics FILE  write how the run went to FILE, for Prometheus\n"
"  -n, --dry-run       connect to nothing, only check the stream\n"
"  -O, --stale         apply documents whatever was applied since; no deletes\n"
"  -r, --raw           bare documents, no control records\n"
"  -R, --rebuild       fill a new index, then put it in place of the live one\n"
"  -v, --verbose       a summary on stderr; twice: what is done\n"
"  -w, --wait SECONDS  wait that long for another run to end\n"
"  -h, --help          this text\n"
"  -V, --version       version of conn and of the libraries\n"
"\n"
"Manual: conn-bulk(1)\n";

enum { WAIT_MAX = 7 * 24 * 3600, MESSAGES = 256 };

static const struct option longs[] = {
	OPT_COMMON,
	{ "allow-empty", no_argument, NULL, 'e' },
	{ "max-delete", required_argument, NULL, 'm' },
	{ "messages", required_argument, NULL, MESSAGES },
	{ "metrics", required_argument, NULL, 'M' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "stale", no_argument, NULL, 'O' },
	{ "raw", no_argument, NULL, 'r' },
	{ "rebuild", no_argument, NULL, 'R' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "wait", required_argument, NULL, 'w' },
	OPT_END
};

static struct opt opt = { longs, "em:M:nOrRvw:", usage, versions_all, NULL };
static struct apply_options options;
static const char *metrics;
static int verbose;
static uint64_t wait_seconds;

static struct config config;
static struct apply apply;
static struct reader reader;
static struct out out;
static struct writer writer;
static struct err idle_err;     /* why a read was not even begun */

static void
set_max_delete(void)
{
	struct max_delete m;

	if (!max_delete_parse(span_of(optarg), &m))
		opt_wrong(&opt, "--max-delete: neither a number nor a "
		    "percentage: %s", optarg);
	options.fuse.set = options.asked = true;
	options.fuse.percent = m.percent;
	options.fuse.n = m.n;
}

static void
take(int c)
{
	switch (c) {
	case 'e':
		options.fuse.allow_empty = true;
		break;
	case 'm':
		set_max_delete();
		break;
	case MESSAGES:
		opt_messages(&opt, optarg);
		break;
	case 'M':
		if (*optarg == '\0')
			opt_wrong(&opt, "--metrics: an empty file name");
		metrics = optarg;
		break;
	case 'n':
		options.dry = true;
		break;
	case 'O':
		options.stale = true;
		break;
	case 'r':
		options.raw = true;
		break;
	case 'R':
		options.rebuild = true;
		break;
	case 'v':
		verbose++;
		break;
	default:
		if (!opt_u64(optarg, WAIT_MAX, &wait_seconds))
			opt_wrong(&opt, "--wait: not a number of seconds up to "
			    "%d: %s", WAIT_MAX, optarg);
	}
}

static const char *
operand(int argc, char **argv)
{
	if (argc - optind != 1)
		opt_wrong(&opt, "one CONFIG is needed; try 'conn-bulk --help'");
	if (streq(argv[optind], "-"))
		opt_wrong(&opt, "CONFIG cannot be stdin: the stream is");
	if (options.raw && options.stale)
		opt_wrong(&opt, "--raw goes without --stale");
	if (options.rebuild && (options.raw || options.stale))
		opt_wrong(&opt, "--rebuild goes without --raw and --stale");
	if (!options.rebuild && (options.asked || options.fuse.allow_empty))
		opt_wrong(&opt, "--max-delete and --allow-empty go with "
		    "--rebuild");
	if (isatty(STDIN_FILENO))
		opt_wrong(&opt, "stdin is a terminal");
	return argv[optind];
}

static void
describe(char *text, size_t size)
{
	snprintf(text, size, "%llu indexed, %llu deleted, %llu refused, "
	    "%llu failed", (unsigned long long)apply.indexed,
	    (unsigned long long)apply.deleted,
	    (unsigned long long)apply.refused,
	    (unsigned long long)apply.failed);
}

static void
refused(struct span id, const char *code, const char *message)
{
	writer_fail(&writer, id, SPAN(""), code, message);
}

/* The input as the reader gets it: before a wait for more of it, be it in mid
 * line, what was sent goes on. */
static ssize_t
read_input(void *ctx, void *p, size_t n)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	(void)ctx;
	if (apply_idle(&apply, STDIN_FILENO, &idle_err) != 0) {
		errno = ECANCELED;
		return -1;
	}
	idle_err.status = 0;    /* what it was is over */
	return sig_poll(&in, 1, -1) < 0 ? -1 : read(STDIN_FILENO, p, n);
}

static int
make_ready(struct err *e)
{
	struct reader_rules rules = {
		.place = "stream", .source = config.name,
		.index = config.index_id, .raw = options.raw, .no_ids = true,
		.modes = 1U << MODE_LOAD
	};

	if (!options.rebuild)
		rules.modes |= 1U << MODE_POLL | 1U << MODE_DIFF;
	if (config.max_delete.set && !options.fuse.set) {
		options.fuse.set = true;
		options.fuse.percent = config.max_delete.percent;
		options.fuse.n = config.max_delete.n;
	}

	if (!options.dry && (config_state_dir(&config, e) != 0 ||
	    lock_take(config.lock_path, (double)wait_seconds, e) < 0))
		return -1;
	reader_init(&reader, STDIN_FILENO, &rules);
	reader.lines.read = read_input;
	return apply_open(&apply, &config, &options, e);
}

/* 0: the input ended, well or not; -1: e says why it was not read on. */
static int
read_stream(struct err *e)
{
	struct rec rec;
	int r;

	for (;;) {
		progress_tick();
		r = reader_next(&reader, &rec, e);
		if (idle_err.status != 0)
			*e = idle_err;
		if (r <= 0)
			return r;
		if (apply_record(&apply, &reader, &rec, e) != 0)
			return -1;
	}
}

/* The severer of a status and of an error, which is printed. */
static int
add_error(int status, const struct err *e)
{
	if (e->status == 0)
		return status;
	err_print(e);
	return status_worse(status, e->status);
}

static int
bulk(void)
{
	struct err e = { 0 }, last = { 0 };
	int status = ST_OK;

	if (make_ready(&e) != 0)
		return add_error(status, &e);
	if (read_stream(&e) == 0) {
		e.status = 0;   /* of what a further try made good */
		if (!sig_stop)
			reader_verdict(&reader, &e);
	}
	if (apply_finish(&apply, &last) == 0)
		last.status = 0;
	status = add_error(add_error(status, &e), &last);
	if (apply.refused > 0 || apply.failed > 0)
		status = status_worse(status, ST_SOME);
	if (apply.held_back) {
		msg("%s: more than %d documents failed or were refused; "
		    "the state is not advanced", config.state_path,
		    STATE_RETRY_MAX);
		status = status_worse(status, ST_SOME);
	}
	return status_worse(status, reader.end_status);
}

static int
write_metrics(int status, double seconds)
{
	struct metrics m = {
		.source = config.name, .status = status, .seconds = seconds,
		.indexed = apply.indexed, .deleted = apply.deleted,
		.refused = apply.refused, .failed = apply.failed,
		.time = clock_wall()
	};
	struct err e = { 0 };

	if (metrics == NULL || options.dry)
		return status;
	if (sig_stop)
		m.status = 128 + (int)sig_stop;
	return metrics_write(metrics, &m, &e) == 0 ? status :
	    add_error(status, &e);
}

static void
summary(void)
{
	char text[256];

	describe(text, sizeof text);
	if (options.dry)
		msg("would index %llu, delete %llu",
		    (unsigned long long)apply.indexed,
		    (unsigned long long)apply.deleted);
	else if (verbose > 0)
		msg("%s", text);
	if (verbose > 0 && apply.rebuild.swapped && apply.rebuild.old[0])
		msg("the index before is kept: %s", apply.rebuild.old);
}

int
main(int argc, char **argv)
{
	double start = clock_mono();
	struct err e = { 0 };
	const char *file;
	int c, status;

	msg_program("conn-bulk");
	sandbox_no_core();
	file_std();
	sig_install();
	while ((c = opt_next(&opt, argc, argv)) != -1)
		take(c);
	file = operand(argc, argv);
	msg_verbosity(verbose);
	options.refused = refused;
	if (config_load(&config, file, &e) != 0)
		err_die(&e);
	out_init(&out, STDOUT_FILENO, "stdout");
	writer_init(&writer, &out, false);
	progress_start(describe);
	status = bulk();
	out_close(&out);
	status = write_metrics(status, clock_mono() - start);
	summary();
	if (sig_stop)
		sig_die(sig_stop);
	apply_release(&apply);
	reader_release(&reader);
	writer_release(&writer);
	config_release(&config);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* conn-load: all documents of a source, as they are now. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "run/filter.h"
#include "run/versions.h"

static const char usage[] =
"Usage: conn-load [OPTION]... CONFIG\n"
"Write all documents of a source, as they are now, as a stream on stdout.\n"
"\n"
"  -c, --confirm       filter: ask the source before each delete on stdin\n"
"  -i, --ids FILE      only the documents that FILE (- is stdin) names\n"
"  -l, --limit N       stop after N documents\n"
"  -r, --raw           bare documents, no control records\n"
"  -s, --stream NAME   only this stream (repeatable)\n"
"      --validate[=DIR] check each document against its stream's schema;\n"
"                      DIR: write the patch files that would allow it\n"
"  -v, --verbose       a summary on stderr; twice: what is done\n"
"  -x, --explain       a line on stderr for each document left out\n"
"  -h, --help          this text\n"
"  -V, --version       version of conn and of the libraries\n"
"\n"
"CONFIG is a file; - is stdin. Manual: conn-load(1)\n";

enum { VALIDATE = 256 };        /* has no letter */

static const struct option longs[] = {
	OPT_COMMON,
	{ "confirm", no_argument, NULL, 'c' },
	{ "ids", required_argument, NULL, 'i' },
	{ "limit", required_argument, NULL, 'l' },
	{ "raw", no_argument, NULL, 'r' },
	{ "stream", required_argument, NULL, 's' },
	{ "validate", optional_argument, NULL, VALIDATE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "explain", no_argument, NULL, 'x' },
	OPT_END
};

static struct front front = { .opt = { .mode = MODE_LOAD } };
static const char *ids_file;
static bool confirm;

static void
refused(const char *message)
{
	front_refuse(front.opt.raw, ST_USAGE, message);
}

static struct opt opt = { longs, "ci:l:rs:vx", usage, versions_map, refused };

static void
take(int c)
{
	struct front_options *o = &front.opt;

	switch (c) {
	case 'c':
		confirm = true;
		break;
	case 'i':
		ids_file = optarg;
		o->part = true;
		break;
	case 'l':
		if (!opt_u64(optarg, UINT64_MAX, &o->limit) || o->limit == 0)
			opt_wrong(&opt, "--limit: not a positive number: %s",
			    optarg);
		break;
	case 'r':
		o->raw = true;
		break;
	case 's':
		front_add_stream(o, optarg);
		break;
	case VALIDATE:
		o->validate = true;
		o->patches = optarg;
		if (optarg != NULL && *optarg == '\0')
			opt_wrong(&opt, "--validate: the name of DIR is empty");
		break;
	case 'v':
		msg_verbosity(++o->verbose);
		break;
	default:
		o->explain = true;
	}
}

static const char *
operand(int argc, char **argv)
{
	bool piped = confirm || (ids_file && streq(ids_file, "-"));

	if (argc - optind != 1)
		opt_wrong(&opt, "one CONFIG is needed; try 'conn-load --help'");
	if (confirm && (ids_file || front.opt.raw || front.opt.limit ||
	    front.opt.nstreams || front.opt.validate))
		opt_wrong(&opt, "--confirm goes with none of -i -l -r -s and "
		    "--validate");
	if (piped && streq(argv[optind], "-"))
		opt_wrong(&opt, "CONFIG cannot be stdin: the stream is");
	if (piped && isatty(STDIN_FILENO))
		opt_wrong(&opt, "stdin is a terminal");
	return argv[optind];
}

static int
load_ids(struct err *e)
{
	bool piped = streq(ids_file, "-");
	int fd = piped ? STDIN_FILENO : open(ids_file, O_RDONLY | O_CLOEXEC);
	char place[512] = "stream";

	if (fd < 0)
		return err_set(e, ST_USAGE, "%s: %s", ids_file,
		    strerror(errno));
	if (!piped)
		snprintf(place, sizeof place, "%.480s: stream", ids_file);
	return filter_ids(&front, fd, place, !piped, e);
}

static int
load(const char *config, struct err *e)
{
	if (front_open(&front, config, e) != 0)
		return -1;
	if (confirm && !val_bool(val_get(front.spec, "confirm"), false))
		return err_set(e, ST_USAGE, "driver %s cannot confirm deletes",
		    front.config.type);
	if (confirm)
		return filter_confirm(&front, STDIN_FILENO, e);
	if (ids_file != NULL)
		return load_ids(e);
	front_begin(&front, NULL);
	front_read(&front, NULL, NULL, 0);
	return 0;
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	const char *config;
	int c;

	msg_program("conn-load");
	sandbox_no_core();
	file_std();
	sig_install();
	while ((c = opt_next(&opt, argc, argv)) != -1)
		take(c);
	config = operand(argc, argv);
	if (load(config, &e) != 0)
		return front_failed(&front, &e);
	return front_end(&front);
}

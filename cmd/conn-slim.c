/* SPDX-License-Identifier: MIT */
/* conn-slim: ids and dates, of the source or of what the index has of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "run/front.h"
#include "run/versions.h"

static const char usage[] =
"Usage: conn-slim [OPTION]... CONFIG\n"
"Write the ids and dates of a source's documents as a stream on stdout.\n"
"\n"
"  -I, --index         of the documents that the index has of this source\n"
"  -s, --stream NAME   only this stream (repeatable)\n"
"  -v, --verbose       a summary on stderr; twice: what is done\n"
"  -x, --explain       a line on stderr for each document left out\n"
"  -h, --help          this text\n"
"  -V, --version       version of conn and of the libraries\n"
"\n"
"CONFIG is a file; - is stdin. Manual: conn-slim(1)\n";

static const struct option longs[] = {
	OPT_COMMON,
	{ "index", no_argument, NULL, 'I' },
	{ "stream", required_argument, NULL, 's' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "explain", no_argument, NULL, 'x' },
	OPT_END
};

static struct front front = { .opt = { .mode = MODE_SLIM } };
static bool of_index;

static void
refused(const char *message)
{
	front_refuse(false, ST_USAGE, message);
}

static struct opt opt = { longs, "Is:vx", usage, versions_map, refused };

static void
take(int c)
{
	switch (c) {
	case 'I':
		of_index = true;
		break;
	case 's':
		front_add_stream(&front.opt, optarg);
		break;
	case 'v':
		msg_verbosity(++front.opt.verbose);
		break;
	default:
		front.opt.explain = true;
	}
}

/* Becomes the helper. */
static int
list_index(char *config, struct err *e)
{
	char *verbose = xasprintf("%d", front.opt.verbose);
	char *path = xasprintf("%s/conn-slim-index", file_libexec_dir());
	char *argv[] = { path, verbose, config, NULL };

	execv(path, argv);
	err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	return front_failed(&front, e);
}

static int
slim(const char *config, struct err *e)
{
	sig_install();
	if (front_open(&front, config, e) != 0)
		return front_failed(&front, e);
	front_begin(&front, NULL);
	front_read(&front, NULL, NULL, 0);
	return front_end(&front);
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	int c;

	msg_program("conn-slim");
	sandbox_no_core();
	file_std();
	while ((c = opt_next(&opt, argc, argv)) != -1)
		take(c);
	if (argc - optind != 1)
		opt_wrong(&opt, "one CONFIG is needed; try 'conn-slim --help'");
	if (of_index && front.opt.nstreams > 0)
		opt_wrong(&opt, "--index and --stream do not go together");
	return of_index ? list_index(argv[optind], &e) :
	    slim(argv[optind], &e);
}

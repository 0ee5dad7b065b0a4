/* SPDX-License-Identifier: MIT */
/* conn-poll: what changed in a source since the saved state. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "run/poll.h"
#include "run/versions.h"

static const char usage[] =
"Usage: conn-poll [OPTION]... CONFIG\n"
"Write the documents that changed since the saved state on stdout.\n"
"\n"
"  -r, --raw           bare documents, no control records\n"
"  -s, --stream NAME   only this stream (repeatable)\n"
"  -S, --since T       from this time on (RFC 3339, or 2h, 3d ago)\n"
"  -U, --until T       up to this time\n"
"      --changed       only tell: status 0 if it may have changed, else 4\n"
"      --messages FD   messages to this descriptor, not to stderr\n"
"  -v, --verbose       a summary on stderr; twice: what is done\n"
"  -x, --explain       a line on stderr for each document left out\n"
"  -h, --help          this text\n"
"  -V, --version       version of conn and of the libraries\n"
"\n"
"CONFIG is a file; - is stdin. Manual: conn-poll(1)\n";

enum { CHANGED = 256, MESSAGES };

static const struct option longs[] = {
	OPT_COMMON,
	{ "raw", no_argument, NULL, 'r' },
	{ "stream", required_argument, NULL, 's' },
	{ "since", required_argument, NULL, 'S' },
	{ "until", required_argument, NULL, 'U' },
	{ "changed", no_argument, NULL, CHANGED },
	{ "messages", required_argument, NULL, MESSAGES },
	{ "verbose", no_argument, NULL, 'v' },
	{ "explain", no_argument, NULL, 'x' },
	OPT_END
};

static struct front front = { .opt = { .mode = MODE_POLL } };
static bool changed;
static struct timespec now, from, to;
static char since[CLOCK_TEXT], until[CLOCK_TEXT];

static void
refused(const char *message)
{
	front_refuse(front.opt.raw || changed, ST_USAGE, message);
}

static struct opt opt = { longs, "rs:S:U:vx", usage, versions_map, refused };

/* RFC 3339, or a duration before now. */
static const char *
moment(const char *s, struct timespec *t, char out[CLOCK_TEXT])
{
	double ago;
	bool given = clock_parse(span_of(s), t);

	if (!given && opt_duration(span_of(s), &ago))
		*t = clock_earlier(now, ago);
	else if (!given)
		opt_wrong(&opt, "neither a time nor a duration: %s", s);
	clock_format(*t, 9, out);
	if (!clock_parse(span_of(out), t))
		opt_wrong(&opt, "before the year 0: %s", s);
	return out;
}

static void
take(int c)
{
	struct front_options *o = &front.opt;

	switch (c) {
	case 'r':
		o->raw = true;
		break;
	case 's':
		front_add_stream(o, optarg);
		break;
	case 'S':
		o->since = moment(optarg, &from, since);
		break;
	case 'U':
		o->until = moment(optarg, &to, until);
		break;
	case CHANGED:
		changed = true;
		break;
	case MESSAGES:
		opt_messages(&opt, optarg);
		break;
	case 'v':
		msg_verbosity(++o->verbose);
		break;
	default:
		o->explain = true;
	}
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	int c, status;

	msg_program("conn-poll");
	sandbox_no_core();
	file_std();
	sig_install();
	now = clock_wall();
	while ((c = opt_next(&opt, argc, argv)) != -1)
		take(c);
	if (argc - optind != 1)
		opt_wrong(&opt, "one CONFIG is needed; try 'conn-poll --help'");
	if (front.opt.since && front.opt.until && clock_cmp(to, from) < 0)
		opt_wrong(&opt, "--until is before --since");
	if (changed)
		return poll_changed(&front, argv[optind]);
	status = poll_write(&front, argv[optind], &e);
	return status < 0 ? front_failed(&front, &e) : status;
}

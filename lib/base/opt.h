/* SPDX-License-Identifier: MIT */
/*
 * Options: getopt_long with long names only in full, --help and --version the
 * same everywhere, bounded numbers. A wrong option or number ends the program
 * with status 2 and one line.
 */
#ifndef CONN_BASE_OPT_H
#define CONN_BASE_OPT_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct opt {
	const struct option *longs;     /* help, version first; zeros last */
	const char *shorts;             /* without h and V */
	const char *usage;              /* printed by --help, ends with \n */
	const char *(*libraries)(void); /* lines for --version, or NULL */
	/* called with the message before status 2, or NULL */
	void (*refused)(const char *message);
};

#define OPT_COMMON \
	{ "help", no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, 'V' }
#define OPT_END { NULL, 0, NULL, 0 }

/* The next option's letter, or -1: operands start at argv[optind]. Handles
 * help and version itself (exit 0); an error prints, calls refused, exits 2. */
int opt_next(struct opt *o, int argc, char **argv);
/* Prints the line, calls refused, exits 2. */
_Noreturn void opt_wrong(const struct opt *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* --messages: they go to this descriptor, which is not inherited. */
void opt_messages(const struct opt *o, const char *number);

/* Decimal digits only, at most max. */
bool opt_u64(const char *s, uint64_t max, uint64_t *out);
/* Integer and one of ms s m h d: seconds. */
bool opt_duration(struct span s, double *out);
/* Integer with optional K M G KiB MiB GiB (powers of 1024): bytes. */
bool opt_size(struct span s, uint64_t *out);

#endif

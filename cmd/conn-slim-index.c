/* SPDX-License-Identifier: MIT */
/*
 * conn-slim-index VERBOSE CONFIG: what conn-slim --index runs. A program of
 * its own, so that a listing of the source loads no library of an index.
 */
#include <stdlib.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/sig.h"
#include "index/listing.h"
#include "run/front.h"

int
main(int argc, char **argv)
{
	static struct front none;
	struct err e = { 0 };
	uint64_t verbose = 0;
	int status;

	msg_program("conn-slim");
	file_std();
	sig_install();
	if (argc != 3 || !opt_u64(argv[1], 100, &verbose)) {
		msg("this helper is for conn-slim --index");
		return ST_USAGE;
	}
	msg_verbosity((int)verbose);
	status = listing_write(argv[2], (int)verbose, &e);
	return status < 0 ? front_failed(&none, &e) : status;
}

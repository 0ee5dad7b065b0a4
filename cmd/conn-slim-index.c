/* SPDX-License-Identifier: MIT */
/*
 * What others ask of an index. A program of its own, so that they load no
 * library of one.
 *
 *   VERBOSE CONFIG     what conn-slim --index does
 *   uuid CONFIG        which index it is: index/which.h
 *   versions           of all libraries
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "index/index.h"
#include "index/listing.h"
#include "index/versions.h"
#include "run/front.h"

static int
print(const char *text)
{
	struct out out;

	out_init(&out, STDOUT_FILENO, "stdout");
	out_add(&out, text, strlen(text));
	out_close(&out);
	return ST_OK;
}

static int
print_uuid(const char *file)
{
	struct config c = { 0 };
	struct index *ix = NULL;
	struct buf line = { 0 };
	char uuid[INDEX_UUID_MAX];
	struct err e = { 0 };

	if (config_load(&c, file, &e) != 0 ||
	    index_open(&ix, &c, NULL, NULL, &e) != 0 ||
	    index_uuid(ix, uuid, &e) != 0)
		buf_printf(&line, "%d %s\n", e.status, e.text);
	else
		buf_printf(&line, "%d %s\n", ST_OK, uuid);
	index_close(ix);
	config_release(&c);
	print(buf_cstr(&line));
	buf_release(&line);
	return ST_OK;
}

int
main(int argc, char **argv)
{
	static struct front none;
	struct err e = { 0 };
	uint64_t verbose = 0;
	int status;

	msg_program("conn-slim");
	sandbox_no_core();
	file_std();
	sig_install();
	if (argc == 2 && streq(argv[1], "versions"))
		return print(versions_all());
	if (argc == 3 && streq(argv[1], "uuid"))
		return print_uuid(argv[2]);
	if (argc != 3 || !opt_u64(argv[1], 100, &verbose)) {
		msg("this helper is for conn-slim and conn-sync");
		return ST_USAGE;
	}
	msg_verbosity((int)verbose);
	status = listing_write(argv[2], (int)verbose, &e);
	return status < 0 ? front_failed(&none, &e) : status;
}

/* SPDX-License-Identifier: MIT */
/* A folder of its own for a unit test, the working folder until it is left. */
#ifndef CONN_TESTS_TEMP_H
#define CONN_TESTS_TEMP_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/msg.h"

static char temp_dir[4096];

static int
temp_remove(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static void
temp_leave(void)
{
	if (chdir("/") == 0)
		nftw(temp_dir, temp_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void
temp_enter(void)
{
	const char *tmp = getenv("TMPDIR");
	char *made = xasprintf("%s/conn-XXXXXX", tmp ? tmp : "/tmp");

	if (mkdtemp(made) == NULL || chdir(made) != 0 ||
	    getcwd(temp_dir, sizeof temp_dir) == NULL)
		die(ST_PERSON, "%s: no folder to work in", made);
	free(made);
	atexit(temp_leave);
}

#endif

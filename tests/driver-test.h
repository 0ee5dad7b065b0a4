/* SPDX-License-Identifier: MIT */
/* For the unit tests of drivers: sh programs in a folder of their own. */
#ifndef CONN_TESTS_DRIVER_TEST_H
#define CONN_TESTS_DRIVER_TEST_H

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sig.h"
#include "run/driver.h"

static char *dir;               /* the test's own folder */
static char *path;              /* the driver under test: dir/conn-source-t */

__attribute__((unused))
static void
write_file(const char *name, const char *text, mode_t mode)
{
	char *file = file_join(dir, name);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchmod(fd, mode) != 0)
		die(ST_PERSON, "%s: %s", file, strerror(errno));
	close(fd);
	free(file);
}

/* What a file of the folder holds; for free(). NULL if it is not there. */
__attribute__((unused))
static char *
read_back(const char *name)
{
	char *file = file_join(dir, name);
	struct buf b = { 0 };
	int r = file_read(file, 64 << 20, &b);

	free(file);
	return r == 0 ? buf_cstr(&b) : NULL;
}

/* From now on the driver is this sh program; $D is the folder. */
__attribute__((unused))
static void
program(const char *body)
{
	char *text = xasprintf("#!/bin/sh\nD=%s\n%s\n", dir, body);

	write_file("conn-source-t", text, 0755);
	free(text);
}

__attribute__((unused))
static struct driver *
start(const struct driver_request *rq)
{
	struct driver *d;
	struct err e;

	if (driver_start(&d, path, "t", rq, &e) != 0)
		err_die(&e);
	return d;
}

__attribute__((unused))
static struct driver *
start_verb(const char *verb)
{
	struct driver_request rq = { .verb = verb, .timeout = 20 };

	return start(&rq);
}

/* Reads to the end: the status of the whole, e says why. */
__attribute__((unused))
static int
drain(struct driver *d, struct err *e)
{
	struct driver_line l;
	int r;

	do
		r = driver_next(d, &l, e);
	while (r > 0);
	return r < 0 ? e->status : driver_finish(d, e);
}

__attribute__((unused))
static void
test_begin(const char *name)
{
	const char *tmp = getenv("TMPDIR");

	msg_program(name);
	sig_install();
	dir = xasprintf("%s/%s.XXXXXX", tmp ? tmp : "/tmp", name);
	if (mkdtemp(dir) == NULL)
		die(ST_PERSON, "%s: %s", dir, strerror(errno));
	path = file_join(dir, "conn-source-t");
}

__attribute__((unused))
static int
test_end(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	free(dir);
	free(path);
	return tap_done();
}

#endif

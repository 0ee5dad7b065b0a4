/* SPDX-License-Identifier: MIT */
#include "stream/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/sig.h"

enum { ATTEMPTS = 100 };

/* Removed and made again, a file is another file, and so is its lock. */
static bool
is_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int
taken(const char *path, struct err *e)
{
	return err_set(e, ST_TEMP, "another run holds %s", path);
}

/* What conn-sync handed down; -1 if there is none that holds. */
static int
inherited(const char *path)
{
	const char *s = getenv("CONN_LOCK_FD");
	uint64_t n;
	int fd;

	if (s == NULL || !opt_u64(s, INT_MAX, &n))
		return -1;
	fd = (int)n;
	unsetenv("CONN_LOCK_FD");
	if (!is_file(fd, path) || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return -1;
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
}

int
lock_take(const char *path, double seconds, struct err *e)
{
	int fd = inherited(path);

	for (int i = 0; fd < 0 && i < ATTEMPTS; i++) {
		fd = file_lock(path, seconds, e);
		if (fd == -1)
			return taken(path, e);
		if (fd < 0)
			return -1;
		if (!is_file(fd, path)) {
			close(fd);
			fd = -1;
		}
	}
	return fd < 0 ? taken(path, e) : fd;
}

int
lock_share(int fd, const char *path, double seconds, struct err *e)
{
	double end = clock_mono() + seconds;

	if (!is_file(fd, path))
		return err_set(e, ST_TEMP, "%s: replaced meanwhile", path);
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return err_set(e, ST_PERSON, "%s: %s", path,
			    strerror(errno));
		if (clock_mono() >= end || sig_stop)
			return taken(path, e);
		progress_tick();
		clock_sleep(0.05);
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "stream/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sig.h"

enum { CHUNK = 256 << 10, PIPE_SIZE = 1 << 20 };

const char *
temp_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && *dir != '\0' ? dir : "/var/tmp";
}

int
temp_file(struct err *e)
{
	char *path = xasprintf("%s/conn.XXXXXX", temp_dir());
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		err_set(e, ST_PERSON, "%s: %s", temp_dir(), strerror(errno));
	else
		unlink(path);
	free(path);
	return fd;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR && !sig_stop)
			continue;
		if (k < 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* Reads and writes one chunk: 1, 0 at the end, -1. */
static int
copy_chunk(int from, int to, const char *name, char *chunk, struct err *e)
{
	struct pollfd p = { from, POLLIN, 0 };
	ssize_t k = sig_poll(&p, 1, -1) < 0 ? -1 : read(from, chunk, CHUNK);

	if (k < 0 && errno == EINTR && !sig_stop)
		return 1;
	if (k < 0)
		return err_set(e, sig_stop ? ST_TEMP : ST_PERSON, "%s: %s",
		    name, strerror(errno));
	if (write_all(to, chunk, (size_t)k) < 0)
		return err_set(e, ST_PERSON, "%s: %s", temp_dir(),
		    strerror(errno));
	return k > 0;
}

int
temp_copy(int fd, const char *name, struct err *e)
{
	int to = temp_file(e), more;
	char *chunk;

	if (to < 0)
		return -1;
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	chunk = xmalloc(CHUNK);
	do {
		more = copy_chunk(fd, to, name, chunk, e);
	} while (more > 0);
	free(chunk);
	if (more == 0 && lseek(to, 0, SEEK_SET) < 0)
		more = err_set(e, ST_PERSON, "%s: %s", temp_dir(),
		    strerror(errno));
	if (more == 0)
		return to;
	close(to);
	return -1;
}

/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <errno.h>
#include <unistd.h>

int
child_exec_error(int fd)
{
	int code = 0;
	ssize_t k;

	do
		k = read(fd, &code, sizeof code);
	while (k < 0 && errno == EINTR);
	return k == (ssize_t)sizeof code ? code : 0;
}

void
child_lines(struct buf *line, size_t max, struct span bytes,
    void (*ended)(void *ctx), void *ctx)
{
	while (bytes.n > 0) {
		const char *nl = memchr(bytes.p, '\n', bytes.n);
		size_t k = nl ? (size_t)(nl - bytes.p) : bytes.n;
		size_t room = max - line->n;

		buf_add(line, bytes.p, k < room ? k : room);
		if (nl == NULL)
			return;
		ended(ctx);
		bytes.p += k + 1;
		bytes.n -= k + 1;
	}
}

void
child_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* SPDX-License-Identifier: MIT */
#include "base/out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/progress.h"
#include "base/sig.h"

enum {
	OUT_CHUNK = 256 << 10,
	PIPE_SIZE = 1 << 20,
	STOP_MS = 5000          /* that a stop signal leaves the reader */
};

void
out_init(struct out *o, int fd, const char *name)
{
	*o = (struct out){ .fd = fd, .name = name };
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	buf_reserve(&o->b, OUT_CHUNK);
}

static _Noreturn void
fail(const struct out *o)
{
	if (errno == EPIPE)
		sig_die(SIGPIPE);
	if (errno == EINTR && sig_stop)
		sig_die(sig_stop);
	die(ST_PERSON, "%s: %s", o->name, strerror(errno));
}

/* How much of n bytes to write at once. A signal that came already interrupts
 * no write: from then on only what does not block is written. */
static size_t
portion(const struct out *o, size_t n)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	if (!sig_stop)
		return n;
	if (poll(&p, 1, STOP_MS) <= 0)
		sig_die(sig_stop);
	return n < PIPE_BUF ? n : PIPE_BUF;
}

static void
write_all(struct out *o, const char *p, size_t n)
{
	double start = clock_mono();

	progress_yield();
	while (n > 0) {
		ssize_t k = write(o->fd, p, portion(o, n));

		if (k < 0 && errno == EINTR && !sig_stop)
			continue;
		if (k < 0)
			fail(o);
		p += k;
		n -= (size_t)k;
	}
	o->blocked += clock_mono() - start;
}

void
out_flush(struct out *o)
{
	write_all(o, o->b.p, o->b.n);
	buf_clear(&o->b);
}

struct buf *
out_room(struct out *o, size_t n)
{
	if (o->b.n + n > OUT_CHUNK)
		out_flush(o);
	return &o->b;
}

void
out_add(struct out *o, const void *p, size_t n)
{
	out_room(o, n);
	if (n > OUT_CHUNK)
		write_all(o, p, n);
	else
		buf_add(&o->b, p, n);
}

void
out_line(struct out *o, struct span line)
{
	if (line.n >= OUT_CHUNK) {
		out_add(o, line.p, line.n);
		out_add(o, "\n", 1);
		return;
	}
	buf_add_span(out_room(o, line.n + 1), line);
	buf_putc(&o->b, '\n');
}

void
out_close(struct out *o)
{
	if (o->fd < 0)
		return;
	out_flush(o);
	buf_release(&o->b);
	if (close(o->fd) != 0 && errno != EINTR)
		fail(o);
	o->fd = -1;
}

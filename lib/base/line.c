/* SPDX-License-Identifier: MIT */
#include "base/line.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/sig.h"

enum { CHUNK = 256 << 10, PIPE_SIZE = 1 << 20 };

void
lines_init(struct lines *l, int fd, size_t max)
{
	*l = (struct lines){ .fd = fd, .max = max, .timeout = -1,
	    .waiting = true };
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	buf_reserve(&l->b, CHUNK);
}

void
lines_release(struct lines *l)
{
	buf_release(&l->b);
}

static void
compact(struct lines *l)
{
	l->b.n -= l->pos;
	memmove(l->b.p, l->b.p + l->pos, l->b.n);
	l->base += l->pos;
	l->seen -= l->pos;
	l->pos = 0;
}

/* LINE_OK: bytes are there, or the end is. */
static enum line_result
await(struct lines *l)
{
	struct pollfd p = { l->fd, POLLIN, 0 };
	int r = l->read != NULL ? 1 : sig_poll(&p, 1, l->timeout);

	if (r == 0)
		return LINE_TIMEOUT;
	if (r < 0)
		return errno == EINTR && sig_stop ? LINE_SIGNAL : LINE_ERROR;
	return LINE_OK;
}

/* Reads once; LINE_OK if there is more to look at or the end was met. */
static enum line_result
fill(struct lines *l)
{
	enum line_result r;
	ssize_t k;

	if (l->pos > 0)
		compact(l);
	buf_reserve(&l->b, CHUNK);
	r = await(l);
	if (r != LINE_OK)
		return r;
	k = l->read != NULL ? l->read(l->ctx, l->b.p + l->b.n, CHUNK) :
	    read(l->fd, l->b.p + l->b.n, CHUNK);
	if (k < 0 && errno == EINTR)
		return sig_stop ? LINE_SIGNAL : LINE_OK;
	if (k < 0)
		return LINE_ERROR;
	l->eof = k == 0;
	l->b.n += (size_t)k;
	memset(l->b.p + l->b.n, 0, BUF_PAD);
	return LINE_OK;
}

/* Finds the newlines of the next lines, as many as are kept. */
static void
look(struct lines *l)
{
	while (l->n < LINES_AHEAD && l->seen < l->b.n) {
		const char *from = l->b.p + l->seen;
		const char *nl = memchr(from, '\n', l->b.n - l->seen);

		l->seen = nl != NULL ? (size_t)(nl + 1 - l->b.p) : l->b.n;
		if (nl != NULL)
			l->ends[(l->first + l->n++) % LINES_AHEAD] =
			    l->seen - 1;
	}
	l->waiting = l->n == 0;
}

/* A line of n bytes; after a dropped one it is only its tail. */
static enum line_result
take(struct lines *l, size_t n, size_t newline, struct span *out)
{
	bool tail = l->dropping;

	*out = (struct span){ l->b.p + l->pos, n };
	l->offset = l->base + l->pos;
	l->number++;
	l->pos += n + newline;
	l->dropping = false;
	if (tail || n > l->max)
		return LINE_LONG;
	return newline ? LINE_OK : LINE_CUT;
}

static enum line_result
take_first(struct lines *l, struct span *out)
{
	size_t end = l->ends[l->first];

	l->first = (l->first + 1) % LINES_AHEAD;
	l->n--;
	look(l);
	return take(l, end - l->pos, 1, out);
}

bool
lines_ahead(const struct lines *l, unsigned k, struct span *out)
{
	size_t from = l->pos, end;

	if (k > l->n)
		return false;
	if (k > 1)
		from = l->ends[(l->first + k - 2) % LINES_AHEAD] + 1;
	end = l->ends[(l->first + k - 1) % LINES_AHEAD];
	*out = (struct span){ l->b.p + from, end - from };
	return true;
}

enum line_result
lines_next(struct lines *l, struct span *out)
{
	for (;;) {
		enum line_result r;

		if (sig_stop)
			return LINE_SIGNAL;
		if (l->n == 0)
			look(l);
		if (l->n > 0)
			return take_first(l, out);
		if (l->eof && l->pos == l->b.n && !l->dropping)
			return LINE_EOF;
		if (l->eof)
			return take(l, l->b.n - l->pos, 0, out);
		if (l->b.n - l->pos > l->max) {
			l->dropping = true;
			l->pos = l->b.n;
		}
		r = fill(l);
		if (r != LINE_OK)
			return r;
	}
}

/* SPDX-License-Identifier: MIT */
#include "source/unpack.h"

#include <errno.h>
#include <unistd.h>

#include "base/msg.h"
#include "source/identity.h"

enum { CHUNK = 128 << 10 };

static ssize_t
read_some(int fd, void *p, size_t n)
{
	ssize_t k;

	do
		k = read(fd, p, n);
	while (k < 0 && errno == EINTR);
	return k;
}

static ssize_t
damaged(struct unpack *u, const char *fault)
{
	u->fault = fault;
	errno = EBADMSG;
	return -1;
}

static ssize_t
read_file(struct unpack *u, void *p, size_t n)
{
	ssize_t k = read_some(u->fd, p, n);

	if (k <= 0)
		return k;
	u->taken += (uint64_t)k;
	if (u->taken <= u->size || !identity_grown(u->fd, u->size))
		return k;
	u->grown = true;
	return damaged(u, "it grows while it is read");
}

static int
fill(struct unpack *u)
{
	ssize_t k;

	buf_reserve(&u->in, CHUNK);
	k = read_file(u, u->in.p, CHUNK);
	if (k < 0)
		return -1;
	u->in.n = (size_t)k;
	u->pos = 0;
	u->eof = k == 0;
	return 0;
}

static bool
begins(const struct unpack *u, const char *magic, size_t n)
{
	return u->in.n >= n && memcmp(u->in.p, magic, n) == 0;
}

/* A frame, or a skippable one as pzstd(1) puts in front. */
static bool
is_zstd(const struct unpack *u)
{
	return begins(u, "\x28\xb5\x2f\xfd", 4) || (u->in.n >= 4 &&
	    (u->in.p[0] & 0xf0) == 0x50 &&
	    memcmp(u->in.p + 1, "\x2a\x4d\x18", 3) == 0);
}

int
unpack_start(struct unpack *u, int fd, uint64_t size)
{
	u->fd = fd;
	u->size = size;
	u->taken = 0;
	u->grown = false;
	u->fault = NULL;
	u->inside = false;
	if (fill(u) != 0)
		return -1;
	u->kind = begins(u, "\x1f\x8b", 2) ? PACKED_GZIP :
	    is_zstd(u) ? PACKED_ZSTD : PACKED_NOT;
	if (u->kind == PACKED_ZSTD && u->zstd == NULL) {
		u->zstd = ZSTD_createDCtx();
		if (u->zstd == NULL)
			die(ST_TEMP, "out of memory");
	}
	if (u->kind == PACKED_ZSTD)
		ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
	if (u->kind == PACKED_GZIP)
		gunzip_start(&u->gzip);
	return 0;
}

void
unpack_release(struct unpack *u)
{
	gunzip_release(&u->gzip);
	ZSTD_freeDCtx(u->zstd);
	buf_release(&u->in);
	*u = (struct unpack){ 0 };
}

/* What was read to tell the kind, then the file itself. */
static ssize_t
plain(struct unpack *u, void *p, size_t n)
{
	if (u->pos == u->in.n)
		return u->eof ? 0 : read_file(u, p, n);
	if (n > u->in.n - u->pos)
		n = u->in.n - u->pos;
	memcpy(p, u->in.p + u->pos, n);
	u->pos += n;
	return (ssize_t)n;
}

static ssize_t
ungzip(struct unpack *u, void *p, size_t n)
{
	struct span in = { u->in.p + u->pos, u->in.n - u->pos };
	ssize_t k = gunzip_some(&u->gzip, &in, p, n);

	u->pos = u->in.n - in.n;
	u->inside = u->gzip.inside;
	return k < 0 ? damaged(u, u->gzip.fault) : k;
}

static ssize_t
unzstd(struct unpack *u, void *p, size_t n)
{
	ZSTD_inBuffer in = { u->in.p, u->in.n, u->pos };
	ZSTD_outBuffer out = { p, n, 0 };
	size_t r;

	if (!u->inside && in.pos == in.size)
		return 0;
	r = ZSTD_decompressStream(u->zstd, &out, &in);
	u->pos = in.pos;
	if (ZSTD_isError(r))
		return damaged(u, ZSTD_getErrorName(r));
	u->inside = r != 0;
	return (ssize_t)out.pos;
}

ssize_t
unpack_read(struct unpack *u, void *p, size_t n)
{
	if (u->kind == PACKED_NOT)
		return plain(u, p, n);
	for (;;) {
		ssize_t k;

		if (u->pos == u->in.n && !u->eof && fill(u) != 0)
			return -1;
		k = u->kind == PACKED_GZIP ? ungzip(u, p, n) : unzstd(u, p, n);
		if (k != 0)
			return k;
		if (u->eof)
			return u->inside ? damaged(u, "cut short") : 0;
	}
}

size_t
unpack_suffix(const char *name, size_t n)
{
	if (n > 3 && memcmp(name + n - 3, ".gz", 3) == 0)
		return n - 3;
	if (n > 4 && memcmp(name + n - 4, ".zst", 4) == 0)
		return n - 4;
	return n;
}

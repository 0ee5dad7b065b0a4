/* SPDX-License-Identifier: MIT */
#include "source/sqlitefile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "source/identity.h"

enum {
	SETTLED = 2,            /* seconds; file systems count in these */
	HEADER = 100, COUNTER = 24,
	/* the header of the log's index, which stands there twice */
	INDEX = 48, INDEX_READY = 12, INDEX_FRAME = 16, INDEX_FRAME_END = 40
};

static int
open_file(const char *path, const char *suffix, struct stat *st)
{
	char *name = xasprintf("%s%s", path, suffix);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error = errno;

	free(name);
	errno = error;
	/* opened first: then a network's file system has asked its server */
	if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
		close(fd);
		fd = -1;
		errno = EINVAL;
	}
	return fd;
}

static bool
read_head(int fd, unsigned char *head, size_t n)
{
	return fd >= 0 && pread(fd, head, n, 0) == (ssize_t)n;
}

static bool
read_header(int fd, unsigned char head[HEADER])
{
	static const char magic[16] = "SQLite format 3";

	return read_head(fd, head, HEADER) &&
	    memcmp(head, magic, sizeof magic) == 0;
}

static bool
settled(const struct stat *st, struct timespec now)
{
	return st->st_mtim.tv_sec > 0 &&
	    st->st_mtim.tv_sec + SETTLED < now.tv_sec;
}

static void
put_time(char *out, size_t size, struct timespec t)
{
	size_t n = strlen(out);

	snprintf(out + n, size - n, ":%jd.%09ld", (intmax_t)t.tv_sec,
	    t.tv_nsec);
}

static void
put_stat(char *out, size_t size, int fd, const struct stat *st)
{
	size_t n = strlen(out);
	char id[IDENTITY_TEXT];

	identity_format(fd, id);
	snprintf(out + n, size - n, "%s%s:%ju:%jd", n > 0 ? "," : "", id,
	    (uintmax_t)st->st_dev, (intmax_t)st->st_size);
	put_time(out, size, st->st_mtim);
}

static void
put_hex(char *out, size_t size, const unsigned char *p, size_t len)
{
	size_t n = strlen(out);

	for (; len > 0 && n + 2 < size; len--, n += 2)
		snprintf(out + n, size - n, "%02x", *p++);
}

/* The log's index tells how far it is committed. It is there as long as
 * somebody has the database open, and left behind by who died. */
static bool
look_at_index(struct sqlitefile *f, const char *path)
{
	unsigned char head[2 * INDEX];
	struct stat st;
	int fd = open_file(path, "-shm", &st);
	bool good = read_head(fd, head, sizeof head) &&
	    head[INDEX_READY] == 1 && memcmp(head, head + INDEX, INDEX) == 0;

	if (fd >= 0)
		close(fd);
	if (good) {
		snprintf(f->commit + strlen(f->commit), 2, ",");
		put_hex(f->commit, sizeof f->commit, head + INDEX_FRAME,
		    INDEX_FRAME_END - INDEX_FRAME);
	}
	return good;
}

static bool
look_at_log(struct sqlitefile *f, const char *path, struct timespec now)
{
	struct stat st;
	int fd = open_file(path, "-wal", &st);

	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0) {
		/* as no look at a file without a log is */
		snprintf(f->file + strlen(f->file), 3, ",?");
		return false;
	}
	/* whoever opens it as root changes its owner to what it is, and so
	 * the time of its inode */
	if (st.st_size > 0)
		put_stat(f->file, sizeof f->file, fd, &st);
	close(fd);
	if (st.st_size == 0)
		return true;
	return look_at_index(f, path) && settled(&st, now);
}

void
sqlitefile_look(struct sqlitefile *f, const char *path)
{
	unsigned char head[HEADER];
	struct timespec now = clock_wall();
	char *real = realpath(path, NULL);      /* the log lies beside that */
	struct stat st;

	*f = (struct sqlitefile){ .fd = -1 };
	if (real == NULL)
		return;
	f->fd = open_file(real, "", &st);
	if (read_header(f->fd, head)) {
		put_stat(f->file, sizeof f->file, f->fd, &st);
		put_time(f->file, sizeof f->file, st.st_ctim);
		put_hex(f->commit, sizeof f->commit, head + COUNTER, 4);
		f->sure = settled(&st, now);
		f->sure = look_at_log(f, real, now) && f->sure;
	}
	free(real);
}

void
sqlitefile_close(struct sqlitefile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

bool
sqlitefile_same(const struct sqlitefile *f, struct span file)
{
	size_t n = strcspn(f->file, ":");

	return file.n > n && memcmp(file.p, f->file, n + 1) == 0;
}

void
sqlitefile_locked(struct sqlitefile *f)
{
	unsigned char head[HEADER];
	const unsigned char *p = head + COUNTER;

	if (f->fd < 0 || fstat(f->fd, &f->locked) != 0)
		f->locked = (struct stat){ 0 };
	f->counted = read_header(f->fd, head);
	if (f->counted)
		f->counter = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
}

/* It goes on from 0 when it is full. */
bool
sqlitefile_older(const struct sqlitefile *f, uint32_t counter)
{
	uint32_t behind = counter - f->counter;

	return f->counted && behind > 0 && behind <= INT32_MAX;
}

bool
sqlitefile_untouched(const struct sqlitefile *f)
{
	struct stat st;

	return f->fd < 0 || fstat(f->fd, &st) != 0 ||
	    (st.st_size == f->locked.st_size &&
	    clock_cmp(st.st_mtim, f->locked.st_mtim) == 0);
}

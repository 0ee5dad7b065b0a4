/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/sig.h"

enum { CHUNK = 64 << 10 };

void
file_std(void)
{
	/* open(2) takes the lowest free number */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY :
		    O_RDONLY) != fd)
			die(ST_TEMP, "/dev/null: %s", strerror(errno));
}

/* read(2), which a signal that came right before it does not interrupt. */
static ssize_t
read_some(int fd, bool waits, struct buf *b)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	buf_reserve(b, CHUNK);
	if (waits && sig_poll(&p, 1, -1) < 0)
		return -1;
	return read(fd, b->p + b->n, CHUNK);
}

int
file_read_fd(int fd, size_t max, struct buf *b)
{
	size_t start = b->n;
	struct stat st;
	bool waits = fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);

	for (;;) {
		ssize_t k = read_some(fd, waits, b);

		if (k < 0 && errno == EINTR && !sig_stop)
			continue;
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		b->n += (size_t)k;
		if (b->n - start > max) {
			errno = EFBIG;
			return -1;
		}
	}
	buf_pad(b);
	return 0;
}

int
file_read(const char *path, size_t max, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r, saved;

	if (fd < 0)
		return -1;
	r = file_read_fd(fd, max, b);
	saved = errno;
	close(fd);
	errno = saved;
	return r;
}

int
file_write_synced(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t k = write(fd, s.p, s.n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		s.p += k;
		s.n -= (size_t)k;
	}
	return fsync(fd);
}

int
file_sync_dir(const char *path)
{
	char *dir = file_dirname(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	free(dir);
	if (fd < 0)
		return -1;
	r = fsync(fd);
	close(fd);
	return r;
}

int
file_replace_mode(const char *path, struct span bytes, mode_t mode,
    struct err *e)
{
	char *tmp;
	struct stat st;
	int fd, r = -1;

	/* rename(2) would take the place of a device, /dev/null even */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode))
		return err_set(e, ST_PERSON, "%s: not a regular file", path);
	tmp = xasprintf("%s.XXXXXX", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		err_set(e, ST_PERSON, "%s: %s", tmp, strerror(errno));
		free(tmp);
		return -1;
	}
	if (fchmod(fd, mode) != 0 || file_write_synced(fd, bytes) != 0)
		err_set(e, ST_PERSON, "%s: %s", tmp, strerror(errno));
	else if (rename(tmp, path) != 0 || file_sync_dir(path) != 0)
		err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	else
		r = 0;
	close(fd);
	if (r != 0)
		unlink(tmp);
	free(tmp);
	return r;
}

int
file_replace(const char *path, struct span bytes, struct err *e)
{
	return file_replace_mode(path, bytes, 0600, e);
}

int
file_mkdirs(const char *path, struct err *e)
{
	char *p = xstrdup(path);
	int r = 0;

	for (char *s = p + 1; r == 0; s++) {
		char c = *s;

		if (c != '/' && c != '\0')
			continue;
		*s = '\0';
		if (mkdir(p, 0700) != 0 && errno != EEXIST)
			r = err_set(e, ST_PERSON, "%s: %s", p, strerror(errno));
		*s = c;
		if (c == '\0')
			break;
	}
	free(p);
	return r;
}

/* Of the folder at, which is there; path is it, or is to be made below. */
static int
may_make(const char *at, const char *path, struct err *e)
{
	if (access(at, W_OK | X_OK) == 0)
		return 0;
	if (streq(at, path))
		return err_set(e, ST_PERSON, "%s: %s", at, strerror(errno));
	return err_set(e, ST_PERSON, "%s: %s; %s cannot be made", at,
	    strerror(errno), path);
}

int
file_may_mkdirs(const char *path, struct err *e)
{
	char *at = xstrdup(path), *up;
	struct stat st;
	int r;

	while ((r = stat(at, &st)) != 0 && errno == ENOENT &&
	    lstat(at, &st) != 0) {
		up = file_dirname(at);
		free(at);
		at = up;
	}
	if (r == 0 && S_ISDIR(st.st_mode))
		r = may_make(at, path, e);
	else if (r != 0 && errno == ENOENT)
		err_set(e, ST_PERSON, "%s: a link that leads nowhere", at);
	else
		r = err_set(e, ST_PERSON, "%s: %s", at,
		    strerror(r == 0 ? ENOTDIR : errno));
	free(at);
	return r;
}

int
file_lock(const char *path, double seconds, struct err *e)
{
	double end = clock_mono() + seconds;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
		return -2;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EINTR && !sig_stop)
			continue;
		if (errno != EWOULDBLOCK) {
			err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
			close(fd);
			return -2;
		}
		if (clock_mono() >= end || sig_stop) {
			close(fd);
			return -1;
		}
		clock_sleep(0.05);
	}
	return fd;
}

char *
file_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (name[0] == '/')
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, n > 0 && dir[n - 1] == '/' ? "" : "/",
	    name);
}

char *
file_absolute(const char *path)
{
	char *cwd = path[0] == '/' ? xstrdup("") : getcwd(NULL, 0);
	char *in, *save = NULL;
	struct buf out = { 0 };

	if (cwd == NULL)
		die(ST_PERSON, "cannot tell the working folder: %s",
		    strerror(errno));
	in = xasprintf("%s/%s", cwd, path);
	for (char *s = strtok_r(in, "/", &save); s;
	    s = strtok_r(NULL, "/", &save)) {
		if (streq(s, "."))
			continue;
		if (streq(s, "..")) {
			while (out.n > 0 && out.p[--out.n] != '/')
				continue;
			continue;
		}
		buf_putc(&out, '/');
		buf_puts(&out, s);
	}
	if (out.n == 0)
		buf_putc(&out, '/');
	free(cwd);
	free(in);
	return buf_cstr(&out);
}

char *
file_dirname(const char *path)
{
	const char *s = strrchr(path, '/');

	if (s == NULL)
		return xstrdup(".");
	return xstrndup((struct span){
		path, s == path ? 1 : (size_t)(s - path) });
}

static const char *
find_libexec_dir(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *dir, *r;

	if (n < 0)
		die(ST_PERSON, "/proc/self/exe: %s", strerror(errno));
	exe[n] = '\0';
	dir = file_dirname(exe);
	n = (ssize_t)strlen(dir);
	r = xasprintf("%s/%s/libexec/conn", dir,
	    n > 13 && streq(dir + n - 13, "/libexec/conn") ? "../.." : "..");
	free(dir);
	dir = file_absolute(r);
	free(r);
	return dir;
}

const char *
file_libexec_dir(void)
{
	static const char *dir;

	return dir ? dir : (dir = find_libexec_dir());
}

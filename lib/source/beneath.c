/* SPDX-License-Identifier: MIT */
#include "source/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC,
	TRIES = 16,             /* EAGAIN: a rename was in the way */
	LINKS = 40,             /* as the kernel's */
	LINK_MAX_BYTES = 4096,
	TODO_MAX = 64 << 10
};

static int
open_kernel(int at, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS };
	long fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, at, path, &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return (int)fd;
}

/* Closes unless it is the caller's; errno stays. */
static void
leave(int dir, int at)
{
	int saved = errno;

	if (dir >= 0 && dir != at)
		close(dir);
	errno = saved;
}

static int
open_by_name(int at, const char *path, int flags)
{
	char *copy = xstrdup(path), *name = copy, *slash;
	int dir = at, fd = -1;

	while (dir >= 0 && (slash = strchr(name, '/')) != NULL) {
		int next;

		*slash = '\0';
		next = openat(dir, name,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		leave(dir, at);
		dir = next;
		name = slash + 1;
	}
	if (dir >= 0)
		fd = openat(dir, name, flags);
	leave(dir, at);
	free(copy);
	return fd;
}

int
beneath_open(const struct beneath *b, int at, const char *path, int flags)
{
	flags |= FLAGS;
	if (flags & O_PATH)
		flags &= ~(O_NONBLOCK | O_NOCTTY);
	if (*path == '\0')
		path = ".";
	if (b->by_name)
		return open_by_name(at, path, flags);
	return open_kernel(at, path, flags);
}

int
beneath_init(struct beneath *b, const char *path)
{
	int probe;

	*b = (struct beneath){ .fd = -1 };
	b->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->fd < 0)
		return -1;
	/* containers' filters refuse a call they do not know with EPERM */
	probe = open_kernel(b->fd, ".", O_PATH | O_CLOEXEC);
	b->by_name = probe < 0 && (errno == ENOSYS || errno == EPERM);
	if (probe >= 0)
		close(probe);
	b->path = xstrdup(path);
	b->real = realpath(path, NULL);
	return 0;
}

void
beneath_release(struct beneath *b)
{
	if (b->fd >= 0)
		close(b->fd);
	free(b->path);
	free(b->real);
	*b = (struct beneath){ .fd = -1 };
}

/* The part of an absolute path that is below folder; NULL if it is not. */
static const char *
below(const char *path, const char *folder)
{
	size_t n = folder ? strlen(folder) : 0;

	while (n > 0 && folder[n - 1] == '/')
		n--;
	if (folder == NULL || strncmp(path, folder, n) != 0)
		return NULL;
	return path[n] == '/' || path[n] == '\0' ? path + n : NULL;
}

/* Reads what the link name in the folder real says; 0 if it is no link. */
static ssize_t
read_link(const struct beneath *b, struct buf *real, const char *name,
    char target[LINK_MAX_BYTES + 1])
{
	int dir = beneath_open(b, b->fd, buf_cstr(real), O_PATH | O_DIRECTORY);
	ssize_t n;

	if (dir < 0)
		return -1;
	n = readlinkat(dir, name, target, LINK_MAX_BYTES);
	if (n < 0 && errno == EINVAL)
		n = 0;
	if (n == LINK_MAX_BYTES) {
		errno = ENAMETOOLONG;
		n = -1;
	}
	if (n >= 0)
		target[n] = '\0';
	leave(dir, b->fd);
	return n;
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* One name further: real gets it, or todo what its link says. */
static int
advance(const struct beneath *b, struct buf *real, char **todo,
    const char *name, const char *rest)
{
	char target[LINK_MAX_BYTES + 1];
	const char *t = target;
	ssize_t n = read_link(b, real, name, target);
	char *old = *todo;

	if (n < 0)
		return -1;
	if (n == 0) {
		if (real->n > 0)
			buf_putc(real, '/');
		buf_puts(real, name);
		return 0;
	}
	if (*t == '/') {
		t = below(target, b->path);
		if (t == NULL)
			t = below(target, b->real);
		if (t == NULL)
			return fail(EXDEV);
		buf_clear(real);
	}
	if (strlen(t) + strlen(rest) > TODO_MAX)
		return fail(ENAMETOOLONG);
	*todo = xasprintf("%s/%s", t, rest);
	free(old);
	return 1;
}

static int
up(struct buf *real)
{
	if (real->n == 0)
		return fail(EXDEV);
	while (real->n > 0 && real->p[--real->n] != '/')
		continue;
	return 0;
}

int
beneath_resolve(const struct beneath *b, const char *path, struct buf *real)
{
	char *todo = xstrdup(path), *p = todo;
	int r = 0, links = 0;

	buf_clear(real);
	while (r == 0 && *p != '\0') {
		char *name = p;

		p += strcspn(p, "/");
		if (*p == '/')
			*p++ = '\0';
		if (*name == '\0' || streq(name, "."))
			continue;
		if (streq(name, "..")) {
			r = up(real);
			continue;
		}
		r = advance(b, real, &todo, name, p);
		if (r == 1) {
			p = todo;
			r = ++links > LINKS ? fail(ELOOP) : 0;
		}
	}
	free(todo);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "source/tap/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

enum { TREE_FDS = 16, TRIES = 250, PAUSE_MS = 20 };

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	(void)remove(path);
	return 0;
}

/* Whatever is in it; true: it is gone. */
static bool
remove_tree(const char *path)
{
	(void)nftw(path, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS);
	return access(path, F_OK) != 0 && errno == ENOENT;
}

static int
open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void
sweep_one(const char *path)
{
	struct stat st;
	int fd = open_folder(path);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 07777) == 0700 &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)remove_tree(path);
	close(fd);
}

/* As mkdtemp(3) made it: what else a person keeps beside it stays. */
static bool
is_ours(const char *name, const char *start)
{
	size_t n = strlen(start);

	return strncmp(name, start, n) == 0 && strlen(name + n) == 6 &&
	    strspn(name + n, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 6;
}

static void
sweep(const char *dir, const char *start)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		char *path;

		if (!is_ours(entry->d_name, start))
			continue;
		path = file_join(dir, entry->d_name);
		sweep_one(path);
		free(path);
	}
	if (d != NULL)
		closedir(d);
}

/* Outside our process group, which is killed as a whole. What our children
 * still write into the folder ends with them, so it is tried again. */
static _Noreturn void
watch(const struct folder *f, int ended)
{
	sigset_t all;
	char byte;

	setpgid(0, 0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "conn-remove");
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	close(f->alive);
	while (read(ended, &byte, 1) < 0 && errno == EINTR)
		continue;
	for (int i = 0; i < TRIES && !remove_tree(f->path); i++)
		poll(NULL, 0, PAUSE_MS);
	_exit(0);
}

static int
start_remover(struct folder *f)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	f->alive = ends[1];
	f->remover = fork();
	if (f->remover == 0)
		watch(f, ends[0]);
	/* nothing is to be written before, so both see to it */
	setpgid(f->remover, f->remover);
	close(ends[0]);
	return f->remover < 0 ? -1 : 0;
}

/* Another's sweep may have taken it before it was locked. */
static int
make_locked(struct folder *f, const char *pattern)
{
	struct stat ours, there;

	for (int i = 0; i < 100; i++) {
		free(f->path);
		f->path = xstrdup(pattern);
		if (mkdtemp(f->path) == NULL)
			return -1;
		f->lock = open_folder(f->path);
		if (f->lock >= 0 && flock(f->lock, LOCK_EX) == 0 &&
		    fstat(f->lock, &ours) == 0 &&
		    stat(f->path, &there) == 0 && ours.st_ino == there.st_ino)
			return 0;
		if (f->lock >= 0)
			close(f->lock);
	}
	return -1;
}

int
folder_make(struct folder *f, const char *name, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char *start = xasprintf("conn-%s-", name), *pattern;
	int r;

	*f = (struct folder){ .lock = -1, .alive = -1 };
	if (dir == NULL || *dir == '\0')
		dir = "/var/tmp";
	sweep(dir, start);
	pattern = xasprintf("%s/%sXXXXXX", dir, start);
	r = make_locked(f, pattern);
	if (r != 0)
		err_set(e, ST_PERSON, "%s: %s", dir, strerror(errno));
	else if ((r = start_remover(f)) != 0)
		err_set(e, ST_TEMP, "a process: %s", strerror(errno));
	free(start);
	free(pattern);
	return r;
}

char *
folder_put(const struct folder *f, const char *name, struct span bytes,
    struct err *e)
{
	char *path = file_join(f->path, name);

	if (file_replace(path, bytes, e) == 0)
		return path;
	free(path);
	return NULL;
}

void
folder_remove(struct folder *f)
{
	bool gone = f->path != NULL && remove_tree(f->path);

	if (f->path == NULL)
		return;
	if (f->alive >= 0)
		close(f->alive);
	while (gone && f->remover > 0 && waitpid(f->remover, NULL, 0) < 0 &&
	    errno == EINTR)
		continue;
	if (f->lock >= 0)
		close(f->lock);
	free(f->path);
	*f = (struct folder){ .lock = -1, .alive = -1 };
}

/* SPDX-License-Identifier: MIT */
/* The walk while others move what it walks over. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "source/walk.h"
#include "tap.h"

enum { FILES = 3000 };
static const double SECONDS = 2;

static atomic_bool stop;

static char *
make_folder(const char *parent)
{
	char *dir = xasprintf("%s/walk.XXXXXX", parent);

	if (mkdtemp(dir) == NULL) {
		perror(dir);
		exit(1);
	}
	return dir;
}

static void
remove_all(char *dir)
{
	char *const argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, dir,
		NULL };
	pid_t pid = fork();

	if (pid == 0) {
		execvp("rm", argv);
		_exit(127);
	}
	free(dir);
}

static void
put(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
	free(path);
}

static void
put_folder(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	if (mkdir(path, 0755) != 0)
		perror(path);
	free(path);
}

/* ---- nothing outside is reached ---- */

/* in/d, a folder, and in/l, a link to out, change places all the time. */
static void *
flip(void *dir)
{
	char *d = xasprintf("%s/in/d", (char *)dir);
	char *l = xasprintf("%s/in/l", (char *)dir);

	while (!stop)
		renameat2(AT_FDCWD, d, AT_FDCWD, l, RENAME_EXCHANGE);
	free(d);
	free(l);
	return NULL;
}

struct seen {
	unsigned long inside, outside, faults, walks;
};

static void
look_at(const struct beneath *b, const struct walk_item *it, struct seen *s)
{
	char text[16] = "";
	int fd = beneath_open(b, it->at, it->name, 0);

	if (fd < 0) {
		s->faults++;
		return;
	}
	if (read(fd, text, sizeof text - 1) < 0)
		perror("read");
	close(fd);
	s->inside += streq(text, "inside");
	s->outside += streq(text, "secret");
}

static struct seen
walk_while_flipping(const char *dir, bool by_name, bool follow)
{
	char *in = xasprintf("%s/in", dir);
	struct walk_options o = { .follow = follow, .once = true };
	double end = clock_mono() + SECONDS;
	struct seen s = { 0 };
	struct beneath b;

	if (beneath_init(&b, in) != 0)
		perror(in);
	b.by_name = by_name;
	for (; clock_mono() < end; s.walks++) {
		struct walk_item it;
		struct walk w;

		walk_init(&w, &b, &o);
		do {
			walk_next(&w, &it);
			if (it.kind == WALK_FILE)
				look_at(&b, &it, &s);
			else
				s.faults += it.kind != WALK_END;
		} while (it.kind != WALK_END);
		walk_release(&w);
		for (int i = 0; i < 4; i++) {
			it.at = b.fd;
			it.name = i % 2 ? "d/x/f" : "l/x/f";
			look_at(&b, &it, &s);
		}
	}
	beneath_release(&b);
	free(in);
	return s;
}

static void
test_confinement(bool by_name, bool follow)
{
	char *dir = make_folder(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	char *link = xasprintf("%s/in/l", dir);
	char *target = xasprintf("%s/out", dir);
	struct seen s;
	pthread_t t;

	put_folder(dir, "in");
	put_folder(dir, "in/d");
	put_folder(dir, "in/d/x");
	put_folder(dir, "out");
	put_folder(dir, "out/x");
	put(dir, "in/d/x/f", "inside");
	put(dir, "out/x/f", "secret");
	if (symlink(target, link) != 0)
		perror(link);
	stop = false;
	pthread_create(&t, NULL, flip, dir);
	s = walk_while_flipping(dir, by_name, follow);
	stop = true;
	pthread_join(t, NULL);
	ok(s.outside == 0, "a folder flips with a link out%s%s: %lu walks, "
	    "%lu reads, none outside", by_name ? ", without openat2" : "",
	    follow ? ", links followed" : "", s.walks, s.inside);
	ok(s.inside > 100 && s.faults > 100, "both were met: %lu, %lu",
	    s.inside, s.faults);
	free(link);
	free(target);
	remove_all(dir);
}

/* ---- nothing that stays is missed ---- */

/* One file after the other is replaced by a new one, as editors do, with a
 * pause now and then. tmpfs then gives readdir(3) the new one behind the last,
 * or never: without a second look a walk misses some forty of them. */
static void *
replace(void *dir)
{
	char *from = xasprintf("%s/new", (char *)dir);

	for (unsigned i = 0; !stop; i++) {
		char *to = xasprintf("%s/some-longer-name-%04u", (char *)dir,
		    i * 7919 % FILES);

		put(dir, "new", "x");
		rename(from, to);
		free(to);
		if (i % 2000 == 0)
			usleep(60000);
	}
	free(from);
	return NULL;
}

/* How many of the files a walk did not list, though it said it was whole. */
static unsigned
missed(const struct beneath *b, const struct walk_options *o, bool *whole)
{
	bool found[FILES] = { false };
	struct walk_item it;
	struct walk w;
	unsigned n = 0;

	*whole = true;
	walk_init(&w, b, o);
	do {
		walk_next(&w, &it);
		if (it.kind == WALK_FILE && *it.path.p == 's')
			found[strtoul(it.path.p + 17, NULL, 10)] = true;
		*whole = *whole && it.kind != WALK_BUSY;
	} while (it.kind != WALK_END);
	walk_release(&w);
	for (unsigned i = 0; i < FILES; i++)
		n += !found[i];
	return *whole ? n : 0;
}

static void
test_replaced(const char *parent)
{
	struct walk_options o = { .stat = true };
	char *dir = make_folder(parent);
	unsigned total = 0, walks = 0, wholes = 0;
	double end;
	struct beneath b;
	pthread_t t;
	bool whole;

	for (unsigned i = 0; i < FILES; i++) {
		char name[32];

		snprintf(name, sizeof name, "some-longer-name-%04u", i);
		put(dir, name, "x");
	}
	if (beneath_init(&b, dir) != 0)
		perror(dir);
	stop = false;
	pthread_create(&t, NULL, replace, dir);
	for (end = clock_mono() + SECONDS; clock_mono() < end; walks++) {
		total += missed(&b, &o, &whole);
		wholes += whole;
	}
	stop = true;
	pthread_join(t, NULL);
	ok(total == 0, "%s: files replaced meanwhile: %u walks, %u of them "
	    "whole, %u files missed", parent, walks, wholes, total);
	ok(wholes > 0, "%s: and some walks were whole", parent);
	total = missed(&b, &o, &whole);
	ok(whole && total == 0, "%s: a quiet folder is listed whole", parent);
	beneath_release(&b);
	remove_all(dir);
}

/* ---- each folder is read for itself ---- */

/* Something comes and goes in each of six folders, one in the other. */
static void *
stir(void *dir)
{
	for (unsigned i = 0; !stop; i++) {
		char *path = xasprintf("%s/d/d/d/d/d/", (char *)dir), *name;

		path[strlen(dir) + 1 + i % 6 * 2] = '\0';
		name = xasprintf("%snew", path);
		close(open(name, O_WRONLY | O_CREAT, 0644));
		unlink(name);
		free(name);
		free(path);
	}
	return NULL;
}

static void
test_nested(void)
{
	char *dir = make_folder(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	double end = clock_mono() + 10 * SECONDS;
	struct walk_options o = { 0 };
	unsigned old = 0, again = 0;
	struct walk_item it;
	struct beneath b;
	struct walk w;
	pthread_t t;

	for (unsigned i = 0; i < 6; i++) {
		char *name = xasprintf("d/d/d/d/d/d");

		name[i * 2 + 1] = '\0';
		put_folder(dir, name);
		free(name);
	}
	put(dir, "d/d/d/d/d/d/old", "x");
	stop = false;
	pthread_create(&t, NULL, stir, dir);
	beneath_init(&b, dir);
	walk_init(&w, &b, &o);
	do {
		walk_next(&w, &it);
		old += it.kind == WALK_FILE && it.path.n == strlen(
		    "d/d/d/d/d/d/old");
		again += it.kind == WALK_FILE || it.kind == WALK_BUSY;
	} while (it.kind != WALK_END && clock_mono() < end);
	ok(it.kind == WALK_END && old == 1, "folders that all change are not "
	    "multiplied: an old file is listed %u times, %u items", old,
	    again);
	stop = true;
	pthread_join(t, NULL);
	walk_release(&w);
	beneath_release(&b);
	remove_all(dir);
}

/* ---- depth ---- */

static void
test_depth(void)
{
	char *dir = make_folder(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	int at = open(dir, O_RDONLY | O_DIRECTORY);
	unsigned files = 0, deep = 0, other = 0;
	struct walk_options o = { 0 };
	struct walk_item it;
	struct beneath b;
	struct walk w;

	for (int i = 0; i < 300; i++) {
		int fd;

		if (mkdirat(at, "d", 0755) != 0)
			perror("d");
		fd = openat(at, "d", O_RDONLY | O_DIRECTORY);
		close(at);
		at = fd;
		close(openat(at, "f", O_WRONLY | O_CREAT, 0644));
	}
	close(at);
	beneath_init(&b, dir);
	walk_init(&w, &b, &o);
	do {
		walk_next(&w, &it);
		files += it.kind == WALK_FILE;
		deep += it.kind == WALK_DEEP;
		other += it.kind != WALK_FILE && it.kind != WALK_DEEP;
	} while (it.kind != WALK_END);
	ok(files == 256 && deep == 1 && other == 1,
	    "a deep tree: %u files, %u folder too deep", files, deep);
	walk_release(&w);
	beneath_release(&b);
	remove_all(dir);
}

int
main(void)
{
	test_confinement(false, false);
	test_confinement(false, true);
	test_confinement(true, false);
	test_replaced(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (access("/dev/shm", W_OK) == 0)
		test_replaced("/dev/shm");
	test_nested();
	test_depth();
	return tap_done();
}

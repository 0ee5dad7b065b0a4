/* SPDX-License-Identifier: MIT */
#include "source/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"

enum { BUFFER = 32 << 10 };

/* readdir(3) takes a folder that is gone for one that was read to its end, so
 * the entries are taken from the kernel itself. */
struct walk_frame {
	int fd;
	char *entries;          /* BUFFER bytes */
	size_t pos, n;          /* of those read, in bytes */
	size_t base;            /* length of the folder's path */
	dev_t dev;
	ino_t ino;
	struct timespec changed;        /* before this reading */
	struct timespec since;          /* only what changed since then */
	unsigned pass;
	/* the folders in it that were entered, for the next pass: that they
	 * changed is theirs to see, or each level would multiply the passes */
	struct h128 *entered;
	size_t nentered, capentered, nsorted;
};

void
walk_init(struct walk *w, const struct beneath *root,
    const struct walk_options *o)
{
	*w = (struct walk){ .root = root, .o = *o };
	buf_reserve(&w->path, 1);
}

static void
pop(struct walk *w)
{
	struct walk_frame *f = &w->v[--w->n];

	close(f->fd);
	free(f->entries);
	free(f->entered);
}

void
walk_release(struct walk *w)
{
	while (w->n > 0)
		pop(w);
	free(w->v);
	buf_release(&w->path);
	buf_release(&w->real);
	buf_release(&w->key);
}

static void
report(const struct walk *w, struct walk_item *it, enum walk_kind kind,
    int error)
{
	it->kind = kind;
	it->path = buf_span(&w->path);
	it->error = error;
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return clock_cmp(a, b) == 0;
}

/* What the server says now, not what a client's cache remembers. */
static int
look(int fd, struct walk_frame *f)
{
	struct statx s;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC,
	    STATX_CTIME | STATX_INO, &s) != 0)
		return -1;
	f->dev = makedev(s.stx_dev_major, s.stx_dev_minor);
	f->ino = s.stx_ino;
	f->changed = (struct timespec){ s.stx_ctime.tv_sec,
		s.stx_ctime.tv_nsec };
	return 0;
}

/* A change in the same step of the clock as the last one would not show in
 * the folder's time: lets that step pass first. */
static int
settle(int fd, struct walk_frame *f)
{
	for (int i = 0; i < 2; i++) {
		double left = clock_step_left(f->changed);

		if (left <= 0)
			return 0;
		clock_sleep(left);
		if (look(fd, f) != 0)
			return -1;
	}
	return 0;
}

/* Begins to read the folder fd, which it takes. */
static int
begin(struct walk *w, int fd, struct walk_frame *f)
{
	if (look(fd, f) != 0 || (!w->o.once && settle(fd, f) != 0)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	f->fd = fd;
	f->pos = f->n = 0;
	return 0;
}

static void
enter(struct walk *w, int at, const char *name, struct walk_item *it)
{
	struct walk_frame f = { .base = w->path.n };
	int fd;

	if (w->o.enter != NULL && w->path.n > 0 &&
	    !w->o.enter(w->o.ctx, buf_span(&w->path)))
		return;
	if (w->path.n > WALK_PATH_MAX) {
		report(w, it, WALK_DEEP, 0);
		return;
	}
	fd = beneath_open(w->root, at, name, O_DIRECTORY);
	if (fd < 0 || begin(w, fd, &f) != 0) {
		report(w, it, WALK_BAD_FOLDER, errno);
		return;
	}
	f.entries = xmalloc(BUFFER);
	w->v = xgrow(w->v, &w->cap, w->n + 1, sizeof *w->v);
	w->v[w->n++] = f;
}

/* By its name and what it is: another one of the name is not it, nor is it
 * under another name. */
static struct h128
mark_of(struct walk *w, const char *name, dev_t dev, ino_t ino)
{
	buf_clear(&w->key);
	buf_add(&w->key, &dev, sizeof dev);
	buf_add(&w->key, &ino, sizeof ino);
	buf_puts(&w->key, name);
	return hash128(w->key.p, w->key.n);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct h128));
}

/* Enters a folder of the one that is read, unless that was done. */
static void
enter_once(struct walk *w, const char *name, struct walk_item *it)
{
	size_t n = w->n;
	struct walk_frame *f = &w->v[n - 1], *sub;
	struct h128 mark;

	if (f->nsorted > 0) {
		mark = mark_of(w, name, it->st.st_dev, it->st.st_ino);
		if (bsearch(&mark, f->entered, f->nsorted, sizeof mark,
		    compare) != NULL)
			return;
	}
	enter(w, f->fd, name, it);
	if (w->n == n || w->o.once)
		return;
	f = &w->v[n - 1];
	sub = &w->v[n];
	f->entered = xgrow(f->entered, &f->capentered, f->nentered + 1,
	    sizeof *f->entered);
	f->entered[f->nentered++] = mark_of(w, name, sub->dev, sub->ino);
}

/* The folder was read to its end: is it to be read again? */
static void
finish(struct walk *w, struct walk_item *it)
{
	struct walk_frame *f = &w->v[w->n - 1], next = *f;
	int fd;

	next.since = f->changed;
	if (w->o.once || (look(f->fd, &next) == 0 &&
	    same_time(f->changed, next.changed))) {
		pop(w);
		return;
	}
	detail("%s: it changed; listing it again",
	    w->path.n > 0 ? buf_cstr(&w->path) : w->root->path);
	if (++next.pass == WALK_PASSES) {
		report(w, it, WALK_BUSY, 0);
		pop(w);
		return;
	}
	/* opened anew: rewinding does not look again everywhere */
	fd = beneath_open(w->root, f->fd, "", O_DIRECTORY);
	if (fd < 0 || begin(w, fd, &next) != 0) {
		report(w, it, WALK_BAD_FOLDER, errno);
		pop(w);
		return;
	}
	close(f->fd);
	*f = next;
	if (f->nentered > 0)
		qsort(f->entered, f->nentered, sizeof *f->entered, compare);
	f->nsorted = f->nentered;
}

/* The next entry; NULL: none is left (errno 0), or the folder cannot be read
 * further. */
static const struct dirent64 *
next_entry(struct walk_frame *f)
{
	const struct dirent64 *de;
	ssize_t n;

	errno = 0;
	if (f->pos == f->n) {
		n = getdents64(f->fd, f->entries, BUFFER);
		if (n <= 0)
			return NULL;
		f->n = (size_t)n;
		f->pos = 0;
	}
	de = (const void *)(f->entries + f->pos);
	f->pos += de->d_reclen;
	return de;
}

static bool
is_open(const struct walk *w, const struct stat *st)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].dev == st->st_dev && w->v[i].ino == st->st_ino)
			return true;
	return false;
}

static void
file(struct walk *w, int at, const char *name, struct walk_item *it)
{
	report(w, it, WALK_FILE, 0);
	it->at = at;
	it->name = name;
}

/* A link that leads nowhere, out of the root or in a circle is left out. */
static bool
leads_nowhere(int error)
{
	return error == ENOENT || error == EXDEV || error == ELOOP ||
	    error == ENOTDIR || error == ENAMETOOLONG;
}

static void
follow(struct walk *w, struct walk_item *it)
{
	int fd, r;

	if (beneath_resolve(w->root, buf_cstr(&w->path), &w->real) != 0) {
		if (!leads_nowhere(errno))
			report(w, it, WALK_BAD_ENTRY, errno);
		return;
	}
	fd = beneath_open(w->root, w->root->fd, buf_cstr(&w->real), O_PATH);
	r = fd < 0 ? -1 : fstat(fd, &it->st);
	if (fd >= 0)
		close(fd);
	if (r != 0) {
		report(w, it, WALK_BAD_ENTRY, errno);
		return;
	}
	it->known = true;
	if (S_ISREG(it->st.st_mode))
		file(w, w->root->fd, w->real.p, it);
	else if (S_ISDIR(it->st.st_mode) && !is_open(w, &it->st))
		enter(w, w->root->fd, w->real.p, it);
}

static enum walk_kind
bad_kind(unsigned char type)
{
	return type == DT_REG ? WALK_BAD_FILE : type == DT_DIR ?
	    WALK_BAD_FOLDER : WALK_BAD_ENTRY;
}

static void
entry(struct walk *w, const struct walk_frame *f, const struct dirent64 *de,
    struct walk_item *it)
{
	unsigned char type = de->d_type;
	int at = f->fd;

	if (type == DT_UNKNOWN || f->pass > 0 ||
	    (type == DT_REG && w->o.stat)) {
		if (fstatat(at, de->d_name, &it->st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
			report(w, it, bad_kind(type), errno);
			return;
		}
		if (f->pass > 0 && clock_cmp(it->st.st_ctim, f->since) < 0)
			return;
		it->known = true;
		type = (unsigned char)IFTODT(it->st.st_mode);
	}
	if (type == DT_REG)
		file(w, at, de->d_name, it);
	else if (type == DT_DIR)
		enter_once(w, de->d_name, it);
	else if (type == DT_LNK && w->o.follow)
		follow(w, it);
}

/* Folders, files and what may be one; links if they are followed. */
static bool
is_wanted(const struct walk *w, const struct dirent64 *de)
{
	if (streq(de->d_name, ".") || streq(de->d_name, ".."))
		return false;
	return de->d_type == DT_REG || de->d_type == DT_DIR ||
	    de->d_type == DT_UNKNOWN || (de->d_type == DT_LNK && w->o.follow);
}

static void
step(struct walk *w, struct walk_item *it)
{
	struct walk_frame *f = &w->v[w->n - 1];
	const struct dirent64 *de = next_entry(f);

	w->path.n = f->base;
	it->known = false;
	if (de == NULL && errno != 0) {
		report(w, it, WALK_BAD_FOLDER, errno);
		pop(w);
	} else if (de == NULL) {
		finish(w, it);
	} else if (is_wanted(w, de)) {
		if (w->path.n > 0)
			buf_putc(&w->path, '/');
		buf_puts(&w->path, de->d_name);
		entry(w, f, de, it);
	}
}

void
walk_next(struct walk *w, struct walk_item *it)
{
	it->kind = WALK_END;
	if (!w->started)
		enter(w, w->root->fd, "", it);
	w->started = true;
	while (it->kind == WALK_END && w->n > 0)
		step(w, it);
}

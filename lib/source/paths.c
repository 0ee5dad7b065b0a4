/* SPDX-License-Identifier: MIT */
#include "source/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "source/source.h"

/* Takes path. */
static void
add(struct paths *p, char *path)
{
	p->v = xgrow(p->v, &p->cap, p->n + 1, sizeof *p->v);
	p->v[p->n++] = path;
}

void
paths_release(struct paths *p)
{
	while (p->n > 0)
		free(p->v[--p->n]);
	free(p->v);
	*p = (struct paths){ 0 };
}

static int
failed(struct err *e, const char *path)
{
	return err_set(e, errno_temporary(errno) ? ST_TEMP : ST_PERSON,
	    "%s: %s", path, strerror(errno));
}

static bool
is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/* Does a link on the way lead nowhere? What it stood for may come back. */
static bool
dangles(const char *path)
{
	char *copy = xstrdup(path), *end = copy;
	bool found = false, last = false;
	struct stat st;

	while (!found && !last) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		last = *end == '\0';
		*end = '\0';
		found = lstat(copy, &st) == 0 && stat(copy, &st) != 0 &&
		    is_absent(errno);
		*end = last ? '\0' : '/';
	}
	free(copy);
	return found;
}

static int
list(struct paths *out, const char *folder, const char *name, struct err *e)
{
	DIR *d = opendir(*folder ? folder : ".");
	struct dirent *de;

	if (d == NULL && !is_absent(errno))
		return failed(e, folder);
	if (d == NULL && dangles(folder))
		add(out, xasprintf("%s%s", folder, name));
	if (d == NULL)
		return 0;
	while (errno = 0, (de = readdir(d)) != NULL)
		if (!streq(de->d_name, ".") && !streq(de->d_name, "..") &&
		    fnmatch(name, de->d_name, FNM_PERIOD) == 0)
			add(out, xasprintf("%s%s", folder, de->d_name));
	if (errno != 0) {
		failed(e, folder);
		closedir(d);
		return -1;
	}
	closedir(d);
	return 0;
}

static void
unquote(char *name)
{
	char *to = name;

	for (; *name != '\0'; name++) {
		if (*name == '\\' && name[1] != '\0')
			name++;
		*to++ = *name;
	}
	*to = '\0';
}

/* Each of bases, "" or ending in a slash, with the names that fit. */
static int
extend(struct paths *bases, char *name, struct err *e)
{
	struct paths out = { 0 };
	bool plain = strpbrk(name, "*?[") == NULL;
	int r = 0;

	if (plain)
		unquote(name);
	for (size_t i = 0; r == 0 && i < bases->n; i++) {
		if (plain)
			add(&out, xasprintf("%s%s", bases->v[i], name));
		else
			r = list(&out, bases->v[i], name, e);
	}
	paths_release(bases);
	*bases = out;
	return r;
}

static void
add_slashes(struct paths *p)
{
	for (size_t i = 0; i < p->n; i++) {
		char *old = p->v[i];

		p->v[i] = xasprintf("%s/", old);
		free(old);
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
paths_expand(struct paths *p, const char *pattern, struct err *e)
{
	char *copy = xstrdup(pattern), *name = copy;
	struct paths found = { 0 };
	int r = 0;

	add(&found, xstrdup(*name == '/' ? "/" : ""));
	while (name += strspn(name, "/"), r == 0 && *name != '\0') {
		size_t n = strcspn(name, "/");
		bool last = name[n] == '\0';

		name[n] = '\0';
		r = extend(&found, name, e);
		name += n + !last;
		if (!last)
			add_slashes(&found);
	}
	for (size_t i = 0; r == 0 && i < found.n; i++) {
		struct stat st;

		if (stat(found.v[i], &st) == 0 || !is_absent(errno) ||
		    dangles(found.v[i]))
			add(p, xstrdup(found.v[i]));
	}
	if (p->n > 0)
		qsort(p->v, p->n, sizeof *p->v, compare);
	paths_release(&found);
	free(copy);
	return r;
}

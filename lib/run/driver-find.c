/* SPDX-License-Identifier: MIT */
#include "run/driver.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/opt.h"
#include "config/schema.h"

#define DEFAULT_PATH "/usr/local/lib/conn"
#define PREFIX "conn-source-"
#define SUFFIX ".yml"
#define INSIDE "connector.yml"

/* The i-th entry of CONN_DRIVER_PATH, from 0; p NULL past the last. */
static struct span
path_entry(size_t i)
{
	const char *s = getenv("CONN_DRIVER_PATH");

	if (s == NULL || *s == '\0')
		s = DEFAULT_PATH;
	for (;; i--) {
		size_t n = strcspn(s, ":");

		if (i == 0)
			return (struct span){ s, n };
		if (s[n] == '\0')
			return (struct span){ NULL, 0 };
		s += n + 1;
	}
}

const char *
driver_folder(size_t i)
{
	static char *folder, *connectors;
	struct span s;

	if (i == 0)
		return file_libexec_dir();
	if (i == 1 && connectors == NULL)
		connectors = file_join(file_libexec_dir(), "connectors");
	if (i-- == 1)
		return connectors;
	for (size_t k = 0; (s = path_entry(k)).p != NULL; k++) {
		if (s.n == 0 || s.p[0] != '/' || --i > 0)
			continue;
		free(folder);
		return folder = xstrndup(s);
	}
	return NULL;
}

/* An empty entry is nothing; a relative one would mean another folder under
 * cron than in a shell. */
static int
check_path(struct err *e)
{
	struct span s;

	for (size_t k = 0; (s = path_entry(k)).p != NULL; k++)
		if (s.n > 0 && s.p[0] != '/')
			return err_set(e, ST_USAGE,
			    "CONN_DRIVER_PATH: %.*s: not an absolute folder",
			    (int)s.n, s.p);
	return 0;
}

bool
driver_type_ok(const char *type)
{
	size_t n = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return type[0] >= 'a' && type[0] <= 'z' && type[n] == '\0' &&
	    n <= DRIVER_TYPE_MAX;
}

/* Only root and the user may have put it there, or may change it. */
static int
check_owner(const char *path, const struct stat *st, struct err *e)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(e, ST_PERSON,
		    "%s: belongs neither to root nor to the user who runs it",
		    path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ST_PERSON,
		    "%s: writable by others; chmod go-w it", path);
	return 0;
}

static int
check_folder_of(const char *path, struct err *e)
{
	char *dir = file_dirname(path);
	struct stat st;
	int r;

	if (stat(dir, &st) != 0)
		r = err_set(e, ST_PERSON, "%s: %s", dir, strerror(errno));
	else
		r = check_owner(dir, &st, e);
	free(dir);
	return r;
}

static int
check_file(const char *path, int mode, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, ST_PERSON, "%s: not a regular file", path);
	if (check_owner(path, &st, e) != 0)
		return -1;
	if (access(path, mode) != 0)
		return err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	return 0;
}

/* path is there: what a link leads to is checked with its folder, and is what
 * will be executed or read, so that the link is followed only once. */
static int
accept(struct arena *a, const char *path, int mode, const char **out,
    struct err *e)
{
	char *real;

	if (check_folder_of(path, e) != 0)
		return -1;
	real = realpath(path, NULL);
	if (real == NULL)
		return err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	*out = arena_strndup(a, span_of(real));
	free(real);
	if (check_folder_of(*out, e) != 0)
		return -1;
	return check_file(*out, mode, e);
}

/* Says that there is none, and which one may have been meant. */
static int
unknown(struct arena *a, const char *type, struct err *e)
{
	struct val *schema = val_new(a, JSON_OBJECT);
	struct val *props = val_new(a, JSON_OBJECT);
	struct driver_types t = { 0 };
	const char *near;

	if (driver_types(a, &t, e) != 0)
		return -1;
	val_set(a, schema, SPAN("properties"), props);
	for (size_t i = 0; i < t.n; i++)
		val_set(a, props, span_of(t.v[i]), val_new(a, JSON_OBJECT));
	free(t.v);
	near = schema_nearest(schema, span_of(type));
	if (near != NULL && streq(near, type))
		return err_set(e, ST_USAGE, "%s is a connector, not a driver",
		    type);
	return err_set(e, ST_USAGE, "unknown type %s%s%s", type,
	    near ? ", did you mean " : "", near ? near : "");
}

/* Takes the file, freeing its name. 1: it is not there. */
static int
take(struct arena *a, char *file, int mode, const char **out, struct err *e)
{
	struct stat st;
	int r = 1;

	if (lstat(file, &st) == 0)
		r = accept(a, file, mode, out, e);
	else if (errno != ENOENT && errno != ENOTDIR)
		r = err_set(e, ST_PERSON, "%s: %s", file, strerror(errno));
	free(file);
	return r;
}

/* One that has a folder to itself: nobody may exchange that, either. */
static int
take_inside(struct arena *a, const char *dir, const char *type,
    const char **out, struct err *e)
{
	char *own = xasprintf("%s/%s", dir, type);
	int r = take(a, xasprintf("%s/" INSIDE, own), R_OK, out, e);

	if (r == 0)
		r = check_folder_of(own, e);
	free(own);
	return r;
}

/* Looks for a program in a folder and, if file is not NULL, for a connector.
 * 1: neither is there. */
static int
look_in(struct arena *a, const char *dir, const char *type,
    const char **program, const char **file, struct err *e)
{
	int r = take(a, xasprintf("%s/" PREFIX "%s", dir, type), X_OK, program,
	    e);

	if (r == 1 && file != NULL)
		r = take(a, xasprintf("%s/%s" SUFFIX, dir, type), R_OK, file,
		    e);
	return r == 1 && file != NULL ? take_inside(a, dir, type, file, e) : r;
}

static int
look(struct arena *a, const char *type, const char **program,
    const char **file, struct err *e)
{
	const char *dir;
	int r = 1;

	for (size_t i = 0; r == 1 && (dir = driver_folder(i)) != NULL; i++)
		r = look_in(a, dir, type, program, file, e);
	return r;
}

/* The program that reads the connector. */
static int
find_reader(struct arena *a, struct driver_found *f, struct err *e)
{
	const struct connector_file *c = &f->connector;
	struct err why = { 0 };
	int r = look(a, c->driver, &f->path, NULL, e);

	if (r <= 0)
		return r;
	unknown(a, c->driver, &why);
	return schema_err_at(c->file, val_get(c->root, "type"), "type", e,
	    "%s", why.text);
}

/* A driver of ours that is newer than what was kept says something else. */
static const char *
kept_spec(struct arena *a, const char *type)
{
	const char *dir = file_libexec_dir(), *file = NULL;
	char *program = xasprintf("%s/" PREFIX "%s", dir, type);
	struct err e = { 0 };
	struct stat made, kept;
	bool good = stat(program, &made) == 0 &&
	    take(a, xasprintf("%s/specs/%s.json", dir, type), R_OK, &file,
	    &e) == 0 && stat(file, &kept) == 0 &&
	    (kept.st_mtim.tv_sec > made.st_mtim.tv_sec ||
	    (kept.st_mtim.tv_sec == made.st_mtim.tv_sec &&
	    kept.st_mtim.tv_nsec >= made.st_mtim.tv_nsec));

	free(program);
	return good ? file : NULL;
}

int
driver_find(struct arena *a, const char *type, struct driver_found *f,
    struct err *e)
{
	const char *file = NULL;
	int r;

	*f = (struct driver_found){ 0 };
	if (!driver_type_ok(type))
		return err_set(e, ST_USAGE, "not a type of source: %s", type);
	if (check_path(e) != 0)
		return -1;
	r = look(a, type, &f->path, &file, e);
	if (r > 0)
		return unknown(a, type, e);
	f->connector.file = file;
	if (r == 0 && file != NULL)
		r = connector_file_read(a, file, &f->connector, e);
	if (r == 0 && file != NULL)
		r = find_reader(a, f, e);
	if (r == 0)
		f->spec = kept_spec(a, file ? f->connector.driver : type);
	return r;
}

/* What the connector sets goes where the config is silent. */
static void
note_connector(struct config *c, const struct connector_file *k)
{
	const struct val *overlap = val_get(k->root, "overlap");

	c->connector = k->file;
	c->connector_digest = k->file ?
	    connector_file_digest(&c->arena, k) : NULL;
	if (overlap != NULL && val_get(c->source, "overlap") == NULL)
		opt_duration(val_str(overlap), &c->overlap);
}

/* A source may hold what a connector does; the driver does not know which. */
static void
limit_confirm(struct config *c, struct val *spec)
{
	const struct val *streams = val_get(c->source, "streams");

	if (streams != NULL && streams->type == JSON_OBJECT &&
	    !connector_file_one(c->source))
		val_unset(spec, "confirm");
}

int
driver_config(struct config *c, const char **path, struct val **spec,
    struct err *e)
{
	struct driver_found f;
	struct err why = { 0 };

	if (check_path(e) != 0)
		return -1;
	if (driver_find(&c->arena, c->type, &f, &why) == 0) {
		*path = f.path;
		note_connector(c, &f.connector);
		if (driver_spec(&c->arena, &f, c->type, spec, e) != 0)
			return -1;
		limit_confirm(c, *spec);
		return c->patches == NULL ? 0 :
		    patches_spec(c->patches, *spec, &c->own_schema, e);
	}
	*e = why;
	return why.status != ST_USAGE || f.connector.file ? -1 : config_err(c,
	    val_get(c->source, "type"), e, "source.type: %s", why.text);
}

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The type that an entry of a folder makes there; "": none. */
static const char *
entry_type(struct arena *a, const char *dir, const char *name)
{
	size_t n = strlen(name);
	char *inside;
	bool there;

	if (span_starts(span_of(name), SPAN(PREFIX)))
		return arena_strndup(a, span_of(name + strlen(PREFIX)));
	if (n > strlen(SUFFIX) && streq(name + n - strlen(SUFFIX), SUFFIX))
		return arena_strndup(a,
		    (struct span){ name, n - strlen(SUFFIX) });
	inside = xasprintf("%s/%s/" INSIDE, dir, name);
	there = access(inside, F_OK) == 0;
	free(inside);
	return there ? arena_strndup(a, span_of(name)) : "";
}

/* Adds the types of one folder. A missing folder has none. */
static int
list_folder(struct arena *a, const char *dir, struct driver_types *t,
    struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *f;

	if (d == NULL && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (d == NULL)
		return err_set(e, ST_PERSON, "%s: %s", dir, strerror(errno));
	while ((f = readdir(d)) != NULL) {
		const char *type = entry_type(a, dir, f->d_name);

		if (!driver_type_ok(type))
			continue;
		t->v = xgrow(t->v, &t->cap, t->n + 1, sizeof *t->v);
		t->v[t->n++] = type;
	}
	closedir(d);
	return 0;
}

int
driver_types(struct arena *a, struct driver_types *t, struct err *e)
{
	const char *dir;
	size_t n = 0;

	if (check_path(e) != 0)
		return -1;
	for (size_t i = 0; (dir = driver_folder(i)) != NULL; i++)
		if (list_folder(a, dir, t, e) != 0)
			return -1;
	if (t->n == 0)
		return 0;
	qsort(t->v, t->n, sizeof *t->v, by_name);
	for (size_t i = 1; i < t->n; i++)
		if (!streq(t->v[i], t->v[n]))
			t->v[++n] = t->v[i];
	t->n = n + 1;
	return 0;
}

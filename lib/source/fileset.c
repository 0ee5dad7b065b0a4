/* SPDX-License-Identifier: MIT */
#include "source/fileset.h"

#include <stdlib.h>

#include "base/mem.h"
#include "source/identity.h"
#include "source/paths.h"
#include "source/unpack.h"

static const struct {
	const char *name;
	enum format format;
} suffixes[] = {
	{ ".ndjson", FORMAT_NDJSON }, { ".jsonl", FORMAT_NDJSON },
	{ ".json", FORMAT_JSON }, { ".csv", FORMAT_CSV },
	{ ".tsv", FORMAT_TSV }, { ".tab", FORMAT_TSV }
};

static const char *const names[] = {
	[FORMAT_NDJSON] = "ndjson", [FORMAT_JSON] = "json",
	[FORMAT_CSV] = "csv", [FORMAT_TSV] = "tsv",
	[FORMAT_ELASTICDUMP] = "elasticdump", [FORMAT_BULK] = "bulk"
};

static enum format
by_name(const char *name)
{
	int i = 0;

	while (i < FORMAT_NONE && !streq(names[i], name))
		i++;
	return (enum format)i;
}

static enum format
by_suffix(const char *path)
{
	size_t n = unpack_suffix(path, strlen(path));

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		size_t k = strlen(suffixes[i].name);

		if (n > k && memcmp(path + n - k, suffixes[i].name, k) == 0)
			return suffixes[i].format;
	}
	return FORMAT_NONE;
}

/* A file that cannot be looked at stays: opening it tells why. */
static bool
may_be_file(const char *path, struct stat *st)
{
	if (stat(path, st) == 0)
		return S_ISREG(st->st_mode);
	*st = (struct stat){ 0 };
	return true;
}

static int
set_format(enum format *f, const char *path, const struct request *rq,
    struct err *e)
{
	const char *name = val_cstr(val_get(rq->source, "format"));

	*f = name ? by_name(name) : by_suffix(path);
	if (*f != FORMAT_NONE)
		return 0;
	if (name != NULL)
		return source_wrong(e, "format", "%s is none", name);
	return source_wrong(e, "format", "missing; the name of %s does not "
	    "tell it", path);
}

int
fileset_look(struct fileset *f, const struct request *rq, struct err *e)
{
	struct paths p = { 0 };
	int r = paths_expand(&p, val_cstr(val_get(rq->source, "path")), e);

	*f = (struct fileset){ .v = xcalloc(p.n, sizeof *f->v),
		.format = xcalloc(p.n, sizeof *f->format),
		.st = xcalloc(p.n, sizeof *f->st), .named = p.n };
	for (size_t i = 0; r == 0 && i < p.n; i++) {
		if (!may_be_file(p.v[i], &f->st[f->n]))
			continue;
		f->v[f->n] = xstrdup(p.v[i]);
		r = set_format(&f->format[f->n], p.v[i], rq, e);
		f->n++;
	}
	paths_release(&p);
	return r;
}

int
fileset_init(struct fileset *f, const struct request *rq, struct err *e)
{
	const char *pattern = val_cstr(val_get(rq->source, "path"));
	int r;

	*f = (struct fileset){ 0 };
	if (pattern == NULL || *pattern == '\0')
		return source_wrong(e, "path", "missing");
	r = fileset_look(f, rq, e);
	return r == 0 && f->n == 0 ? err_set(e, ST_PERSON, "%s: %s", pattern,
	    f->named > 0 ? "not a file" : "there is no such file") : r;
}

bool
fileset_has(const struct fileset *f, const struct fileset *now, size_t i)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int r = strcmp(f->v[mid], now->v[i]);

		if (r == 0)
			return identity_same(&f->st[mid], &now->st[i]);
		if (r < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

void
fileset_release(struct fileset *f)
{
	while (f->n > 0)
		free(f->v[--f->n]);
	free(f->v);
	free(f->format);
	free(f->st);
	*f = (struct fileset){ 0 };
}

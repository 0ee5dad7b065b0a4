/* SPDX-License-Identifier: MIT */
#include "source/fileset.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
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
may_be_file(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || S_ISREG(st.st_mode);
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
fileset_init(struct fileset *f, const struct request *rq, struct err *e)
{
	const char *pattern = val_cstr(val_get(rq->source, "path"));
	struct paths p = { 0 };
	int r;

	*f = (struct fileset){ 0 };
	if (pattern == NULL || *pattern == '\0')
		return source_wrong(e, "path", "missing");
	r = paths_expand(&p, pattern, e);
	if (r == 0 && p.n == 0)
		r = err_set(e, ST_PERSON, "%s: there is no such file", pattern);
	f->v = xcalloc(p.n, sizeof *f->v);
	f->format = xcalloc(p.n, sizeof *f->format);
	for (size_t i = 0; r == 0 && i < p.n; i++) {
		if (!may_be_file(p.v[i]))
			continue;
		f->v[f->n] = xstrdup(p.v[i]);
		r = set_format(&f->format[f->n], p.v[i], rq, e);
		f->n++;
	}
	paths_release(&p);
	if (r == 0 && f->n == 0)
		return err_set(e, ST_PERSON, "%s: not a file", pattern);
	return r;
}

void
fileset_release(struct fileset *f)
{
	while (f->n > 0)
		free(f->v[--f->n]);
	free(f->v);
	free(f->format);
	*f = (struct fileset){ 0 };
}

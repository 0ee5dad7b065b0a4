/* SPDX-License-Identifier: MIT */
#include "config/patches.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/opt.h"
#include "config/patchform.h"
#include "json/text.h"

enum { FILE_BYTES = 1 << 20, DEPTH = 64, FOLDERS = 8 };

static const char *const names[PATCH_FILES + 1] = {
	[PATCH_SPEC] = "spec.patch.json", [PATCH_MAP] = "spec.map.json",
	[PATCH_OAUTH2] = "oauth2.patch.json",
	[PATCH_DOCUMENTATION] = "documentation_url.patch.json",
	[PATCH_INTERVAL] = "run_interval_minutes.json",
	[PATCH_OMITTED] = "omitted_streams.json",
	[PATCH_SELECTED] = "selected_streams.json",
	[PATCH_NORMALIZATIONS] = "schema_normalizations.json"
};

static const struct {
	const char *end;
	enum patch_kind kind;
} ends[] = {
	{ ".patch.json", PATCH_SCHEMA }, { ".pk.json", PATCH_ID },
	{ ".normalize.json", PATCH_NORMALIZE }
};

/* What else lies in such folders, of an image that is built from them. */
static const char *const others[] = { "Dockerfile", "VERSION", "LICENSE" };

int
patch_err(const struct patch_file *f, const struct val *at, struct err *e,
    const char *fmt, ...)
{
	char what[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return schema_err_at(f->path, at, "", e, "%s", what);
}

const char *
patch_nearest(struct arena *a, struct span word, const char *const *words)
{
	struct val *schema = val_new(a, JSON_OBJECT);
	struct val *props = val_new(a, JSON_OBJECT);
	const char *near;
	char *text, *r;

	for (size_t i = 0; words[i] != NULL; i++)
		val_set(a, props, span_of(words[i]), val_new(a, JSON_OBJECT));
	val_set(a, schema, SPAN("properties"), props);
	near = schema_nearest(schema, word);
	if (near == NULL)
		return "";
	text = xasprintf(", did you mean %s", near);
	r = arena_strndup(a, span_of(text));
	free(text);
	return r;
}

/* ---- one file ---- */

static int
read_json(struct arena *a, struct patch_file *f, struct err *e)
{
	struct buf text = { 0 };
	struct val_error ve;
	int r = 0;

	if (file_read(f->path, FILE_BYTES, &text) != 0)
		r = err_set(e, ST_USAGE, "%s: %s", f->path, errno == EFBIG ?
		    "larger than 1 MiB" : strerror(errno));
	else if ((f->root = val_parse(a, buf_span(&text), DEPTH, true,
	    &ve)) == NULL)
		r = err_set(e, ST_USAGE, "%s:%u:%u: %s%s", f->path, ve.line,
		    ve.col, ve.duplicate ? ve.key.p :
		    json_fault_text(ve.json.fault),
		    ve.duplicate ? ": this key stands twice" : "");
	buf_release(&text);
	return r;
}

static char *
joined(struct arena *a, const char *dir, const char *name)
{
	char *path = file_join(dir, name);
	char *r = arena_strndup(a, span_of(path));

	free(path);
	return r;
}

static bool
passed_over(const char *name)
{
	size_t n = strlen(name);

	if (name[0] == '.' || (n > 3 && streq(name + n - 3, ".md")))
		return true;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (streq(name, others[i]))
			return true;
	return false;
}

static int
read_top(struct patches *p, const char *name, struct err *e)
{
	for (size_t i = 0; i < PATCH_FILES; i++) {
		struct patch_file *f = &p->files[i];

		if (!streq(name, names[i]))
			continue;
		f->path = joined(p->arena, p->dir, name);
		return read_json(p->arena, f, e);
	}
	if (passed_over(name))
		return 0;
	return err_set(e, ST_USAGE, "%s: unknown name of a patch file%s",
	    joined(p->arena, p->dir, name),
	    patch_nearest(p->arena, span_of(name), names));
}

/* name: below streams, with slashes where the stream's own name has them. */
static int
read_stream(struct patches *p, const char *name, struct err *e)
{
	struct patch_stream *s;
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t k = strlen(ends[i].end);

		if (n <= k || !streq(name + n - k, ends[i].end))
			continue;
		if (p->nstreams == PATCHES_MAX)
			return err_set(e, ST_USAGE, "%s: more than %d files",
			    p->dir, PATCHES_MAX);
		s = &p->streams[p->nstreams++];
		s->kind = ends[i].kind;
		s->name = arena_strndup(p->arena, (struct span){ name, n - k });
		s->file.path = joined(p->arena,
		    joined(p->arena, p->dir, "streams"), name);
		return read_json(p->arena, &s->file, e);
	}
	if (passed_over(name))
		return 0;
	return err_set(e, ST_USAGE, "%s/streams/%s: unknown name of a patch "
	    "file; it must end in .patch.json, .pk.json or .normalize.json",
	    p->dir, name);
}

/* ---- the folder ---- */

static int
no_folder(const char *dir, struct err *e)
{
	return err_set(e, ST_USAGE, "%s: %s", dir, strerror(errno));
}

static int
visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Goes down one folder with each call, FOLDERS at most. */
static int
walk_streams(struct patches *p, const char *below, int level, struct err *e)
{
	const char *dir = joined(p->arena, joined(p->arena, p->dir, "streams"),
	    below);
	struct dirent **list;
	int n = scandir(dir, &list, visible, alphasort), r = 0;

	if (n < 0)
		return no_folder(dir, e);
	for (int i = 0; i < n; i++) {
		const char *name = below[0] == '\0' ? list[i]->d_name :
		    joined(p->arena, below, list[i]->d_name);

		if (r != 0)
			;
		else if (!is_folder(joined(p->arena, dir, list[i]->d_name)))
			r = read_stream(p, name, e);
		else if (level == FOLDERS)
			r = err_set(e, ST_USAGE, "%s: more than %d folders "
			    "deep", dir, FOLDERS);
		else
			r = walk_streams(p, name, level + 1, e);
		free(list[i]);
	}
	free(list);
	return r;
}

static int
walk(struct patches *p, struct err *e)
{
	struct dirent **list;
	int n = scandir(p->dir, &list, visible, alphasort), r = 0;

	if (n < 0)
		return no_folder(p->dir, e);
	for (int i = 0; i < n; i++) {
		if (r != 0)
			;
		else if (streq(list[i]->d_name, "streams"))
			r = walk_streams(p, "", 1, e);
		else
			r = read_top(p, list[i]->d_name, e);
		free(list[i]);
	}
	free(list);
	return r;
}

int
patches_read(struct arena *a, const char *dir, struct patches **out,
    struct err *e)
{
	struct patches *p = arena_alloc(a, sizeof *p);
	struct patch_stream *all = xcalloc(PATCHES_MAX, sizeof *all);
	int r;

	p->arena = a;
	p->dir = arena_strndup(a, span_of(dir));
	p->streams = all;
	r = walk(p, e);
	p->streams = arena_alloc(a, (p->nstreams + 1) * sizeof *p->streams);
	memcpy(p->streams, all, p->nstreams * sizeof *all);
	free(all);
	if (r == 0)
		r = patches_form(p, e);
	*out = p;
	return r;
}

/* ---- streams ---- */

static bool
is_kept(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    (unsigned char)c >= 0x80;
}

void
patch_stream_name(struct buf *out, struct span stream)
{
	size_t start = out->n;
	bool slash = false;

	for (size_t i = 0; i < stream.n; i++) {
		slash = slash || stream.p[i] == '/';
		if (!is_kept(stream.p[i]))
			continue;
		if (slash && out->n > start)
			buf_putc(out, '/');
		slash = false;
		buf_putc(out, stream.p[i]);
	}
}

static struct patch_stream *
named(const struct patches *p, enum patch_kind kind, struct span name)
{
	for (size_t i = 0; i < p->nstreams; i++)
		if (p->streams[i].kind == kind &&
		    span_is(name, p->streams[i].name))
			return &p->streams[i];
	return NULL;
}

int
patches_take(struct patches *p, enum patch_kind kind, struct span stream,
    const struct patch_stream **out, struct err *e)
{
	struct patch_stream *s = named(p, kind, stream);
	struct buf name = { 0 };

	if (s == NULL) {
		patch_stream_name(&name, stream);
		s = named(p, kind, buf_span(&name));
		buf_release(&name);
	}
	if (s == NULL)
		s = named(p, kind, SPAN("*"));
	*out = s;
	if (s == NULL || (s->stream != NULL && span_is(stream, s->stream)))
		return 0;
	if (s->stream != NULL && patch_is_own(s))
		return patch_err(&s->file, s->file.root, e, "the name of two "
		    "streams, %s and %.*s", s->stream, (int)stream.n, stream.p);
	s->stream = arena_strndup(p->arena, stream);
	return 0;
}

bool
patch_is_own(const struct patch_stream *s)
{
	return !streq(s->name, "*");
}

/* ---- digest ---- */

static void
add(struct arena *a, struct val *v, const char *name,
    const struct patch_file *f)
{
	if (f->root != NULL)
		val_set(a, v, span_of(name), val_copy(a, f->root));
}

struct val *
patches_essence(struct arena *a, const struct patches *p)
{
	static const enum patch_file_name counts[] = {
		PATCH_SPEC, PATCH_MAP, PATCH_OMITTED, PATCH_SELECTED
	};
	struct val *v = val_new(a, JSON_OBJECT);

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		add(a, v, names[counts[i]], &p->files[counts[i]]);
	for (size_t i = 0; i < p->nstreams; i++) {
		const struct patch_stream *s = &p->streams[i];
		char *name = xasprintf("streams/%s%s", s->name,
		    ends[s->kind].end);

		if (s->kind != PATCH_SCHEMA)
			add(a, v, name, &s->file);
		free(name);
	}
	return v;
}

/* SPDX-License-Identifier: MIT */
#include "source/fileread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "source/body.h"
#include "stream/record.h"

enum { PASSES = 10 };           /* readings of files that change */

/* ---- settings ---- */

static int
read_delimiter(struct fileread *f, const struct request *rq, struct err *e)
{
	const struct val *v = val_get(rq->source, "delimiter");
	struct span s = val_str(v);

	if (v == NULL)
		return 0;
	if (s.n != 1 || *s.p == '"' || *s.p == '\n' || *s.p == '\r' ||
	    *s.p == '\0' || (unsigned char)*s.p > 0x7e)
		return source_wrong(e, "delimiter",
		    "not one character of ASCII");
	f->delimiter = *s.p;
	return 0;
}

static int
read_path(struct fileread *f, const struct request *rq, struct err *e)
{
	const char *path = val_cstr(val_get(rq->source, "items")), *why;

	if (path == NULL)
		return 0;
	f->path = xstrdup(path);
	why = jsonarray_path(f->path, f->keys, &f->nkeys);
	return why ? source_wrong(e, "items", "%s %s", path, why) : 0;
}

/* Does some file have its ids from us? */
static bool
needs_id(const struct fileset *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->format[i] != FORMAT_ELASTICDUMP &&
		    s->format[i] != FORMAT_BULK)
			return true;
	return false;
}

int
fileread_init(struct fileread *f, const struct request *rq, struct err *e)
{
	bool must;

	*f = (struct fileread){ 0 };
	f->header = val_bool(val_get(rq->source, "header"), true);
	if (source_one_stream(rq, "documents", e) != 0 ||
	    read_delimiter(f, rq, e) != 0 || read_path(f, rq, e) != 0 ||
	    fileset_init(&f->files, rq, e) != 0)
		return -1;
	must = needs_id(&f->files);
	if (items_init(&f->items, rq, must, e) != 0)
		return -1;
	if (!must && f->items.nid > 0)
		return source_wrong(e, "id", "this format has its own ids");
	return 0;
}

void
fileread_release(struct fileread *f)
{
	fileset_release(&f->files);
	items_release(&f->items);
	unpack_release(&f->unpack);
	free(f->path);
}

/* ---- one file ---- */

bool
fileread_more(struct fileread *f)
{
	return f->enough == 0 || f->records++ < f->enough;
}

static ssize_t
read_bytes(void *ctx, void *p, size_t n)
{
	return unpack_read(ctx, p, n);
}

static bool
read_json(struct fileread *f)
{
	struct jsonarray a;
	enum jsonarray_result r = ARRAY_END;
	struct span element;

	jsonarray_init(&a, read_bytes, &f->unpack, STREAM_LINE_MAX);
	a.keys = f->keys;
	a.nkeys = f->nkeys;
	while (fileread_more(f) &&
	    (r = jsonarray_next(&a, &element)) != ARRAY_END &&
	    r != ARRAY_ERROR) {
		f->items.line = a.line;
		if (r == ARRAY_ELEMENT)
			items_object(&f->items, element);
		else if (r == ARRAY_LONG)
			items_bad(&f->items, "too_long", "over 64 MiB");
		else
			items_bad(&f->items, "bad_line", a.what);
	}
	jsonarray_release(&a);
	return r != ARRAY_ERROR;
}

static bool
read_format(struct fileread *f, enum format format)
{
	struct lines in;
	bool good;

	if (format == FORMAT_JSON)
		return read_json(f);
	lines_init(&in, -1, STREAM_LINE_MAX);
	in.read = read_bytes;
	in.ctx = &f->unpack;
	switch (format) {
	case FORMAT_CSV:
	case FORMAT_TSV:
		good = fileread_rows(f, &in, f->delimiter ? f->delimiter :
		    format == FORMAT_CSV ? ',' : '\t');
		break;
	case FORMAT_ELASTICDUMP:
		good = fileread_dump(f, &in);
		break;
	case FORMAT_BULK:
		good = fileread_bulk(f, &in);
		break;
	default:
		good = fileread_lines(f, &in);
		break;
	}
	lines_release(&in);
	return good;
}

static void
changing(struct fileread *f)
{
	f->items.line = 0;
	items_bad(&f->items, "changing",
	    "the file was changed while it was read");
}

static const char *
code_of(int error)
{
	return error == EACCES || error == EPERM ? "permission" :
	    error == ENOENT || error == ESTALE ? "vanished" : "io_error";
}

/* Of errno: the file becomes a fail, or the run stops. */
static int
failed(struct fileread *f, struct err *e)
{
	int error = errno;

	if (errno_temporary(error))
		return err_set(e, ST_TEMP, "%s: %s", f->items.file,
		    strerror(error));
	if (f->unpack.grown)
		changing(f);
	else if (error == EBADMSG && f->unpack.fault != NULL)
		items_bad(&f->items, "bad_line", f->unpack.fault);
	else
		items_bad(&f->items, code_of(error), strerror(error));
	return 0;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	    clock_cmp(a->st_mtim, b->st_mtim) == 0;
}

static int
read_open(struct fileread *f, int fd, size_t i, struct err *e)
{
	struct stat *before = &f->files.st[i], after;
	const char *name = f->items.file;

	if (fstat(fd, before) != 0)
		return failed(f, e);
	/* a fifo without a writer would be an empty file, and all that was
	 * in it deleted; a device may have no end */
	if (!S_ISREG(before->st_mode)) {
		items_bad(&f->items, "not_a_file", "not a regular file");
		return 0;
	}
	if (!body_settle(fd, before)) {
		items_bad(&f->items, "changing", "the file keeps changing");
		return 0;
	}
	if (unpack_start(&f->unpack, fd, (uint64_t)before->st_size) != 0)
		return failed(f, e);
	if (f->unpack.eof && unpack_suffix(name, strlen(name)) < strlen(name))
		items_bad(&f->items, "bad_line", "cut short");
	else if (!read_format(f, f->files.format[i]))
		return failed(f, e);
	if (fstat(fd, &after) != 0)
		return failed(f, e);
	if (!same_file(before, &after))
		changing(f);
	return 0;
}

int
fileread_one(struct fileread *f, size_t i, struct err *e)
{
	int fd = open(f->files.v[i],
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	f->items.file = f->files.v[i];
	f->items.line = 0;
	f->records = 0;
	f->unpack.fault = NULL;
	f->unpack.grown = false;
	if (fd < 0)
		return failed(f, e);
	detail("%s: reading it", f->items.file);
	r = read_open(f, fd, i, e);
	close(fd);
	return r;
}

/* ---- all files ---- */

/* Those that were not read as they are; *last: which of them came last. */
static int
read_fresh(struct fileread *f, const struct fileset *seen, size_t *last,
    struct err *e)
{
	for (size_t i = 0; i < f->files.n; i++) {
		if (fileset_has(seen, &f->files, i))
			continue;
		*last = i;
		if (fileread_one(f, i, e) != 0)
			return -1;
	}
	return 0;
}

/* Is there a file to be read? The one read last was whole when it was opened,
 * and what came after that is for the next run. */
static bool
has_fresh(const struct fileset *now, const struct fileset *seen, size_t last)
{
	for (size_t i = 0; i < now->n; i++)
		if (!fileset_has(seen, now, i) &&
		    !streq(now->v[i], seen->v[last]))
			return true;
	return false;
}

int
fileread_all(struct fileread *f, const struct request *rq, struct err *e)
{
	struct fileset seen = { 0 };
	size_t last = 0;
	int r, pass = 0;

	do {
		r = read_fresh(f, &seen, &last, e);
		fileset_release(&seen);
		seen = f->files;
		f->files = (struct fileset){ 0 };
		if (r == 0 && !f->items.bad)
			r = fileset_look(&f->files, rq, e);
	} while (r == 0 && has_fresh(&f->files, &seen, last) &&
	    ++pass < PASSES);
	if (pass == PASSES)
		items_bad(&f->items, "changing", "the files keep changing");
	fileset_release(&seen);
	return r;
}

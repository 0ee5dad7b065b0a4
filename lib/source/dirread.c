/* SPDX-License-Identifier: MIT */
#include "source/dirread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "source/fileid.h"
#include "source/identity.h"
#include "source/walk.h"
#include "stream/record.h"

enum {
	TRIES = 4,              /* readings of a file that changes */
	FETCH = 128 << 10,      /* bytes; what follows is read ahead anyway */
	SIZE_MOST = 64 << 20,
	PREFIX_MOST = 384       /* with the name of the source, under 512 */
};

/* ---- settings ---- */

static int
open_root(struct dirread *d, struct err *e)
{
	char *abs = file_absolute(d->path);

	buf_puts(&d->url, "file://");
	if (!streq(abs, "/"))
		fileid_put_url(&d->url, span_of(abs));
	buf_putc(&d->url, '/');
	free(abs);
	if (beneath_init(&d->root, d->path) != 0)
		return err_set(e, errno_temporary(errno) ? ST_TEMP : ST_PERSON,
		    "%s: %s", d->path, strerror(errno));
	return 0;
}

int
dirread_init(struct dirread *d, const struct request *rq, struct err *e)
{
	uint64_t size = 10 << 20;

	*d = (struct dirread){ .rq = rq, .root.fd = -1 };
	d->path = val_cstr(val_get(rq->source, "path"));
	d->follow = val_bool(val_get(rq->source, "follow"), false);
	d->decompress = val_bool(val_get(rq->source, "decompress"), true);
	if (d->path == NULL || *d->path == '\0')
		return source_wrong(e, "path", "missing");
	if (source_size(rq, "max_size", &size, e) != 0)
		return -1;
	if (size > SIZE_MOST)
		return source_wrong(e, "max_size", "more than 64MiB");
	d->body.max = size;
	if (source_one_stream(rq, "files", e) != 0 ||
	    selection_init(&d->selection, rq, e) != 0)
		return -1;
	return open_root(d, e);
}

void
dirread_release(struct dirread *d)
{
	for (; d->nahead > 0; d->nahead--) {
		close(d->ahead[d->first].fd);
		d->first = (d->first + 1) % DIRREAD_AHEAD;
	}
	for (size_t i = 0; i < DIRREAD_AHEAD; i++)
		buf_release(&d->ahead[i].path);
	beneath_release(&d->root);
	selection_release(&d->selection);
	body_release(&d->body);
	dirunread_release(&d->unread);
	buf_release(&d->id);
	buf_release(&d->url);
	buf_release(&d->scratch);
	buf_release(&d->real);
}

static bool
is_changed(const struct dirread *d, const struct stat *st)
{
	return window_has(&d->changed, st->st_mtim) ||
	    window_has(&d->changed, st->st_ctim);
}

/* ---- fails ---- */

static struct span
id_of(struct dirread *d, struct span path)
{
	buf_clear(&d->id);
	fileid_put(&d->id, path);
	return buf_span(&d->id);
}

static const char *
code_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "permission";
	case ENOENT:
	case ESTALE:
		return "vanished";
	case ELOOP:
	case ENOTDIR:
	case ENXIO:
		return "changing";
	default:
		return "io_error";
	}
}

/* Of a path and what was tried there; -1 if the whole run has to stop. */
static int
stops(const struct dirread *d, struct span path, int error, struct err *e)
{
	if (!errno_temporary(error))
		return 0;
	return err_set(e, ST_TEMP, "%s/%.*s: %s", d->path, (int)path.n, path.p,
	    strerror(error));
}

static int
fail_file(struct dirread *d, struct span path, int error, struct err *e)
{
	if (stops(d, path, error, e) != 0)
		return -1;
	emit_fail(id_of(d, path), code_of(error), strerror(error));
	return 0;
}

static void
fail_folder(struct dirread *d, struct span path, const char *code,
    const char *message)
{
	buf_clear(&d->id);
	fileid_put_prefix(&d->id, path, PREFIX_MOST);
	emit_fail_prefix(buf_span(&d->id), code, message);
}

static void
unread_folder(struct dirread *d, struct span path, const char *code,
    const char *message)
{
	dirunread_add(&d->unread, path);
	fail_folder(d, path, code, message);
}

static int
bad_folder(struct dirread *d, const struct walk_item *it, struct err *e)
{
	if (stops(d, it->path, it->error, e) != 0)
		return -1;
	if (it->path.n == 0)
		return err_set(e, ST_PERSON, "%s: %s", d->path,
		    strerror(it->error));
	unread_folder(d, it->path, code_of(it->error), strerror(it->error));
	return 0;
}

static int
bad_entry(struct dirread *d, const struct walk_item *it, struct err *e)
{
	if (stops(d, it->path, it->error, e) != 0)
		return -1;
	if (selection_has(&d->selection, it->path))
		emit_fail(id_of(d, it->path), code_of(it->error),
		    strerror(it->error));
	if (selection_enters(&d->selection, it->path))
		unread_folder(d, it->path, code_of(it->error),
		    strerror(it->error));
	return 0;
}

static void
busy(struct dirread *d, struct span path)
{
	static const char why[] = "the folder keeps changing";

	if (path.n == 0)
		emit_fail_all("changing", why);
	else
		unread_folder(d, path, "changing", why);
}

/* ---- documents ---- */

static struct span
last_name(struct span path)
{
	const char *slash = memrchr(path.p, '/', path.n);
	size_t skip = slash ? (size_t)(slash + 1 - path.p) : 0;

	return (struct span){ path.p + skip, path.n - skip };
}

static void
put_meta(struct buf *b, const struct stat *st)
{
	unsigned mode = st->st_mode & 07777U;
	char text[5] = { (char)('0' + (mode >> 9)),
		(char)('0' + (mode >> 6 & 7)), (char)('0' + (mode >> 3 & 7)),
		(char)('0' + (mode & 7)), '\0' };

	buf_puts(b, ",\"meta\":{\"size\":");
	json_put_u64(b, (uint64_t)st->st_size);
	buf_puts(b, ",\"mode\":\"");
	buf_puts(b, text);
	buf_puts(b, "\"}");
}

/* text NULL: no body; dated false: without its time. */
static void
put_document(struct dirread *d, struct span path, const struct stat *st,
    const struct buf *text, bool dated)
{
	struct span none = { 0 };
	char time[CLOCK_TEXT];
	struct buf *b;

	clock_format(st->st_mtim, 9, time);
	if (d->rq->bare) {
		emit_doc(id_of(d, path), span_of(time), NULL, none);
		return;
	}
	b = emit_begin(id_of(d, path), dated ? span_of(time) : none, NULL);
	buf_puts(b, "{\"title\":");
	json_put_string(b, last_name(path));
	buf_puts(b, ",\"path\":");
	json_put_string(b, path);
	if (!d->rq->slim) {
		buf_puts(b, ",\"url\":\"");
		buf_add_span(b, buf_span(&d->url));
		fileid_put_url(b, path);
		buf_putc(b, '"');
	}
	put_meta(b, st);
	if (text != NULL) {
		buf_puts(b, ",\"body\":");
		json_put_string(b, buf_span(text));
	}
	buf_putc(b, '}');
	emit_end();
}

static bool
is_packed(const struct dirread *d, struct span path)
{
	return d->decompress && unpack_suffix(path.p, path.n) < path.n;
}

/* Reads until the file holds still: its times say the same before and after. */
static int
read_document(struct dirread *d, struct span path, int fd, struct stat *before,
    struct err *e)
{
	for (int i = 0; i < TRIES; i++) {
		bool settled = body_settle(fd, before);
		enum body_result r = body_read(&d->body, fd,
		    (uint64_t)before->st_size, is_packed(d, path));
		struct stat after;

		if (r == BODY_ERROR || fstat(fd, &after) != 0)
			return fail_file(d, path, errno, e);
		if (identity_same(before, &after)) {
			put_document(d, path, &after,
			    r == BODY_TEXT ? &d->body.text : NULL, settled);
			return 0;
		}
		*before = after;
		if (lseek(fd, 0, SEEK_SET) != 0)
			return fail_file(d, path, errno, e);
	}
	emit_fail(id_of(d, path), "changing", "the file keeps changing");
	return 0;
}

/* Reads the file that was opened first. */
static int
read_first(struct dirread *d, struct err *e)
{
	struct ahead *a = &d->ahead[d->first];
	int r = read_document(d, buf_span(&a->path), a->fd, &a->st, e);

	close(a->fd);
	d->first = (d->first + 1) % DIRREAD_AHEAD;
	d->nahead--;
	return r;
}

static int
read_rest(struct dirread *d, struct err *e)
{
	int r = 0;

	while (r == 0 && d->nahead > 0)
		r = read_first(d, e);
	return r;
}

/* Opens a file, and lets the system fetch it while others are read: from a
 * cold disk, or a distant one, each alone would be waited for. Takes fd. */
static int
read_later(struct dirread *d, struct span path, int fd, const struct stat *st,
    struct err *e)
{
	struct ahead *a;

	if (d->nahead == DIRREAD_AHEAD && read_first(d, e) != 0) {
		close(fd);
		return -1;
	}
	a = &d->ahead[(d->first + d->nahead++) % DIRREAD_AHEAD];
	a->fd = fd;
	a->st = *st;
	buf_clear(&a->path);
	buf_add_span(&a->path, path);
	if (st->st_size > 0 && ((uint64_t)st->st_size <= d->body.max ||
	    is_packed(d, path)))
		(void)posix_fadvise(fd, 0, FETCH, POSIX_FADV_WILLNEED);
	return 0;
}

static int
open_document(struct dirread *d, struct span path, int at, const char *name,
    struct err *e)
{
	int fd = beneath_open(&d->root, at, name, 0), error = 0;
	struct stat st;

	if (fd < 0)
		return fail_file(d, path, errno, e);
	if (fstat(fd, &st) != 0)
		error = errno;
	else if (!S_ISREG(st.st_mode))
		error = ENXIO;
	if (error == 0)
		return read_later(d, path, fd, &st, e);
	close(fd);
	return fail_file(d, path, error, e);
}

/* ---- the verbs ---- */

static int
found_file(struct dirread *d, const struct walk_item *it, struct err *e)
{
	if (!selection_has(&d->selection, it->path) ||
	    (it->known && !is_changed(d, &it->st) && (d->before == NULL ||
	    !dirunread_has(d->before, id_of(d, it->path)))))
		return 0;
	if (!d->rq->slim)
		return open_document(d, it->path, it->at, it->name, e);
	put_document(d, it->path, &it->st, NULL, true);
	return 0;
}

static int
found(struct dirread *d, const struct walk_item *it, struct err *e)
{
	switch (it->kind) {
	case WALK_FILE:
		return found_file(d, it, e);
	case WALK_BAD_FILE:
		return selection_has(&d->selection, it->path) ?
		    fail_file(d, it->path, it->error, e) : 0;
	case WALK_BAD_FOLDER:
		return bad_folder(d, it, e);
	case WALK_BAD_ENTRY:
		return bad_entry(d, it, e);
	case WALK_BUSY:
		busy(d, it->path);
		return 0;
	case WALK_DEEP:
		fail_folder(d, it->path, "id_too_long",
		    "the folder's path is longer than an id");
		return 0;
	case WALK_END:
		break;
	}
	return 0;
}

/* Is what was read still the folder of that path? A new one in its place has
 * files that we did not see. */
static int
check_root(struct dirread *d, struct err *e)
{
	struct stat now, then;

	if (stat(d->path, &now) != 0 || fstat(d->root.fd, &then) != 0)
		return err_set(e, errno_temporary(errno) ? ST_TEMP :
		    ST_PERSON, "%s: %s", d->path, strerror(errno));
	if (now.st_dev != then.st_dev || now.st_ino != then.st_ino)
		emit_fail_all("changing",
		    "the folder was replaced while it was read");
	return 0;
}

static bool
is_entered(void *ctx, struct span folder)
{
	return selection_enters(ctx, folder);
}

int
dirread_all(struct dirread *d, struct err *e)
{
	struct walk_options o = { .follow = d->follow,
		.stat = d->rq->slim || d->changed.on, .once = d->changed.on,
		.enter = is_entered, .ctx = &d->selection };
	struct walk_item it;
	struct walk w;
	int r;

	walk_init(&w, &d->root, &o);
	do {
		walk_next(&w, &it);
		r = found(d, &it, e);
	} while (r == 0 && it.kind != WALK_END);
	walk_release(&w);
	if (r == 0)
		r = read_rest(d, e);
	return r == 0 ? check_root(d, e) : r;
}

int
dirread_check(struct dirread *d, struct err *e)
{
	struct walk_options o = { .once = true };
	struct walk_item it;
	struct walk w;
	int r = 0;

	walk_init(&w, &d->root, &o);
	walk_next(&w, &it);
	if (it.kind == WALK_BAD_FOLDER && it.path.n == 0)
		r = bad_folder(d, &it, e);
	else if (it.kind == WALK_END)
		emit_check("path", true, "there is no file below it");
	walk_release(&w);
	return r;
}

/* Not there, or not where files are listed. */
static bool
is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP ||
	    error == EXDEV || error == ENAMETOOLONG;
}

static int
read_id(struct dirread *d, struct span id, struct err *e)
{
	struct span path;
	struct stat st;
	int fd = -1, r = 0;

	if (!fileid_path(&d->scratch, id))
		return 0;
	path = buf_span(&d->scratch);
	if (!selection_reaches(&d->selection, path))
		return 0;
	buf_clear(&d->real);
	buf_add_span(&d->real, path);
	if (d->follow)
		r = beneath_resolve(&d->root, buf_cstr(&d->scratch), &d->real);
	/* its type first: a device is not to be opened */
	if (r == 0)
		fd = beneath_open(&d->root, d->root.fd, buf_cstr(&d->real),
		    O_PATH);
	if (fd < 0)
		return is_absent(errno) ? 0 : fail_file(d, path, errno, e);
	r = fstat(fd, &st);
	close(fd);
	if (r != 0)
		return fail_file(d, path, errno, e);
	if (!S_ISREG(st.st_mode))
		return 0;
	return open_document(d, path, d->root.fd, d->real.p, e);
}

int
dirread_ids(struct dirread *d, const struct val *ids, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ids->n; i++)
		r = read_id(d, val_str(ids->items[i]), e);
	return r == 0 ? read_rest(d, e) : r;
}

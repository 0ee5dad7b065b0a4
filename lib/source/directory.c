/* SPDX-License-Identifier: MIT */
/* Driver `directory`: the files of a folder; conn-source-directory(7). */
#include <sys/resource.h>

#include "base/clock.h"
#include "source/dirread.h"
#include "source/identity.h"

#define STREAM "files"

static const char spec[] = "{\"type\":\"directory\","
    "\"title\":\"Files of a folder\",\"schema\":{\"type\":\"object\","
    "\"required\":[\"path\"],\"additionalProperties\":false,\"properties\":{"
    "\"path\":{\"type\":\"string\",\"minLength\":1,\"format\":\"path\","
    "\"title\":\"Folder\","
    "\"description\":\"The folder that is read, with all below it.\"},"
    "\"include\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
    "\"minItems\":1,\"maxItems\":1000,\"default\":[\"**\"],"
    "\"title\":\"Include\","
    "\"description\":\"Patterns of the files to read, held against the path "
    "below the folder: * ? [a-z] within a name, ** for any folders.\"},"
    "\"exclude\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
    "\"maxItems\":1000,\"default\":[],\"title\":\"Exclude\","
    "\"description\":\"Patterns of files, and of folders with all below "
    "them, that are left out.\"},"
    "\"max_size\":{\"type\":\"string\","
    "\"pattern\":\"^[0-9]+([KMG]|[KMG]iB)?$\",\"default\":\"10MiB\","
    "\"title\":\"Largest text\",\"description\":\"A file with more text than "
    "this gives a document without body; at most 64MiB.\"},"
    "\"follow\":{\"type\":\"boolean\",\"default\":false,"
    "\"title\":\"Follow links\",\"description\":\"Follow symbolic links "
    "that stay below the folder.\"},"
    "\"decompress\":{\"type\":\"boolean\",\"default\":true,"
    "\"title\":\"Decompress\",\"description\":\"Read the text in .gz and "
    ".zst files.\"}}},"
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\",\"poll\"],"
    "\"slim_fields\":[\"title\",\"path\",\"meta\"],\"ids\":true,"
    "\"confirm\":false}";

static int
check(const struct request *rq, struct err *e)
{
	struct dirread d;
	int r = dirread_init(&d, rq, e);

	if (r == 0)
		r = dirread_check(&d, e);
	dirread_release(&d);
	return r;
}

static int
discover(const struct request *rq, struct err *e)
{
	(void)rq;
	(void)e;
	emit_raw(SPAN("{\"stream\":\"" STREAM "\",\"id\":[\"path\"],"
	    "\"fields\":[{\"name\":\"title\",\"type\":\"string\"},"
	    "{\"name\":\"path\",\"type\":\"string\"},"
	    "{\"name\":\"url\",\"type\":\"string\"},"
	    "{\"name\":\"meta\",\"type\":\"object\"},"
	    "{\"name\":\"body\",\"type\":\"string\"}]}"));
	return 0;
}

/* The clock that local file systems stamp with. */
static struct timespec
files_now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME_COARSE, &t) != 0)
		t = clock_wall();
	return t;
}

/* The position is of one folder: another one in its place, as that under a
 * file system that is not mounted, says nothing about it, and when it is back
 * what changed meanwhile would be older than the position. */
static void
put_state(const struct dirread *d, struct timespec start)
{
	char since[CLOCK_TEXT], root[IDENTITY_TEXT];
	struct buf b = { 0 };

	clock_format(start, 9, since);
	identity_format(d->root.fd, root);
	buf_printf(&b, "{\"since\":\"%s\",\"root\":\"%s\"", since, root);
	dirunread_put(&d->unread, &b);
	buf_putc(&b, '}');
	emit_state(STREAM, buf_span(&b));
	buf_release(&b);
}

static int
check_folder(const struct dirread *d, struct err *e)
{
	const struct val *saved = val_get(d->rq->state, STREAM);
	struct span then = val_str(val_get(saved, "root"));
	char now[IDENTITY_TEXT];

	identity_format(d->root.fd, now);
	if (window_explicit(d->rq) || then.n == 0 || span_is(then, now))
		return 0;
	emit_reset();
	return err_set(e, ST_PERSON, "%s: another folder than in the last "
	    "run; run a full sync", d->path);
}

static int
read_files(const struct request *rq, struct err *e)
{
	struct timespec start = files_now();
	struct dirread d;
	int r = dirread_init(&d, rq, e);

	if (r == 0)
		r = rq->ids ? dirread_ids(&d, rq->ids, e) : dirread_all(&d, e);
	if (r == 0 && rq->ids == NULL && !rq->slim)
		put_state(&d, start);
	dirread_release(&d);
	return r;
}

static int
poll_files(const struct request *rq, struct err *e)
{
	struct timespec start = files_now();
	struct dirread d;
	int r = dirread_init(&d, rq, e);

	if (r == 0)
		r = check_folder(&d, e);
	if (!window_explicit(rq))
		d.before = dirunread_of(val_get(rq->state, STREAM));
	if (r == 0)
		r = window_init(&d.changed, rq, STREAM, start, e);
	if (r == 0)
		r = dirread_all(&d, e);
	if (r == 0 && !window_explicit(rq))
		put_state(&d, start);
	dirread_release(&d);
	return r;
}

static const char *
libraries(void)
{
	return "zlib " ZLIB_VERSION "\nzstd " ZSTD_VERSION_STRING "\n";
}

/* One descriptor for each level of the tree. */
static void
raise_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < 1024) {
		l.rlim_cur = l.rlim_max < 1024 ? l.rlim_max : 1024;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

int
main(int argc, char **argv)
{
	static const struct source directory = {
		.type = "directory", .reads = "path",
		.spec = spec, .libraries = libraries,
		.check = check, .discover = discover, .read = read_files,
		.poll = poll_files
	};

	raise_files();
	return source_main(&directory, argc, argv);
}

/* SPDX-License-Identifier: MIT */
/* Driver `directory`: the files of a folder; conn-source-directory(7). */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "source/dirread.h"

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

static void
emit_position(struct timespec start)
{
	char value[CLOCK_TEXT + 16], text[CLOCK_TEXT];

	clock_format(start, 9, text);
	snprintf(value, sizeof value, "{\"since\":\"%s\"}", text);
	emit_state(STREAM, span_of(value));
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
		emit_position(start);
	dirread_release(&d);
	return r;
}

static struct timespec
earlier(struct timespec t, double seconds)
{
	t.tv_sec -= (time_t)seconds;
	t.tv_nsec -= (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (t.tv_nsec < 0) {
		t.tv_nsec += 1000000000;
		t.tv_sec--;
	}
	return t;
}

/* Where the saved state says to begin. */
static int
saved_start(const struct request *rq, struct timespec now,
    struct timespec *from, struct err *e)
{
	const struct val *v = val_get(val_get(rq->state, STREAM), "since");
	double overlap = 600;

	if (source_seconds(rq, "overlap", &overlap, e) != 0)
		return -1;
	if (!clock_parse(val_str(v), from))
		return err_set(e, ST_PERSON, "no saved position of stream "
		    STREAM "; run a full sync");
	if (clock_cmp(now, *from) < 0) {
		emit_reset();
		return err_set(e, ST_PERSON, "the clock stands before the "
		    "saved position; run a full sync");
	}
	*from = earlier(*from, overlap < 1e9 ? overlap : 1e9);
	return 0;
}

static int
poll_files(const struct request *rq, struct err *e)
{
	struct timespec start = files_now();
	bool window = rq->since != NULL || rq->until != NULL;
	struct dirread d;
	int r = dirread_init(&d, rq, e);

	d.changed.on = true;
	if (r == 0 && rq->until != NULL) {
		d.changed.ends = true;
		r = source_time(rq->until, "until", &d.changed.to, e);
	}
	if (r == 0 && rq->since != NULL)
		r = source_time(rq->since, "since", &d.changed.from, e);
	else if (r == 0 && !window)
		r = saved_start(rq, start, &d.changed.from, e);
	if (r == 0)
		r = dirread_all(&d, e);
	if (r == 0 && !window)
		emit_position(start);
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
		.type = "directory", .spec = spec, .libraries = libraries,
		.check = check, .discover = discover, .read = read_files,
		.poll = poll_files
	};

	raise_files();
	return source_main(&directory, argc, argv);
}

/* SPDX-License-Identifier: MIT */
#include "source/source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/line.h"
#include "base/opt.h"
#include "stream/record.h"
#include "stream/spool.h"

int
source_wrong(struct err *e, const char *key, const char *fmt, ...)
{
	char text[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(e, ST_USAGE, "source.%s: %s", key, text);
}

/* The text of a string or number, n = 0 if it is neither. */
static struct span
scalar(const struct val *v)
{
	if (v->type == JSON_STRING || v->type == JSON_NUMBER)
		return v->str;
	return (struct span){ "", 0 };
}

int
source_size(const struct request *rq, const char *key, uint64_t *out,
    struct err *e)
{
	const struct val *v = val_get(rq->source, key);

	if (v != NULL && !opt_size(scalar(v), out))
		return source_wrong(e, key, "not a size");
	return 0;
}

int
source_seconds(const struct request *rq, const char *key, double *out,
    struct err *e)
{
	const struct val *v = val_get(rq->source, key);
	char *end;

	if (v == NULL || opt_duration(scalar(v), out))
		return 0;
	if (v->type != JSON_NUMBER)
		return source_wrong(e, key, "not a duration");
	*out = strtod(v->str.p, &end);
	return *out >= 0 && *end == '\0' ? 0 :
	    source_wrong(e, key, "not a duration");
}

int
source_one_stream(const struct request *rq, const char *name, struct err *e)
{
	for (size_t i = 0; i < rq->streams->n; i++) {
		struct span s = val_str(val_get(rq->streams->items[i], "name"));

		if (!span_is(s, name))
			return err_set(e, ST_USAGE,
			    "streams: no stream %.*s here, only %s",
			    (int)(s.n < 64 ? s.n : 64), s.p, name);
	}
	return 0;
}

int
source_time(const char *text, const char *what, struct timespec *out,
    struct err *e)
{
	if (clock_parse(span_of(text), out))
		return 0;
	return err_set(e, ST_USAGE, "%s: not an RFC 3339 time", what);
}

bool
errno_temporary(int error)
{
	static const int passing[] = { EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN,
	    ENOBUFS, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ENETDOWN,
	    ENETUNREACH, ENOTCONN, ECONNREFUSED, ECONNRESET, ENOLCK };

	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		if (error == passing[i])
			return true;
	return false;
}

static int
bad_request(struct err *e, const char *what)
{
	return err_set(e, ST_USAGE, "request on stdin: %s", what);
}

/* Its one line as a tree in the arena. */
static int
read_line(struct arena *a, struct val **out, struct err *e)
{
	struct lines in;
	struct span line;
	struct val_error ve;
	enum line_result r;

	if (isatty(STDIN_FILENO))
		return err_set(e, ST_USAGE, "stdin is a terminal");
	lines_init(&in, STDIN_FILENO, STREAM_LINE_MAX);
	r = lines_next(&in, &line);
	if (r == LINE_ERROR)
		return bad_request(e, strerror(errno));
	if (r != LINE_OK && r != LINE_CUT)
		return bad_request(e, r == LINE_EOF ? "missing" : "too long");
	*out = val_parse(a, line, JSON_DEPTH, true, &ve);
	lines_release(&in);
	if (*out == NULL)
		return bad_request(e, json_fault_text(ve.json.fault));
	return 0;
}

static bool
is_type(const struct val *v, enum json_type t)
{
	return v == NULL || v->type == t;
}

/* An absent or null member is NULL. */
static const struct val *
member(const struct val *root, const char *name)
{
	const struct val *v = val_get(root, name);

	return v == NULL || v->type == JSON_NULL ? NULL : v;
}

static int
read_request(struct arena *a, const char *verb, struct request *rq,
    struct err *e)
{
	const struct val *since, *until;
	struct val *root;
	uint64_t n = 0;

	if (read_line(a, &root, e) != 0)
		return -1;
	if (!val_u64(val_get(root, "v"), UINT64_MAX, &n) || n != 1)
		return bad_request(e, "v is not 1");
	*rq = (struct request){ .verb = verb, .root = root,
		.slim = streq(verb, "slim"), .source = member(root, "source"),
		.streams = member(root, "streams"),
		.state = member(root, "state"), .ids = member(root, "ids") };
	since = member(root, "since");
	until = member(root, "until");
	if (rq->source == NULL)
		rq->source = val_new(a, JSON_OBJECT);
	if (rq->streams == NULL)
		rq->streams = val_new(a, JSON_ARRAY);
	if (!is_type(rq->source, JSON_OBJECT) ||
	    !is_type(rq->streams, JSON_ARRAY) ||
	    !is_type(rq->state, JSON_OBJECT) || !is_type(rq->ids, JSON_ARRAY) ||
	    !is_type(since, JSON_STRING) || !is_type(until, JSON_STRING))
		return bad_request(e, "a member has the wrong type");
	rq->since = val_cstr(since);
	rq->until = val_cstr(until);
	if (val_u64(val_get(root, "verbose"), 100, &n))
		rq->verbose = (int)n;
	msg_verbosity(rq->verbose);
	(void)val_u64(val_get(root, "limit"), UINT64_MAX, &rq->limit);
	rq->bare = rq->slim && val_bool(val_get(root, "bare"), false);
	return 0;
}

struct verb {
	const char *name;
	int (*run)(const struct request *, struct err *);
};

static int
usage(const struct verb *v)
{
	struct buf text = { 0 };

	for (; v->name != NULL; v++)
		if (v->run != NULL)
			buf_printf(&text, "|%s", v->name);
	msg("usage: %s spec%s", msg_name(), buf_cstr(&text));
	buf_release(&text);
	return ST_USAGE;
}

/* The folder of a path, or of those above it the first that is there. */
static char *
existing_folder(const char *path)
{
	char *dir = file_dirname(path);

	while (access(dir, F_OK) != 0 && strchr(dir, '/') != NULL &&
	    !streq(dir, "/")) {
		char *child = dir;

		dir = file_dirname(child);
		free(child);
	}
	return dir;
}

/* Before anything of the source is read. */
static void
confine(const struct source *s, const struct request *rq)
{
	struct sandbox box = { .needs = s->needs };
	char *token = NULL;

	/* A token that a server replaces lies in a file beside its lock; what
	 * is long of its replies waits in files without a name. */
	if (s->needs & SANDBOX_NET && val_cstr(val_get(rq->root, "token")))
		token = existing_folder(val_cstr(val_get(rq->root, "token")));
	box.writes[0] = token;
	if (s->needs & SANDBOX_NET)
		box.writes[1] = temp_dir();
	if (s->reads != NULL)
		box.reads = val_cstr(val_get(rq->source, s->reads));
	sandbox_enter(&box);
	free(token);
}

static int
run(const struct source *s, const struct verb *v, struct err *e)
{
	static struct arena arena;
	struct request rq = { 0 };
	int r;

	r = read_request(&arena, v->name, &rq, e);
	rq.own = s->own;
	if (r == 0)
		confine(s, &rq);
	if (r == 0 && s->ready != NULL)
		r = s->ready(&arena, &rq, e);
	if (r == 0)
		r = v->run(&rq, e);
	arena_release(&arena);
	return r;
}

static void
options(const struct source *s, int argc, char **argv)
{
	static const struct option longs[] = { OPT_COMMON, OPT_END };
	static char name[80];   /* messages keep a pointer to it */
	struct opt o = { .longs = longs, .shorts = "",
		.libraries = s->libraries };
	char *usage_text;

	snprintf(name, sizeof name, "conn-source-%s", s->type);
	msg_program(name);
	usage_text = xasprintf("usage: %s VERB\n"
	    "Driver of conn for the source type %s; conn-driver(7).\n",
	    msg_name(), s->type);
	o.usage = usage_text;
	while (opt_next(&o, argc, argv) != -1)
		continue;
	free(usage_text);
}

int
source_main(const struct source *s, int argc, char **argv)
{
	struct verb verbs[] = { { "check", s->check },
		{ "discover", s->discover }, { "settings", s->settings },
		{ "load", s->read },
		{ "slim", s->read }, { "poll", s->poll },
		{ "changed", s->changed }, { NULL, NULL } };
	const struct verb *v = verbs;
	struct err e = { 0 };
	int r;

	sandbox_no_core();
	options(s, argc, argv);
	if (argc - optind != 1)
		return usage(verbs);
	if (streq(argv[optind], "spec")) {
		emit_raw(span_of(s->spec));
		emit_close();
		return ST_OK;
	}
	while (v->name != NULL && !streq(v->name, argv[optind]))
		v++;
	if (v->name == NULL || v->run == NULL)
		return usage(verbs);
	/* the program that started us puts its name and ours before */
	msg_program("");
	r = run(s, v, &e);
	if (r != 0)
		err_print(&e);
	emit_close();
	return r != 0 ? e.status : ST_OK;
}

/* SPDX-License-Identifier: MIT */
#include "source/singer/program.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "source/singer/secrets.h"

enum { LEVELS = 128, CATALOG_LEVELS = 1024, CONFIG_MAX = 4 << 20,
	CATALOG_MAX = 256 << 20 };

/* ---- its config file ---- */

static int
write_config(struct singer *s, struct err *e)
{
	struct buf b = { 0 };

	val_write(&b, s->settings.config);
	s->config_path = folder_put(&s->folder, "config.json", buf_span(&b),
	    e);
	explicit_bzero(b.p, b.n);
	buf_release(&b);
	return s->config_path != NULL && stat(s->config_path, &s->seen) == 0 ?
	    0 : -1;
}

static bool
is_as_seen(const struct singer *s, const struct stat *now)
{
	return now->st_ino == s->seen.st_ino &&
	    now->st_size == s->seen.st_size &&
	    now->st_mtim.tv_sec == s->seen.st_mtim.tv_sec &&
	    now->st_mtim.tv_nsec == s->seen.st_mtim.tv_nsec;
}

/* What is there and no object is half written: its end will be seen. */
static int
look(struct singer *s, struct err *e)
{
	struct val_error bad;
	struct buf b = { 0 };
	const struct val *v = NULL;
	int r = 0;

	if (file_read(s->config_path, CONFIG_MAX, &b) == 0)
		v = val_parse(&s->arena, buf_span(&b), LEVELS, false, &bad);
	if (v != NULL && v->type == JSON_OBJECT)
		r = control_take(&s->control, &s->settings, v, e);
	if (b.n > 0)
		explicit_bzero(b.p, b.n);
	buf_release(&b);
	return r < 0 ? -1 : 0;
}

/* Two changes at once look as one, but to the watch. */
static void
written(void *ctx)
{
	struct singer *s = ctx;
	char events[4096];
	struct stat now;
	bool any = false;

	while (s->watch >= 0 && read(s->watch, events, sizeof events) > 0)
		any = true;
	if (stat(s->config_path, &now) != 0 || (!any && is_as_seen(s, &now)))
		return;
	s->seen = now;
	if (s->failed.status == 0)
		(void)look(s, &s->failed);
}

int
singer_saved(const struct singer *s, struct err *e)
{
	if (s->failed.status == 0)
		return 0;
	*e = s->failed;
	return -1;
}

int
singer_settle(struct singer *s, struct err *e)
{
	written(s);
	return singer_saved(s, e);
}

/* ---- its process ---- */

static void
hear(void *ctx, struct span line, const char *clean)
{
	struct singer *s = ctx;
	struct singer_stream *stream;
	struct singer_metric m;

	if (!singer_log_take(&s->log, line, clean, &m))
		return;
	stream = singer_catalog_find(&s->catalog, m.stream);
	if (stream != NULL && m.succeeded)
		stream->succeeded = true;
	/* what hangs on a stream succeeds for each of its records, not for
	 * those that never came */
	if (!m.succeeded)
		singer_catalog_doubt(&s->catalog, "the tap says that the sync "
		    "of %.*s failed (METRIC sync_duration)",
		    (int)(m.stream.n < 200 ? m.stream.n : 200), m.stream.p);
}

int
singer_start(struct singer *s, const char *const words[], struct err *e)
{
	const char *all[12] = { "--config", s->config_path };
	char **argv;

	for (size_t i = 0; i < 9 && words[i] != NULL; i++)
		all[i + 2] = words[i];
	argv = settings_argv(&s->settings, s->folder.path, all);
	s->tap.hear = hear;
	s->tap.ready = written;
	s->tap.watch = s->watch;
	s->tap.ctx = s;
	s->log.exception[0] = s->log.error[0] = '\0';
	s->log.inside = false;
	detail("%s%s%s", argv[0], words[0] != NULL ? " " : "",
	    words[0] != NULL ? words[0] : "");
	return tap_start(&s->tap, argv, s->settings.env, s->folder.path, e);
}

/* Words of the kits for settings that do not fit. */
static bool
of_config(const char *text)
{
	return strstr(text, "Config validation error") != NULL ||
	    strstr(text, "Config validation failed") != NULL ||
	    strstr(text, "ConfigValidationError") != NULL ||
	    strstr(text, "Config is missing required keys") != NULL;
}

int
singer_failed(const struct singer *s, const char *verb, int status,
    const char *what, struct err *e)
{
	const char *said = singer_log_why(&s->log);

	if (status == ST_PERSON && (of_config(said) ||
	    of_config(s->log.error)))
		status = ST_USAGE;
	else if (status == ST_PERSON && tap_of_connection(said))
		status = ST_TEMP;
	if (*said == '\0')
		said = tap_said(&s->tap);
	return err_set(e, status, "%s: the tap %s%s%s", verb, what,
	    *said != '\0' ? ": " : "", said);
}

/* ---- what it offers ---- */

/* Its output to its end: from the first line that begins an object on. */
static int
hear_all(struct singer *s, struct buf *answer, struct err *e)
{
	struct span line;
	enum line_result r;

	while ((r = tap_next(&s->tap, &line)) == LINE_OK || r == LINE_LONG ||
	    r == LINE_CUT) {
		if (singer_saved(s, e) != 0)
			return -1;
		if (r == LINE_LONG || line.n > CATALOG_MAX - answer->n)
			return err_set(e, ST_PERSON, "discover: the catalog "
			    "is too long");
		if (answer->n == 0 && (line.n == 0 || *line.p != '{'))
			continue;
		buf_add_span(answer, line);
		buf_putc(answer, '\n');
	}
	if (r == LINE_ERROR)
		return err_set(e, ST_TEMP, "the tap's output: %s",
		    strerror(errno));
	return 0;
}

/* Behind its end others may have printed something. */
static const struct val *
catalog_in(struct singer *s, struct buf *answer)
{
	struct val_error bad;

	while (answer->n > 0 && answer->p[answer->n - 1] != '}')
		answer->n--;
	return answer->n == 0 ? NULL : val_parse(&s->arena, buf_span(answer),
	    CATALOG_LEVELS, false, &bad);
}

int
singer_discover(struct singer *s, struct err *e)
{
	static const char *const words[] = { "--discover", NULL };
	struct buf answer = { 0 };
	char why[200] = "gave no catalog";
	const struct val *v = NULL;
	int status = ST_PERSON, r = -1;

	if (singer_start(s, words, e) != 0)
		return -1;
	if (hear_all(s, &answer, e) == 0) {
		tap_finish(&s->tap);
		status = tap_verdict(&s->tap, why, sizeof why);
		v = status == ST_OK ? catalog_in(s, &answer) : NULL;
		if (singer_settle(s, e) != 0)
			r = -1;
		else if (v == NULL)
			singer_failed(s, "discover", status != ST_OK ?
			    status : ST_PERSON, why, e);
		else
			r = singer_catalog_read(&s->catalog, &s->arena, s->rq,
			    v, e);
	}
	buf_release(&answer);
	return r;
}

/* ---- beginning and end ---- */

int
singer_open(struct singer *s, const struct request *rq, struct err *e)
{
	*s = (struct singer){ .rq = rq, .control.lock = -1, .watch = -1,
		.log.verbose = rq->verbose };
	if (settings_read(&s->settings, &s->arena, rq, e) != 0 ||
	    control_open(&s->control, &s->settings, rq, e) != 0 ||
	    folder_make(&s->folder, "singer", e) != 0 ||
	    write_config(s, e) != 0)
		return -1;
	singer_secrets_mask(s->settings.config);
	s->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s->watch >= 0)
		(void)inotify_add_watch(s->watch, s->folder.path,
		    IN_CLOSE_WRITE | IN_MOVED_TO);
	return 0;
}

void
singer_close(struct singer *s)
{
	tap_stop(&s->tap);
	folder_remove(&s->folder);
	control_close(&s->control);
	child_close(&s->watch);
	singer_catalog_release(&s->catalog);
	singer_log_release(&s->log);
	free(s->config_path);
	arena_release(&s->arena);
}

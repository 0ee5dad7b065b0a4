/* SPDX-License-Identifier: MIT */
/*
 * What conn-sync, a shell script, cannot do itself. Settings are written as
 * shell assignments.
 *
 *   options BIN ARGUMENT...      the command line; settings on descriptor 3,
 *                                none if all is done: a poll may end here
 *   begin FD LOCK WAIT VERBOSE HOW ASKED CONFIG
 *                                takes the lock on FD ("" for a dry run), the
 *                                file LOCK, and only then, as that may last,
 *                                reads the config; asks the state; settings on
 *                                stdout
 *   say MESSAGE                  and fail
 *   watch                        a filter: status 10 if the stream's end
 *                                wants a full sync, else 0
 *   end STATUS START SECONDS METRICS CONFIG    notes how it went; METRICS is
 *                                "" where conn-bulk wrote them
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "index/metrics.h"
#include "index/which.h"
#include "run/discovered.h"
#include "run/poll.h"
#include "run/watch.h"
#include "stream/lock.h"

enum { WAIT_MAX = 7 * 24 * 3600, SETTINGS_FD = 3 };

static const char usage[] =
"Usage: conn-sync [OPTION]... CONFIG\n"
"Bring the index in step with the source: list, load, compare, apply.\n"
"\n"
"  -e, --allow-empty     an empty source may empty the index\n"
"  -m, --max-delete N    refuse to delete more than N documents, or N%\n"
"  -M, --metrics FILE    write how the run went to FILE, for Prometheus\n"
"  -n, --dry-run         change nothing, say what would be done\n"
"  -p, --prune           only delete what the source no longer has\n"
"  -P, --poll            only what changed since the last run, if that can be\n"
"                        told; else a full sync\n"
"  -R, --rebuild         load all into a new index, then put it in place of\n"
"                        the live one\n"
"  -v, --verbose         summaries on stderr; twice: what is done\n"
"  -w, --wait SECONDS    wait that long for another run to end\n"
"  -x, --explain         a line on stderr for each record left out or added\n"
"  -h, --help            this text\n"
"  -V, --version         version of conn and of the libraries\n"
"\n"
"Manual: conn-sync(1)\n";

static const struct option longs[] = {
	OPT_COMMON,
	{ "allow-empty", no_argument, NULL, 'e' },
	{ "max-delete", required_argument, NULL, 'm' },
	{ "metrics", required_argument, NULL, 'M' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "prune", no_argument, NULL, 'p' },
	{ "poll", no_argument, NULL, 'P' },
	{ "rebuild", no_argument, NULL, 'R' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "wait", required_argument, NULL, 'w' },
	{ "explain", no_argument, NULL, 'x' },
	OPT_END
};
static struct opt opt = { longs, "em:M:npPRvw:x", usage, which_versions, NULL };

static struct buf settings;

/* NAME='VALUE' */
static void
set(const char *name, const char *value)
{
	buf_printf(&settings, "%s='", name);
	for (const char *s = value; *s != '\0'; s++)
		if (*s == '\'')
			buf_puts(&settings, "'\\''");
		else
			buf_putc(&settings, *s);
	buf_puts(&settings, "'\n");
}

static void
write_settings(int fd)
{
	struct out out;

	out_init(&out, fd, "settings");
	out_add(&out, settings.p, settings.n);
	out_close(&out);
}

static const char *how = "full", *max = "", *metrics = "";
static bool empty, dry, explain, asked;
static int verbose;
static uint64_t wait_seconds;

static void
choose(const char *what)
{
	if (!streq(how, "full") && !streq(how, what))
		opt_wrong(&opt, "--poll, --prune and --rebuild do not go "
		    "together");
	how = what;
}

static void
take(int c)
{
	struct max_delete limit;

	switch (c) {
	case 'e':
		empty = true;
		break;
	case 'm':
		if (!max_delete_parse(span_of(optarg), &limit))
			opt_wrong(&opt, "--max-delete: neither a number nor a "
			    "percentage: %s", optarg);
		max = optarg;
		break;
	case 'M':
		if (*optarg == '\0')
			opt_wrong(&opt, "--metrics: an empty file name");
		metrics = optarg;
		break;
	case 'n':
		dry = true;
		break;
	case 'p':
		choose("prune");
		break;
	case 'P':
		choose("poll");
		break;
	case 'R':
		choose("rebuild");
		break;
	case 'v':
		verbose++;
		break;
	case 'w':
		if (!opt_u64(optarg, WAIT_MAX, &wait_seconds))
			opt_wrong(&opt, "--wait: not a number of seconds up to "
			    "%d: %s", WAIT_MAX, optarg);
		break;
	default:
		explain = true;
	}
}

/* The shell opens the lock's file, so it must be there, and private. */
static int
make_lock_file(const struct config *c, struct err *e)
{
	int fd;

	if (dry)
		return 0;
	if (config_state_dir(c, e) != 0)
		return -1;
	fd = open(c->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		return err_set(e, ST_PERSON, "%s: %s", c->lock_path,
		    strerror(errno));
	close(fd);
	return 0;
}

/* Has the interval since the last start that succeeded gone by? */
static int
check_interval(const struct config *c, const struct state *s, struct err *e)
{
	struct timespec last, now = clock_wall();
	double gone;

	if (c->interval <= 0 || s->started == NULL ||
	    !clock_parse(span_of(s->started), &last))
		return 0;
	gone = (double)(now.tv_sec - last.tv_sec) +
	    (double)(now.tv_nsec - last.tv_nsec) / 1e9;
	if (gone < 0 || gone >= c->interval)
		return 0;
	return err_set(e, ST_TEMP, "the last run started %.0f s ago, the "
	    "interval is %.0f s", gone, c->interval);
}

/* NULL: polls can go on from this state. -1: it cannot be told. */
static int
poll_obstacle(struct config *c, const struct val *spec,
    struct state *s, const char **why, struct err *e)
{
	char uuid[INDEX_UUID_MAX];

	*why = spec_has_verb(spec, "poll") ? poll_misfit(s,
	    config_digest(c, spec), c->streams) : "the driver cannot poll";
	if (*why != NULL)
		return 0;
	if (which_uuid(c, uuid, e) != 0)
		return -1;
	if (s->uuid == NULL || !streq(s->uuid, uuid))
		*why = "the index is not that of the saved state";
	return 0;
}

static int
plan(struct config *c, struct state *s, const char *wanted,
    struct err *e)
{
	const char *path, *why = NULL;
	const struct val *source;
	struct val *spec;

	if (driver_config(c, &path, &spec, e) != 0 ||
	    config_source(c, spec, false, &source, e) != 0 ||
	    discovered_choose(c, NULL, spec, &source, e) != 0)
		return -1;
	/* where the source was asked, the index was looked at */
	if (streq(wanted, "poll") && !asked &&
	    poll_obstacle(c, spec, s, &why, e) != 0)
		return -1;
	if (why != NULL && verbose > 0)
		msg("%s; a full sync", why);
	set("how", why != NULL ? "full" : wanted);
	set("confirm", val_bool(val_get(spec, "confirm"), false) ? "yes" : "");
	set("changed", !asked && spec_has_verb(spec, "changed") ? "yes" : "");
	return 0;
}

static void
describe(char *out, size_t size)
{
	snprintf(out, size, "waiting to begin");
}

/* The shell goes on holding the lock; what we start must not. */
static int
take_lock(const char *number, const char *path, struct err *e)
{
	uint64_t fd;

	if (!opt_u64(number, INT_MAX, &fd) ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
		return err_set(e, ST_PERSON, "no descriptor %s", number);
	return lock_share((int)fd, path, (double)wait_seconds, e);
}

static int
begin(char **argv, struct config *c, struct err *e)
{
	char now[CLOCK_TEXT];
	struct state s = { 0 };
	int status = ST_OK;

	dry = streq(argv[0], "");
	opt_u64(argv[2], WAIT_MAX, &wait_seconds);
	verbose = (int)strlen(argv[3]);
	asked = !streq(argv[5], "");
	progress_start(describe);
	if ((!dry && take_lock(argv[0], argv[1], e) != 0) ||
	    config_load(c, argv[6], e) != 0 ||
	    state_load(&s, c->state_path, c->name, c->index_id, e) != 0 ||
	    config_owns(c, s.file, e) != 0 ||
	    (!dry && check_interval(c, &s, e) != 0)) {
		/* not worth a mail from cron */
		if (e->status == ST_TEMP && verbose == 0)
			e->text[0] = '\0';
		status = e->status;
	} else if (plan(c, &s, argv[4], e) != 0) {
		status = e->status;
	} else {
		clock_now(now);
		set("start", now);
		write_settings(STDOUT_FILENO);
	}
	state_release(&s);
	return status;
}

/* Kept in the state so that the interval can be told next time. */
static int
note_start(struct config *c, int status, const char *start, struct err *e)
{
	struct state s;
	int r = 0;

	if (c->interval <= 0 || (status != ST_OK && status != ST_SOME))
		return 0;
	if (state_load(&s, c->state_path, c->name, c->index_id, e) != 0)
		return -1;
	if (s.found) {
		state_set(&s.started, start);
		r = state_save(&s, e);
	}
	state_release(&s);
	return r;
}

/* How the run went. */
struct outcome {
	int status;
	const char *start;
	double mono;
	const char *metrics;    /* "": somebody else wrote them */
};

static int
conclude(struct config *c, const struct outcome *o, struct err *e)
{
	struct metrics m = { .time = clock_wall(), .status = o->status,
		.seconds = clock_mono() - o->mono, .source = c->name };

	if (*o->metrics != '\0' && metrics_write(o->metrics, &m, e) != 0)
		return status_worse(o->status, e->status);
	if (note_start(c, o->status, o->start, e) != 0)
		return status_worse(o->status, e->status);
	return o->status;
}

static int
end(char **argv, struct config *c, struct err *e)
{
	struct outcome o = { .start = argv[1], .metrics = argv[3],
		.mono = strtod(argv[2], NULL) };
	uint64_t status;

	o.status = opt_u64(argv[0], 255, &status) ? (int)status : ST_PERSON;
	if (config_load(c, argv[4], e) != 0)
		return e->status;
	return conclude(c, &o, e);
}

/* ---- polls that find nothing ---- */

/* Would it go on from the saved state, now, and can the source tell whether
 * there is anything to read? */
static bool
can_ask(struct front *f, const char *operand)
{
	const char *why = NULL;
	struct err ignored = { 0 };

	return front_open(f, operand, &ignored) == 0 &&
	    spec_has_verb(f->spec, "changed") &&
	    check_interval(&f->config, &f->state, &ignored) == 0 &&
	    poll_obstacle(&f->config, f->spec, &f->state, &why, &ignored)
	    == 0 && why == NULL;
}

/*
 * Most polls of such a source find nothing to do, and starting the programs of
 * the pipe would cost more than to ask. Then, or if asking failed, all of the
 * run happens here, under the lock, and *status is its own. Else nothing was
 * done, and whatever is wrong will be said by who does it.
 */
static bool
is_idle(const struct config *c, const char *operand, int *status,
    struct err *e)
{
	static struct front f = { .opt = { .mode = MODE_POLL } };
	char start[CLOCK_TEXT];
	struct outcome o = { .start = start, .metrics = metrics,
		.mono = clock_mono() };
	struct err ignored = { 0 };
	bool idle = false;
	int fd = lock_take(c->lock_path, 0, &ignored);

	f.opt.verbose = verbose;
	clock_now(start);
	if (fd >= 0 && can_ask(&f, operand)) {
		o.status = poll_ask(&f, e);
		asked = o.status == ST_OK;
		idle = !asked;
		o.status = o.status < 0 ? e->status : ST_OK;
	}
	if (idle)
		*status = conclude(&f.config, &o, e);
	if (fd >= 0)
		close(fd);
	return idle;
}

/* A pipe without one of its programs would only say that it broke. */
static int
check_programs(const char *bin, struct err *e)
{
	static const char *const names[] = { "conn-slim", "conn-load",
		"conn-poll", "conn-diff", "conn-bulk" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof names / sizeof *names; i++) {
		char *path = file_join(bin, names[i]);

		if (access(path, X_OK) != 0)
			r = err_set(e, ST_PERSON, "%s: %s", path,
			    strerror(errno));
		free(path);
	}
	return r;
}

static void
check_operand(const char *path)
{
	struct stat st;

	if (streq(path, "-"))
		opt_wrong(&opt, "CONFIG cannot be stdin: several programs "
		    "read it");
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		opt_wrong(&opt, "%s: not a regular file, and several programs "
		    "read it", path);
}

/* argv[0] is the folder of the programs. */
static int
options(int argc, char **argv, struct config *c, struct err *e)
{
	char text[32];
	int letter, status;

	while ((letter = opt_next(&opt, argc, argv)) != -1)
		take(letter);
	if (argc - optind != 1)
		opt_wrong(&opt, "one CONFIG is needed; try 'conn-sync --help'");
	check_operand(argv[optind]);
	if (check_programs(argv[0], e) != 0 ||
	    config_load(c, argv[optind], e) != 0 || make_lock_file(c, e) != 0)
		return e->status;
	if (streq(how, "poll") && !dry && is_idle(c, argv[optind], &status, e))
		return status;
	set("config", argv[optind]);
	set("how", how);
	set("dry", dry ? "-n" : "");
	set("empty", empty ? "-e" : "");
	set("explain", explain ? "-x" : "");
	set("verbose", verbose > 1 ? "-vv" : verbose > 0 ? "-v" : "");
	set("max", max);
	set("metrics", metrics);
	snprintf(text, sizeof text, "%llu", (unsigned long long)wait_seconds);
	set("wait", text);
	snprintf(text, sizeof text, "%.3f", clock_mono());
	set("mono", text);
	set("lock", c->lock_path);
	set("known", c->known_path);
	set("asked", asked ? "yes" : "");
	write_settings(SETTINGS_FD);
	return ST_OK;
}

int
main(int argc, char **argv)
{
	struct config config = { 0 };
	struct err e = { 0 };
	const char *verb = argc > 1 ? argv[1] : "";
	int status;

	msg_program("conn-sync");
	sandbox_no_core();
	file_std();
	sig_install();
	/* nobody waits for it but the shell, which may be killed */
	if (streq(verb, "options") || streq(verb, "begin"))
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (streq(verb, "options") && argc > 2)
		status = options(argc - 2, argv + 2, &config, &e);
	else if (streq(verb, "begin") && argc == 9)
		status = begin(argv + 2, &config, &e);
	else if (streq(verb, "say") && argc == 3)
		status = err_set(&e, ST_PERSON, "%s", argv[2]);
	else if (streq(verb, "watch"))
		status = watch(&e);
	else if (streq(verb, "end") && argc == 7)
		status = end(argv + 2, &config, &e);
	else
		status = err_set(&e, ST_USAGE, "this helper is for conn-sync");
	if (e.text[0] != '\0' && !sig_stop)
		err_print(&e);
	if (sig_stop)
		sig_die(sig_stop);
	buf_release(&settings);
	config_release(&config);
	return status < 0 ? e.status : status;
}

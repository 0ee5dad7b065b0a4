/* SPDX-License-Identifier: MIT */
#include "source/tap/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/sig.h"

enum {
	STOP_SECONDS = 1,       /* less than whoever stops us gives us */
	NO_PIDFD_MS = 50, SECRET_LINE = 8,
	PIPE_CHUNKS = 64        /* of stderr after its end: more than a pipe
	                           holds */
};

void
tap_secret(struct span text)
{
	const char *p = text.p, *end = text.p + text.n;

	msg_secret(text);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl != NULL ? nl : end) - p);

		if (n >= SECRET_LINE && n < text.n)
			msg_secret((struct span){ p, n });
		p += n + 1;
	}
}

/* ---- starting ---- */

struct launch {
	char *const *argv, *const *env;
	const char *dir;
	pid_t parent;
	int out, err, failed;
};

static _Noreturn void
become(const struct launch *l)
{
	int null, code;

	sig_child();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (getppid() == l->parent && dup2(null, 0) >= 0 &&
	    dup2(l->out, 1) >= 0 && dup2(l->err, 2) >= 0 && chdir(l->dir) == 0)
		execvpe(l->argv[0], l->argv, l->env);
	code = errno;
	if (write(l->failed, &code, sizeof code) < 0)
		_exit(126);
	_exit(127);
}

static int
spawn(struct tap *t, struct launch *l)
{
	int ends[3][2], n = 0, code = 0;

	while (n < 3 && pipe2(ends[n], O_CLOEXEC) == 0)
		n++;
	code = n < 3 ? errno : 0;
	if (code == 0) {
		l->out = ends[0][1];
		l->err = ends[1][1];
		l->failed = ends[2][1];
		l->parent = getpid();
		t->pid = fork();
		if (t->pid == 0)
			become(l);
		code = t->pid < 0 ? errno : 0;
	}
	for (int i = 0; i < n; i++)
		close(ends[i][1]);
	if (code == 0)
		code = child_exec_error(ends[2][0]);
	if (code == 0) {
		t->out = ends[0][0];
		t->err = ends[1][0];
	}
	for (int i = code == 0 ? 2 : 0; i < n; i++)
		close(ends[i][0]);
	return code;
}

static ssize_t read_stdout(void *ctx, void *p, size_t n);

int
tap_start(struct tap *t, char *const argv[], char *const env[],
    const char *dir, struct err *e)
{
	struct launch l = { .argv = argv, .env = env, .dir = dir };
	struct tap before = *t;
	int code;

	*t = (struct tap){ .pidfd = -1, .out = -1, .err = -1,
		.show = before.show, .hear = before.hear,
		.ready = before.ready, .watch = before.watch,
		.ctx = before.ctx };
	code = spawn(t, &l);
	if (code != 0) {
		while (t->pid > 0 && waitpid(t->pid, NULL, 0) < 0 &&
		    errno == EINTR)
			continue;
		t->exited = true;
		t->pid = 0;
		return err_set(e, code == EAGAIN || code == ENOMEM ? ST_TEMP :
		    ST_PERSON, "%s: %s", argv[0], strerror(code));
	}
	fcntl(t->err, F_SETFL, O_NONBLOCK);
	t->pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
	lines_init(&t->in, t->out, TAP_LINE_MAX);
	t->in.read = read_stdout;
	t->in.ctx = t;
	return 0;
}

/* ---- its stderr ---- */

static void
keep_line(void *ctx)
{
	struct tap *t = ctx;
	char *kept = t->kept[t->nkept % TAP_KEPT];

	msg_clean(kept, TAP_SHOWN, buf_span(&t->line));
	if (t->hear != NULL)
		t->hear(t->ctx, buf_span(&t->line), kept);
	buf_clear(&t->line);
	if (*kept == '\0')
		return;
	t->nkept++;
	if (t->show)
		msg("%s", kept);
}

/* false: there is no more for now. */
static bool
pump(struct tap *t)
{
	char chunk[16 << 10];
	ssize_t k = t->err < 0 ? 0 : read(t->err, chunk, sizeof chunk);

	/* what it says may be of what it did just before */
	if (k > 0 && t->ready != NULL)
		t->ready(t->ctx);
	if (k > 0)
		child_lines(&t->line, TAP_SAID_MAX,
		    (struct span){ chunk, (size_t)k }, keep_line, t);
	else if (k == 0)
		child_close(&t->err);
	return k > 0;
}

/* ---- reading, ending ---- */

static bool
reap(struct tap *t)
{
	if (!t->exited && waitpid(t->pid, &t->status, WNOHANG) == t->pid)
		t->exited = true;
	return t->exited;
}

/* One wait, at most so many ms (-1: without end): stderr is taken, an end is
 * seen. true: its stdout can be read. */
static bool
wait_for(struct tap *t, int ms, bool *silent)
{
	struct pollfd f[4] = { { t->out, POLLIN, 0 }, { t->err, POLLIN, 0 },
		{ t->exited ? -1 : t->pidfd, POLLIN, 0 },
		{ t->ready != NULL ? t->watch : -1, POLLIN, 0 } };
	int r = poll(f, 4, t->pidfd < 0 && !t->exited ? NO_PIDFD_MS : ms);

	*silent = r == 0;
	if (f[1].revents)
		(void)pump(t);
	if (f[3].revents)
		t->ready(t->ctx);
	(void)reap(t);
	return f[0].revents != 0;
}

/* What it left behind may hold its stdout open for ever. */
static ssize_t
read_stdout(void *ctx, void *p, size_t n)
{
	struct tap *t = ctx;
	bool silent = false, gone = t->exited;
	ssize_t got;

	while (!wait_for(t, gone ? TAP_LINGER * 1000 : -1, &silent)) {
		if (silent && gone)
			return 0;
		gone = t->exited;
	}
	got = read(t->out, p, n);
	if (got > 0 && t->ready != NULL)
		t->ready(t->ctx);
	return got;
}

enum line_result
tap_next(struct tap *t, struct span *line)
{
	return lines_next(&t->in, line);
}

static void
wait_end(struct tap *t, double until)
{
	bool silent;

	while (!t->exited && clock_mono() < until)
		wait_for(t, NO_PIDFD_MS, &silent);
}

static void
close_all(struct tap *t)
{
	for (int i = 0; i < PIPE_CHUNKS && pump(t); i++)
		continue;
	if (t->line.n > 0)
		keep_line(t);
	buf_release(&t->line);
	lines_release(&t->in);
	child_close(&t->out);
	child_close(&t->err);
	child_close(&t->pidfd);
	t->pid = 0;
}

void
tap_finish(struct tap *t)
{
	child_close(&t->out);
	wait_end(t, clock_mono() + TAP_LINGER);
	t->late = !t->exited;
	tap_stop(t);
}

void
tap_stop(struct tap *t)
{
	if (t->pid <= 0)
		return;
	child_close(&t->out);
	if (!reap(t))
		kill(t->pid, SIGTERM);
	wait_end(t, clock_mono() + STOP_SECONDS);
	if (!t->exited) {
		kill(t->pid, SIGKILL);
		while (waitpid(t->pid, &t->status, 0) < 0 && errno == EINTR)
			continue;
		t->exited = true;
	}
	close_all(t);
}

const char *
tap_said(const struct tap *t)
{
	return t->nkept == 0 ? "" : t->kept[(t->nkept - 1) % TAP_KEPT];
}

int
tap_verdict(const struct tap *t, char *why, size_t size)
{
	int signo = WIFSIGNALED(t->status) ? WTERMSIG(t->status) : 0;

	if (t->late) {
		snprintf(why, size, "closed its stdout, but did not end "
		    "within %d s", TAP_LINGER);
		return ST_TEMP;
	}
	if (signo != 0) {
		snprintf(why, size, "was killed by signal %d", signo);
		return signo == SIGTERM || signo == SIGKILL ||
		    signo == SIGINT || signo == SIGHUP ? ST_TEMP : ST_PERSON;
	}
	/* of a program in Python that was asked to end, as a shell tells it */
	if (WEXITSTATUS(t->status) == 128 + SIGTERM ||
	    WEXITSTATUS(t->status) == 128 + SIGKILL) {
		snprintf(why, size, "was killed by signal %d",
		    WEXITSTATUS(t->status) - 128);
		return ST_TEMP;
	}
	if (WEXITSTATUS(t->status) == 0)
		return ST_OK;
	snprintf(why, size, "ended with status %d", WEXITSTATUS(t->status));
	return ST_PERSON;
}

bool
tap_of_connection(const char *text)
{
	static const char *const words[] = { "connection refused",
		"connection reset", "connection aborted", "connectionerror",
		"connection error", "timed out", "timeout",
		"temporary failure in name resolution", "max retries exceeded",
		"network is unreachable", "remote end closed" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(text, words[i]) != NULL)
			return true;
	return false;
}

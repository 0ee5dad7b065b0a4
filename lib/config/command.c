/* SPDX-License-Identifier: MIT */
#include "config/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sig.h"

enum { CHUNK = 4096, HIGH_FD = 16 };

struct command {
	pid_t pid;
	int out, failed;        /* its stdout; errno, if exec failed */
	double end;
	char *why;
	size_t size;
};

static int __attribute__((format(printf, 2, 3)))
because(struct command *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, c->size, fmt, ap);
	va_end(ap);
	return -1;
}

/* In the child; only calls that are safe after fork. */
_Noreturn static void
become(char *const argv[], const char *dir, int out, int failed)
{
	int null, e;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sig_child();
	/* out of the way of 0 and 1, which may be closed in the parent */
	out = fcntl(out, F_DUPFD_CLOEXEC, HIGH_FD);
	failed = fcntl(failed, F_DUPFD_CLOEXEC, HIGH_FD);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    chdir(dir) == 0) {
		close_range(3, (unsigned)failed - 1, 0);
		close_range((unsigned)failed + 1, ~0U, 0);
		execvp(argv[0], argv);
	}
	e = errno;
	if (write(failed, &e, sizeof e) < 0)
		_exit(126);
	_exit(127);
}

static int
start(struct command *c, char *const argv[], const char *dir)
{
	int out[2], failed[2];

	if (pipe2(out, O_CLOEXEC) != 0)
		return because(c, "cannot be run: %s", strerror(errno));
	if (pipe2(failed, O_CLOEXEC) != 0) {
		close(out[0]);
		close(out[1]);
		return because(c, "cannot be run: %s", strerror(errno));
	}
	c->pid = fork();
	if (c->pid == 0)
		become(argv, dir, out[1], failed[1]);
	close(out[1]);
	close(failed[1]);
	if (c->pid < 0) {
		close(out[0]);
		close(failed[0]);
		return because(c, "cannot be run: %s", strerror(errno));
	}
	setpgid(c->pid, c->pid);
	c->out = out[0];
	c->failed = failed[0];
	return 0;
}

static int
read_all(struct command *c, size_t max, struct buf *out)
{
	size_t start = out->n;

	for (;;) {
		struct pollfd p = { .fd = c->out, .events = POLLIN };
		double left = c->end - clock_mono();
		ssize_t k;

		if (left <= 0)
			return because(c, "took too long");
		if (sig_poll(&p, 1, (int)(left * 1000) + 1) < 0) {
			if (sig_stop)
				return because(c, "was interrupted");
			continue;
		}
		if (p.revents == 0)
			continue;
		buf_reserve(out, CHUNK);
		k = read(c->out, out->p + out->n, CHUNK);
		if (k < 0 && errno != EINTR)
			return because(c, "gave no output: %s",
			    strerror(errno));
		if (k == 0)
			return 0;
		out->n += k > 0 ? (size_t)k : 0;
		if (out->n - start > max)
			return because(c, "printed too much");
	}
}

/* Its stdout is closed: it has the rest of its time to end. */
static int
await(struct command *c)
{
	int status, e;
	pid_t r;

	while ((r = waitpid(c->pid, &status, WNOHANG)) == 0) {
		if (sig_stop)
			return because(c, "was interrupted");
		if (clock_mono() >= c->end)
			return because(c, "took too long");
		clock_sleep(0.01);
	}
	if (r < 0)
		return because(c, "was lost: %s", strerror(errno));
	c->pid = 0;
	if (read(c->failed, &e, sizeof e) == (ssize_t)sizeof e)
		return because(c, "cannot be run: %s", strerror(e));
	if (WIFSIGNALED(status))
		return because(c, "was killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return because(c, "ended with status %d", WEXITSTATUS(status));
	return 0;
}

int
command_run(char *const argv[], const char *dir, double seconds, size_t max,
    struct buf *out, char *why, size_t size)
{
	struct command c = { .why = why, .size = size,
		.end = clock_mono() + seconds };
	int r;

	if (start(&c, argv, dir) != 0)
		return -1;
	r = read_all(&c, max, out);
	if (r == 0)
		r = await(&c);
	if (c.pid > 0) {
		kill(-c.pid, SIGKILL);
		while (waitpid(c.pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	close(c.out);
	close(c.failed);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "run/driver-proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/sig.h"

enum {
	STOP_SECONDS = 2,
	NO_PIDFD_MS = 50
};

/* All that a driver gets to know of our environment. */
static const char *const passed[] = {
	"PATH", "HOME", "LANG", "TZ", "TMPDIR",
	"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
	"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"
};
enum { NPASSED = sizeof passed / sizeof *passed };

extern char **environ;

struct launch {
	const char *path, *type, *verb;
	pid_t parent, group;
	int fds[4];             /* stdin stdout stderr, and where errno goes */
};

static void
driver_environment(char *env[NPASSED + 1])
{
	size_t n = 0;

	for (char **v = environ; *v != NULL; v++)
		for (size_t i = 0; i < NPASSED && n < NPASSED; i++)
			if (span_is((struct span){ *v, strcspn(*v, "=") },
			    passed[i]))
				env[n++] = *v;
	env[n] = NULL;
}

/* Leads the group, and kills it when the parent is gone. All signals are
 * blocked, so what ends the group politely does not end it. */
static _Noreturn void
watch(pid_t parent)
{
	sigset_t all;
	int signo;

	setpgid(0, 0);
	closefrom(0);
	prctl(PR_SET_NAME, "conn-watch");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigfillset(&all);
	while (getppid() == parent)
		sigwait(&all, &signo);
	kill(-getpid(), SIGKILL);
	_exit(0);
}

/* Moves the four descriptors to 0..3 and closes everything else. */
static int
arrange(int fds[4])
{
	int high[4];

	for (int i = 0; i < 4; i++)
		if ((high[i] = fcntl(fds[i], F_DUPFD, 10)) < 0)
			return -1;
	for (int i = 0; i < 4; i++)
		if (dup2(high[i], fds[i] = i) < 0)
			return -1;
	closefrom(4);
	return fcntl(3, F_SETFD, FD_CLOEXEC);
}

static _Noreturn void
child(struct launch *l)
{
	char name[128];
	char *argv[3] = { name, (char *)(uintptr_t)l->verb, NULL };
	char *env[NPASSED + 1];
	int code;

	sig_child();
	snprintf(name, sizeof name, "conn-source-%s", l->type);
	driver_environment(env);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setpgid(0, l->group) != 0 || getppid() != l->parent)
		_exit(127);
	if (arrange(l->fds) == 0 && chdir("/") == 0)
		execve(l->path, argv, env);
	code = errno;
	if (write(l->fds[3], &code, sizeof code) < 0)
		_exit(126);
	_exit(127);
}

/* The whole request lies in memory before the driver starts: it can be of any
 * size, be read late or never, and nobody waits for anybody. */
static int
request_fd(struct span s)
{
	int fd = memfd_create("conn-request", MFD_CLOEXEC);

	while (fd >= 0 && s.n > 0) {
		ssize_t k = write(fd, s.p, s.n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			close(fd);
			return -1;
		}
		s.p += k;
		s.n -= (size_t)k;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Forks both with every signal blocked: our handlers must not run in them. */
static int
spawn(struct proc *p, struct launch *l)
{
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	l->parent = getpid();
	p->group = fork();
	if (p->group == 0)
		watch(l->parent);
	if (p->group > 0) {
		setpgid(p->group, p->group);
		l->group = p->group;
		p->pid = fork();
		if (p->pid == 0)
			child(l);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return p->group > 0 && p->pid > 0 ? 0 : -1;
}

int
proc_start(struct proc *p, const char *path, const char *type,
    const char *verb, struct span request, struct err *e)
{
	/* ours: stdout, stderr, errno; theirs as in struct launch */
	int ours[3] = { -1, -1, -1 };
	struct launch l = { .path = path, .type = type, .verb = verb,
	    .fds = { -1, -1, -1, -1 } };
	int code = 0;

	*p = (struct proc){ .type = type, .pidfd = -1, .out = -1, .err = -1 };
	l.fds[0] = request_fd(request);
	for (int i = 0; i < 3 && l.fds[0] >= 0 && code == 0; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) != 0) {
			code = errno;
			break;
		}
		ours[i] = ends[0];
		l.fds[i + 1] = ends[1];
	}
	if (l.fds[0] < 0 || code != 0 || spawn(p, &l) != 0)
		code = code ? code : errno;
	close_all(l.fds, 4);
	if (code == 0)
		code = child_exec_error(ours[2]);
	p->out = ours[0];
	p->err = ours[1];
	close_all(&ours[2], 1);
	if (code != 0) {
		proc_kill(p);
		return err_set(e, code == EAGAIN || code == ENOMEM ? ST_TEMP :
		    ST_PERSON, "driver %s: %s: %s", type, path, strerror(code));
	}
	detail("driver %s: %s %s", type, path, verb ? verb : "");
	fcntl(p->err, F_SETFL, O_NONBLOCK);
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	return 0;
}

static void
show_line(void *ctx)
{
	struct proc *p = ctx;
	struct buf placed = { 0 };
	char text[PROC_SAID];

	if (p->config == NULL ||
	    !config_locate(p->config, buf_span(&p->line), &placed))
		buf_add_span(&placed, buf_span(&p->line));
	msg_clean(text, sizeof text, buf_span(&placed));
	buf_release(&placed);
	buf_clear(&p->line);
	if (text[0] == '\0')
		return;
	memcpy(p->said, text, strlen(text) + 1);
	if (p->keep == NULL)
		msg("driver %s: %s", p->type, text);
}

/* What is there now; at most a pipe's content, so that a driver that talks
 * without end does not keep us here. */
static void
pump(struct proc *p)
{
	char chunk[16 << 10];

	for (int i = 0; i < 4; i++) {
		ssize_t k = read(p->err, chunk, sizeof chunk);

		if (k < 0)
			return;
		if (k == 0) {
			close(p->err);
			p->err = -1;
			return;
		}
		if (p->keep != NULL && p->keep->n < PROC_KEEP_MAX)
			buf_add(p->keep, chunk, (size_t)k);
		child_lines(&p->line, PROC_LINE_MAX,
		    (struct span){ chunk, (size_t)k }, show_line, p);
	}
}

static bool
reap(struct proc *p)
{
	if (!p->exited && waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
		p->exited = true;
		p->end = clock_mono() + PROC_LINGER;
	}
	return p->exited;
}

static int
milliseconds(const struct proc *p, double left)
{
	int ms = left > 3600 ? 3600 * 1000 : (int)(left * 1e3) + 1;

	return p->pidfd < 0 && ms > NO_PIDFD_MS ? NO_PIDFD_MS : ms;
}

enum proc_event
proc_wait(struct proc *p, double until)
{
	for (;;) {
		double end = p->exited && p->end < until ? p->end : until;
		double left = end - clock_mono();
		struct pollfd f[3] = { { p->out, POLLIN, 0 },
		    { p->err, POLLIN, 0 },
		    { p->exited ? -1 : p->pidfd, POLLIN, 0 } };

		if (left <= 0)
			return PROC_TIMEOUT;
		if (sig_poll(f, 3, milliseconds(p, left)) < 0 && sig_stop)
			return PROC_SIGNAL;
		if (f[1].revents)
			pump(p);
		if (f[0].revents)
			return PROC_OUT;
		if (!p->exited && reap(p))
			return PROC_EXIT;
	}
}

void
proc_stop(struct proc *p)
{
	double until = clock_mono() + STOP_SECONDS;

	child_close(&p->out);
	if (p->group > 0)
		kill(-p->group, SIGTERM);
	/* not sig_poll: it does not wait once we are asked to stop */
	while (p->group > 0 && !reap(p) && clock_mono() < until) {
		struct pollfd f[2] = { { p->err, POLLIN, 0 },
		    { p->pidfd, POLLIN, 0 } };

		if (poll(f, 2, NO_PIDFD_MS) > 0 && f[0].revents)
			pump(p);
	}
	proc_kill(p);
}

void
proc_kill(struct proc *p)
{
	if (p->group > 0)
		kill(-p->group, SIGKILL);
	if (p->pid > 0 && !p->exited) {
		kill(p->pid, SIGKILL);
		while (waitpid(p->pid, &p->status, 0) < 0 && errno == EINTR)
			continue;
		p->exited = true;
	}
	if (p->group > 0)
		while (waitpid(p->group, NULL, 0) < 0 && errno == EINTR)
			continue;
	p->group = p->pid = 0;
	if (p->err >= 0)
		pump(p);
	if (p->line.n > 0)
		show_line(p);
	buf_release(&p->line);
	child_close(&p->out);
	child_close(&p->err);
	child_close(&p->pidfd);
}

/* What the way it ended means; e says it where the driver did not. */
static int
verdict(const struct proc *p, struct err *e)
{
	int code;

	if (WIFSIGNALED(p->status)) {
		err_set(e, ST_PERSON, "driver %s: killed by signal %d",
		    p->type, WTERMSIG(p->status));
		return ST_PERSON;
	}
	code = WEXITSTATUS(p->status);
	detail("driver %s: exit status %d", p->type, code);
	if (code == ST_OK)
		return ST_OK;
	if (code != ST_USAGE && code != ST_PERSON && code != ST_TEMP) {
		err_set(e, ST_PERSON, "driver %s: exit status %d", p->type,
		    code);
		return ST_PERSON;
	}
	e->status = code;
	if (p->said[0] == '\0')
		err_set(e, code, "driver %s: exit status %d, and no message",
		    p->type, code);
	return code;
}

int
proc_finish(struct proc *p, struct err *e)
{
	double until = clock_mono() + PROC_LINGER;

	*e = (struct err){ 0 };
	child_close(&p->out);
	while (!p->exited) {
		enum proc_event v = proc_wait(p, until);

		if (v == PROC_SIGNAL) {
			proc_stop(p);
			return e->status = ST_TEMP;
		}
		if (v == PROC_TIMEOUT) {
			proc_kill(p);
			err_set(e, ST_TEMP, "driver %s: closed its stdout, but "
			    "did not end within %d s; killed", p->type,
			    PROC_LINGER);
			return ST_TEMP;
		}
	}
	proc_kill(p);
	return verdict(p, e);
}

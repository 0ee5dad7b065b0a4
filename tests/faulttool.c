/* SPDX-License-Identifier: MIT */
/*
 * faulttool [-m MARK] trace FILE COMMAND...: writes each system call that the
 *     program makes to FILE, a line each: its number, its arguments.
 * faulttool [-m MARK] kill CALL N COMMAND...: kills it (SIGKILL) as it enters
 *     the Nth of the calls of this number. group: its process group.
 * faulttool [-m MARK] errno CALL N ERRNO COMMAND...: the Nth is not made; it
 *     gives ERRNO.
 * faulttool [-m MARK] short CALL N COMMAND...: of the Nth, if it reads or
 *     writes, half of the bytes at most are asked for, at least one.
 *
 * N counts from 1, after the program's exec, and does not count what it starts.
 * MARK gets a line `struck` if there was an Nth, `signal N` if the program died
 * of another than SIGKILL.
 * Ends as the program did, once what it started has ended too; 125: nothing can
 * be traced here.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

enum { CANNOT = 125 };

struct fault {
	FILE *trace;            /* NULL: not that */
	const char *mark;       /* NULL: none */
	bool kill, group, half;
	long error;             /* 0: none */
	long call, at;          /* its number, and which of these; at 0: none */
	long calls;             /* of this number, so far */
};

static void
cannot(const char *what)
{
	fprintf(stderr, "faulttool: %s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

static void
mark(const struct fault *f, const char *text)
{
	int fd;

	if (f->mark == NULL)
		return;
	fd = open(f->mark, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		cannot(f->mark);
	close(fd);
}

#if defined(__x86_64__)

static bool
moves_bytes(unsigned long call)
{
	return call == SYS_read || call == SYS_write || call == SYS_pread64 ||
	    call == SYS_pwrite64 || call == SYS_recvfrom ||
	    call == SYS_sendto;
}

/* The Nth call begins. */
static void
strike(const struct fault *f, pid_t pid, struct user_regs_struct *r)
{
	mark(f, "struck\n");
	if (f->group)
		kill(0, SIGKILL);
	if (f->kill) {
		kill(pid, SIGKILL);
		return;
	}
	if (f->error != 0) {
		r->orig_rax = (unsigned long)-1;        /* no call */
		r->rax = (unsigned long)-f->error;
	} else if (f->half && moves_bytes(r->orig_rax) && r->rdx > 1) {
		r->rdx /= 2;
	}
	if (ptrace(PTRACE_SETREGS, pid, 0, r) != 0)
		cannot("PTRACE_SETREGS");
}

/* It stands before a call that the filter lets us see. */
static void
enter(struct fault *f, pid_t pid)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, 0, &r) != 0)
		return;         /* it was killed meanwhile */
	if (f->trace != NULL)
		fprintf(f->trace, "%ld %ld %ld %ld %ld\n", (long)r.orig_rax,
		    (long)r.rdi, (long)r.rsi, (long)r.rdx, (long)r.r10);
	if ((long)r.orig_rax == f->call && ++f->calls == f->at)
		strike(f, pid, &r);
}

/* From here on each call of this number (a trace: each) stops us, and no
 * other: a stop costs more than the call. */
static void
filter(const struct fault *f)
{
	const unsigned all = f->trace != NULL ? 0 : 1;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)f->call, 0,
		    (unsigned char)all),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		cannot("seccomp");
}

static pid_t
start(const struct fault *f, char **argv)
{
	const long seen = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
	    PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACECLONE;
	int ready[2];
	pid_t pid = -1;

	if (pipe2(ready, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		cannot("fork");
	if (pid > 0) {
		if (ptrace(PTRACE_SEIZE, pid, 0, seen) != 0)
			cannot("PTRACE_SEIZE");
		close(ready[0]);
		close(ready[1]);
		return pid;
	}
	close(ready[1]);
	if (read(ready[0], &pid, 1) != 0)
		cannot("read");
	filter(f);
	execvp(argv[0], argv);
	cannot(argv[0]);
	return -1;
}

/* Lets what stopped go on. */
static void
stopped(struct fault *f, pid_t pid, bool main, int status, bool *counting)
{
	int event = status >> 16, signal = 0;

	if (main && event == PTRACE_EVENT_EXEC)
		*counting = true;
	else if (main && event == PTRACE_EVENT_SECCOMP && *counting)
		enter(f, pid);
	else if (event == 0)
		signal = WSTOPSIG(status);
	ptrace(PTRACE_CONT, pid, 0, signal);
}

/* What it started is held by the filter too, so it cannot be left alone. */
static int
follow(struct fault *f, pid_t pid)
{
	bool counting = false;
	int status, ended = 0;
	pid_t who;

	while ((who = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			stopped(f, who, who == pid, status, &counting);
		else if (who == pid)
			ended = status;
	}
	return ended;
}

#else

static pid_t
start(const struct fault *f, char **argv)
{
	(void)f;
	(void)argv;
	cannot("");
	return -1;
}

static int
follow(struct fault *f, pid_t pid)
{
	(void)f;
	(void)pid;
	return -1;
}

#endif

static char **
options(struct fault *f, char **argv)
{
	const char *what = *argv++;

	if (strcmp(what, "-m") == 0) {
		f->mark = *argv++;
		what = *argv++;
	}
	if (strcmp(what, "trace") == 0) {
		f->trace = fopen(*argv++, "we");
		if (f->trace == NULL)
			cannot(argv[-1]);
		return argv;
	}
	f->group = strcmp(what, "group") == 0;
	f->kill = f->group || strcmp(what, "kill") == 0;
	f->half = strcmp(what, "short") == 0;
	f->call = strtol(*argv++, NULL, 10);
	f->at = strtol(*argv++, NULL, 10);
	if (!f->kill && !f->half)
		f->error = strtol(*argv++, NULL, 10);
	return argv;
}

static int
end_as(const struct fault *f, int status)
{
	char text[32];

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGKILL) {
		snprintf(text, sizeof text, "signal %d\n", WTERMSIG(status));
		mark(f, text);
	}
	signal(WTERMSIG(status), SIG_DFL);
	kill(getpid(), WTERMSIG(status));
	return CANNOT;
}

int
main(int argc, char **argv)
{
	struct fault f = { 0 };
	int status;

	if (argc < 4) {
		fprintf(stderr, "usage: see tests/faulttool.c\n");
		return 2;
	}
	argv = options(&f, argv + 1);
	status = follow(&f, start(&f, argv));
	if (f.trace != NULL)
		fclose(f.trace);
	return end_as(&f, status);
}

/* SPDX-License-Identifier: MIT */
/*
 * faulttool trace FILE COMMAND...: writes the number of each system call that
 *     the program makes to FILE, a line each.
 * faulttool kill CALL N COMMAND...: kills it (SIGKILL) as it enters the Nth of
 *     the calls of this number.
 * faulttool errno CALL N ERRNO COMMAND...: the Nth is not made; it gives ERRNO.
 * faulttool short CALL N COMMAND...: of the Nth, if it reads or writes, half of
 *     the bytes at most are asked for, at least one.
 *
 * N counts from 1, after the program's exec. What it starts is not followed.
 * Ends as the program did; 125: nothing can be traced here.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 125 };

struct fault {
	FILE *trace;            /* NULL: not that */
	bool kill, half;
	long error;             /* 0: none */
	long call, at;          /* its number, and which of these; at 0: none */
	long calls;             /* of this number, so far */
	bool inside;            /* between a call's entry and its end */
	bool replaced;          /* the call that is inside is not made */
};

#if defined(__x86_64__)

static void
cannot(const char *what)
{
	fprintf(stderr, "faulttool: %s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

static bool
moves_bytes(unsigned long call)
{
	return call == SYS_read || call == SYS_write || call == SYS_pread64 ||
	    call == SYS_pwrite64 || call == SYS_recvfrom ||
	    call == SYS_sendto;
}

/* The Nth call begins. */
static void
strike(struct fault *f, pid_t pid, struct user_regs_struct *r)
{
	if (f->kill) {
		kill(pid, SIGKILL);
		return;
	}
	if (f->error != 0) {
		r->orig_rax = (unsigned long)-1;
		f->replaced = true;
	} else if (f->half && moves_bytes(r->orig_rax) && r->rdx > 1) {
		r->rdx /= 2;
	}
	if (ptrace(PTRACE_SETREGS, pid, 0, r) != 0)
		cannot("PTRACE_SETREGS");
}

static void
enter(struct fault *f, pid_t pid, struct user_regs_struct *r)
{
	if (f->trace != NULL)
		fprintf(f->trace, "%ld\n", (long)r->orig_rax);
	if ((long)r->orig_rax == f->call && ++f->calls == f->at)
		strike(f, pid, r);
}

/* It stands before a call or after it. */
static void
step(struct fault *f, pid_t pid)
{
	struct user_regs_struct r;

	f->inside = !f->inside;
	if (!f->inside && !f->replaced)
		return;
	if (ptrace(PTRACE_GETREGS, pid, 0, &r) != 0)
		return;         /* it was killed meanwhile */
	if (f->inside) {
		enter(f, pid, &r);
		return;
	}
	r.rax = (unsigned long)-f->error;
	f->replaced = false;
	ptrace(PTRACE_SETREGS, pid, 0, &r);
}

static pid_t
start(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		cannot("fork");
	if (pid > 0)
		return pid;
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
		cannot("PTRACE_TRACEME");
	raise(SIGSTOP);
	execvp(argv[0], argv);
	cannot(argv[0]);
	return -1;
}

static int
follow(struct fault *f, pid_t pid)
{
	bool counting = false;
	int status, signal = 0;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		cannot("it does not stop");
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD |
	    PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC) != 0)
		cannot("PTRACE_SETOPTIONS");
	for (;;) {
		ptrace(counting ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0,
		    signal);
		if (waitpid(pid, &status, 0) != pid)
			cannot("waitpid");
		if (WIFEXITED(status) || WIFSIGNALED(status))
			return status;
		signal = 0;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			counting = true;        /* within the call */
			f->inside = true;
		} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			step(f, pid);
		} else {
			signal = WSTOPSIG(status);
		}
	}
}

#else

static void
cannot(const char *what)
{
	(void)what;
	exit(CANNOT);
}

static pid_t
start(char **argv)
{
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

	if (strcmp(what, "trace") == 0) {
		f->trace = fopen(*argv++, "we");
		if (f->trace == NULL)
			cannot(argv[-1]);
		return argv;
	}
	f->kill = strcmp(what, "kill") == 0;
	f->half = strcmp(what, "short") == 0;
	f->call = strtol(*argv++, NULL, 10);
	f->at = strtol(*argv++, NULL, 10);
	if (!f->kill && !f->half)
		f->error = strtol(*argv++, NULL, 10);
	return argv;
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
	status = follow(&f, start(argv));
	if (f.trace != NULL)
		fclose(f.trace);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		kill(getpid(), WTERMSIG(status));
	}
	return WEXITSTATUS(status);
}

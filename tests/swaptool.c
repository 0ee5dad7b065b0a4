/* SPDX-License-Identifier: MIT */
/*
 * swaptool at N M A B COMMAND...: runs it, exchanges the names A and B as it
 *     enters its Nth call that takes a name or lists some, and again as it
 *     enters the Mth (0: not again). Ends as the program did; 124: it ended
 *     before the Nth; 125: nothing can be traced here.
 * swaptool old N M A B COMMAND...: the same without openat2(2).
 * swaptool loop A B: exchanges them until it is killed.
 *
 * N counts from 1, after the program has read from its stdin. What it starts
 * is not followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EARLY = 124, CANNOT = 125 };

static const char *a, *b;
static bool old;

static _Noreturn void
cannot(const char *what)
{
	fprintf(stderr, "swaptool: %s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

static void
swap(void)
{
	if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) != 0)
		cannot(a);
}

static bool
has_names(unsigned long call)
{
	static const unsigned long calls[] = { SYS_openat, SYS_openat2,
	    SYS_getdents64, SYS_newfstatat, SYS_statx, SYS_readlinkat };

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i] == call)
			return true;
	return false;
}

/* As an old kernel: it knows no such call. */
static void
forget_openat2(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	struct sock_fprog p = { sizeof code / sizeof *code, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) != 0)
		cannot("seccomp");
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
	if (old)
		forget_openat2();
	raise(SIGSTOP);
	execvp(argv[0], argv);
	cannot(argv[0]);
}

/* It stands before a call or after it: counts those before. */
static void
step(pid_t pid, bool *ready, long *n, const long at[2])
{
	struct __ptrace_syscall_info i;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, &i) <= 0)
		cannot("PTRACE_GET_SYSCALL_INFO");
	if (i.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	if (*ready && has_names(i.entry.nr)) {
		++*n;
		if (*n == at[0] || *n == at[1])
			swap();
	}
	if (i.entry.nr == SYS_read && i.entry.args[0] == STDIN_FILENO)
		*ready = true;
}

static int
trace(char **argv, const long at[2])
{
	pid_t pid = start(argv);
	bool ready = false;
	int status, pass = 0;
	long n = 0;

	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		cannot("wait");
	if (ptrace(PTRACE_SETOPTIONS, pid, 0,
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0)
		cannot("PTRACE_SETOPTIONS");
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, pass) != 0 ||
		    waitpid(pid, &status, 0) < 0)
			cannot("trace");
		if (!WIFSTOPPED(status))
			break;
		pass = WSTOPSIG(status);
		if (pass == (SIGTRAP | 0x80))
			step(pid, &ready, &n, at);
		if (pass == (SIGTRAP | 0x80) || pass == SIGTRAP)
			pass = 0;
	}
	if (n < at[0])
		return EARLY;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "loop") == 0) {
		a = argv[2];
		b = argv[3];
		for (;;)
			swap();
	}
	old = argc > 1 && strcmp(argv[1], "old") == 0;
	if (argc > 6 && (old || strcmp(argv[1], "at") == 0)) {
		long at[2] = { strtol(argv[2], NULL, 10),
		    strtol(argv[3], NULL, 10) };

		a = argv[4];
		b = argv[5];
		return trace(argv + 6, at);
	}
	fprintf(stderr, "swaptool: see its source\n");
	return CANNOT;
}

/* SPDX-License-Identifier: MIT */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char dir[] = "/tmp/unit-sandbox.XXXXXX";
static char here[64];
static bool has_landlock, has_seccomp;

/* Each tells errno of what it tried, 0 if it was let. */

static int
result(long r)
{
	return r < 0 ? errno : 0;
}

static int
try_open(const char *path, int flags)
{
	return result(open(path, flags | O_CLOEXEC, 0600));
}

static int
try_exec(void)
{
	char name[] = "true";
	char *argv[] = { name, NULL }, *env[] = { NULL };

	execve("/bin/true", argv, env);
	return errno;
}

static int
try_socket(int family, int type)
{
	return result(socket(family, type | SOCK_CLOEXEC, 0));
}

static int
try_peek(pid_t pid)
{
	char c;
	struct iovec iov = { &c, 1 };

	return result(process_vm_readv(pid, &iov, 1, &iov, 1, 0));
}

static int
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid < 0 ? -1 : waitpid(pid, NULL, 0));
}

/* Runs the body in a child within the sandbox and takes its tests over. */
static void
within(const char *name, const struct sandbox *s,
    void (*body)(int *errors))
{
	int *errors = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int status;

	memset(errors, 0xff, 4096);
	pid = fork();
	if (pid == 0) {
		sandbox_enter(s);
		body(errors);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: it ends", name);
	memcpy(here, errors, sizeof here);
	munmap(errors, 4096);
}

/* What the last body put there. */
static int
got(size_t i)
{
	int v;

	memcpy(&v, here + i * sizeof v, sizeof v);
	return v;
}

static void
parser(int *r)
{
	r[0] = try_open("new", O_WRONLY | O_CREAT);
	r[1] = try_open("old", O_RDWR);
	r[2] = try_open("old", O_RDONLY);
	r[3] = try_open("/dev/null", O_WRONLY);
	r[4] = try_socket(AF_INET, SOCK_STREAM);
	r[5] = try_socket(AF_UNIX, SOCK_STREAM);
	r[6] = try_peek(getppid());
	r[7] = result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	r[8] = result(unlink("old"));
	r[9] = result(rename("old", "other"));
	r[10] = result(mkdir("folder", 0700));
	r[11] = result(truncate("old", 0));
	r[12] = try_fork();
	r[13] = result(kill(getppid(), 0));
	r[14] = try_exec();
}

static void
client(int *r)
{
	r[0] = try_socket(AF_INET, SOCK_STREAM);
	r[1] = try_socket(AF_INET6, SOCK_DGRAM);
	r[2] = try_socket(AF_UNIX, SOCK_STREAM);
	r[3] = try_socket(AF_NETLINK, SOCK_RAW);
	r[4] = try_socket(AF_PACKET, SOCK_RAW);
	r[5] = try_socket(AF_ALG, SOCK_SEQPACKET);
	r[6] = try_open("in/new", O_WRONLY | O_CREAT);
	r[7] = try_open("new", O_WRONLY | O_CREAT);
	r[8] = result(rename("in/new", "in/other"));
	r[9] = result(link("in/other", "stolen"));
	r[10] = try_exec();
}

static void
reader(int *r)
{
	r[0] = try_open("in/file", O_RDONLY);
	r[1] = try_open("old", O_RDONLY);
	r[2] = try_open("/etc/passwd", O_RDONLY);
	r[3] = try_open("in", O_RDONLY | O_DIRECTORY);
	r[4] = try_open("/", O_RDONLY | O_DIRECTORY);
	r[5] = try_open("in/file", O_RDWR);
}

static void
starter(int *r)
{
	r[0] = try_socket(AF_INET, SOCK_STREAM);
	r[1] = try_open("old", O_RDWR);
	r[2] = try_exec();
}

static void
test_parser(void)
{
	static const size_t files[] = { 0, 1, 8, 9, 10, 11 };

	within("parser", &(struct sandbox){ 0 }, parser);
	ok(got(2) == 0, "parser: reads a file");
	ok(got(3) == 0, "parser: writes to /dev/null");
	ok(got(12) == 0, "parser: forks");
	for (size_t i = 0; has_landlock && i < 6; i++)
		ok(got(files[i]) == EACCES || got(files[i]) == EXDEV,
		    "parser: changes no file: %zu", files[i]);
	ok(access("old", F_OK) == 0 && access("new", F_OK) != 0,
	    "parser: all is as it was");
	if (!has_seccomp)
		return;
	ok(got(4) == EPERM, "parser: opens no socket");
	ok(got(5) == EPERM, "parser: no local one");
	ok(got(6) == EPERM, "parser: reads no other process");
	ok(got(7) == EPERM, "parser: traces none");
	ok(got(14) == EPERM, "parser: starts no program");
}

static void
test_client(void)
{
	within("client", &(struct sandbox){ .needs = SANDBOX_NET,
	    .writes = { "absent", "in" } }, client);
	ok(got(0) == 0 && got(2) == 0 && got(3) == 0, "client: sockets");
	ok(got(1) == 0 || got(1) == EAFNOSUPPORT, "client: IPv6");
	ok(got(6) == 0 && got(8) == 0, "client: writes its folder");
	if (has_landlock) {
		ok(got(7) == EACCES, "client: writes nowhere else");
		ok(got(9) == EXDEV || got(9) == EACCES,
		    "client: takes nothing out of it");
	}
	if (has_seccomp) {
		ok(got(4) == EAFNOSUPPORT, "client: no raw socket");
		ok(got(5) == EAFNOSUPPORT, "client: no socket to the kernel");
		ok(got(10) == EPERM, "client: starts no program");
	}
}

static void
test_reader(void)
{
	within("reader", &(struct sandbox){ .reads = "in" }, reader);
	ok(got(0) == 0 && got(3) == 0, "reader: reads its folder");
	if (has_landlock) {
		ok(got(1) == EACCES && got(2) == EACCES,
		    "reader: no other file");
		ok(got(4) == EACCES, "reader: no other folder");
		ok(got(5) == EACCES, "reader: writes nothing");
	}
}

static void
touch(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		abort();
	close(fd);
}

int
main(void)
{
	char text[SANDBOX_TEXT];

	if (mkdtemp(dir) == NULL || chdir(dir) != 0 || mkdir("in", 0700) != 0)
		return 1;
	touch("old");
	touch("in/file");
	sandbox_describe(text);
	has_landlock = strstr(text, "landlock") != NULL;
	has_seccomp = strstr(text, "seccomp") != NULL;
	printf("# %s\n", text);
	test_parser();
	test_client();
	test_reader();
	within("starter", &(struct sandbox){ .needs = SANDBOX_EXEC }, starter);
	ok(got(0) == 0 && got(1) == 0 && got(2) == -1,
	    "starter: nothing is given up");
	unlink("old");
	unlink("in/file");
	unlink("in/other");
	rmdir("in");
	if (chdir("/") != 0 || rmdir(dir) != 0)
		return 1;
	return tap_done();
}

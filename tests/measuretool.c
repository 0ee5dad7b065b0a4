/* SPDX-License-Identifier: MIT */
/*
 * measuretool FILE COMMAND [ARG]...: runs it and writes to FILE, as JSON, its
 * wall and CPU seconds (with all that it waited for) and the largest resident
 * set among them in bytes. The status is the command's. What a language with
 * a runtime of its own measures has that runtime's memory as its floor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void
write_usage(const char *path, double wall, const struct rusage *u)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		die(ST_PERSON, "%s: %s", path, strerror(errno));
	fprintf(f, "{\"wall\":%.3f,\"cpu\":%.3f,\"rss\":%ld}\n", wall,
	    seconds(u->ru_utime) + seconds(u->ru_stime), u->ru_maxrss * 1024);
	if (fclose(f) != 0)
		die(ST_PERSON, "%s: %s", path, strerror(errno));
}

int
main(int argc, char **argv)
{
	double start = clock_mono();
	struct rusage u;
	int status;
	pid_t pid;

	msg_program("measuretool");
	if (argc < 3)
		die(ST_USAGE, "usage: measuretool FILE COMMAND [ARG]...");
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		msg("%s: %s", argv[2], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) < 0)
		die(ST_TEMP, "%s: %s", argv[2], strerror(errno));
	write_usage(argv[1], clock_mono() - start, &u);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

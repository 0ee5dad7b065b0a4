/* SPDX-License-Identifier: MIT */
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/progress.h"

enum { TICK_MS = 500 };

#ifdef CONN_COVERAGE
void __gcov_dump(void);
#endif

volatile sig_atomic_t sig_stop;
static int wake[2] = { -1, -1 };

static void
on_stop(int signo)
{
	int saved = errno;

	sig_stop = signo;
	if (write(wake[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

static void
on_usr1(int signo)
{
	int saved = errno;

	(void)signo;
	progress_asked = 1;
	if (write(wake[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

void
sig_install(void)
{
	struct sigaction sa = { .sa_handler = on_stop };

	if (wake[0] < 0 && pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0)
		die(ST_TEMP, "no pipe can be had: %s", strerror(errno));
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = on_usr1;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGXFSZ, &sa, NULL);
	/* whoever started us may ignore it; then nobody can be waited for */
	sa.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &sa, NULL);
}

static void
drain(void)
{
	char junk[64];

	while (read(wake[0], junk, sizeof junk) > 0)
		continue;
}

int
sig_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct pollfd all[8];
	double end = clock_mono() + timeout / 1e3;

	for (nfds_t i = 0; i < n && i < 7; i++)
		all[i] = fds[i];
	all[n] = (struct pollfd){ wake[0], POLLIN, 0 };
	for (;;) {
		double left = timeout < 0 ? 1e9 : (end - clock_mono()) * 1e3;
		int ms = left < 0 ? 0 :
		    left < TICK_MS ? (int)left + 1 : TICK_MS;
		int r, why;

		if (sig_stop) {
			errno = EINTR;
			return -1;
		}
		r = poll(all, n + 1,
		    timeout < 0 && !progress_active() ? -1 : ms);
		why = errno;
		drain();
		progress_tick();
		if (r < 0 && why != EINTR) {
			errno = why;
			return -1;
		}
		if (r > 0 && all[n].revents)
			r--;
		if (r > 0 && !sig_stop) {
			for (nfds_t i = 0; i < n; i++)
				fds[i].revents = all[i].revents;
			return r;
		}
		if (r == 0 && timeout >= 0 && clock_mono() >= end)
			return 0;
	}
}

void
sig_die(int signo)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t set;

	progress_erase();
#ifdef CONN_COVERAGE
	__gcov_dump();
#endif
	sigaction(signo, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signo);
	_exit(128 + signo);
}

void
sig_child(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGUSR1, SIGPIPE, SIGXFSZ,
		SIGCHLD };
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sigaction(all[i], &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "rules/jqpeer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* To compile: half a minute of a busy machine for a second of libjq's. */
enum { START_SECONDS = 60 };

static void
reap(struct jqpeer *p)
{
	close(p->fd);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	p->pid = 0;
}

static void
stop(struct jqpeer *p)
{
	if (p->pid == 0)
		return;
	kill(p->pid, SIGKILL);
	reap(p);
}

/* An idle worker ends by itself when nothing more can come. */
void
jqpeer_release(struct jqpeer *p)
{
	if (p->pid != 0) {
		shutdown(p->fd, SHUT_RDWR);
		reap(p);
	}
	buf_release(&p->reply);
}

/* Waits until the socket is ready; a signal does not cut a run short, which
 * the program finishes before it ends. */
static enum jqpeer_talk
await(const struct jqpeer *p, short events, double end)
{
	struct pollfd fd = { .fd = p->fd, .events = events };

	for (;;) {
		double left = end - clock_mono();
		int r;

		if (left <= 0)
			return JQPEER_LATE;
		r = poll(&fd, 1, (int)(left * 1000) + 1);
		if (r > 0)
			return JQPEER_OK;
		if (r < 0 && errno != EINTR)
			return JQPEER_DEAD;
	}
}

static enum jqpeer_talk
put(const struct jqpeer *p, const void *data, size_t n, double end)
{
	const char *at = data;
	enum jqpeer_talk t;

	while (n > 0) {
		ssize_t k = send(p->fd, at, n, MSG_NOSIGNAL);

		if (k >= 0) {
			at += k;
			n -= (size_t)k;
		} else if (errno != EAGAIN && errno != EINTR) {
			return JQPEER_DEAD;
		} else if ((t = await(p, POLLOUT, end)) != JQPEER_OK) {
			return t;
		}
	}
	return JQPEER_OK;
}

static enum jqpeer_talk
get(const struct jqpeer *p, void *data, size_t n, double end)
{
	char *at = data;
	enum jqpeer_talk t;

	while (n > 0) {
		ssize_t k = recv(p->fd, at, n, 0);

		if (k > 0) {
			at += k;
			n -= (size_t)k;
		} else if (k == 0 || (errno != EAGAIN && errno != EINTR)) {
			return JQPEER_DEAD;
		} else if ((t = await(p, POLLIN, end)) != JQPEER_OK) {
			return t;
		}
	}
	return JQPEER_OK;
}

/* One frame into p->reply. */
static enum jqpeer_talk
get_frame(struct jqpeer *p, enum jqframe_kind *kind, double end)
{
	struct jqframe f;
	enum jqpeer_talk t = get(p, &f, sizeof f, end);

	buf_clear(&p->reply);
	if (t != JQPEER_OK)
		return t;
	if (f.n > JQSET_MAX)
		return JQPEER_DEAD;
	buf_reserve(&p->reply, f.n);
	t = get(p, p->reply.p, f.n, end);
	p->reply.n = t == JQPEER_OK ? f.n : 0;
	buf_pad(&p->reply);
	*kind = f.kind;
	return t;
}

static int
start(struct jqpeer *p, struct err *e)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
		return err_set(e, ST_TEMP, "jq: %s", strerror(errno));
	p->pid = fork();
	if (p->pid == 0)
		jqworker_main(fd[1], p->setup);
	close(fd[1]);
	p->fd = fd[0];
	p->used = false;
	if (p->pid < 0 || fcntl(p->fd, F_SETFL, O_NONBLOCK) != 0) {
		err_set(e, ST_TEMP, "jq: %s", strerror(errno));
		if (p->pid < 0)
			close(p->fd);
		p->pid = p->pid < 0 ? 0 : p->pid;
		stop(p);
		return -1;
	}
	return 0;
}

int
jqpeer_start(struct jqpeer *p, enum jqpeer_talk *talk,
    enum jqframe_kind *kind, struct err *e)
{
	if (start(p, e) != 0)
		return -1;
	*talk = get_frame(p, kind, clock_mono() + START_SECONDS);
	if (*talk != JQPEER_OK || *kind != JQFRAME_READY)
		stop(p);
	return 0;
}

static enum jqpeer_talk
exchange(struct jqpeer *p, const struct jqframe *f, struct span vars,
    struct span in, enum jqframe_kind *kind)
{
	double end = clock_mono() + p->seconds;
	enum jqpeer_talk t = put(p, f, sizeof *f, end);

	if (t == JQPEER_OK)
		t = put(p, vars.p, vars.n, end);
	if (t == JQPEER_OK)
		t = put(p, in.p, in.n, end);
	return t == JQPEER_OK ? get_frame(p, kind, end) : t;
}

int
jqpeer_ask(struct jqpeer *p, int program, struct span vars, struct span in,
    enum jqpeer_talk *talk, enum jqframe_kind *kind, struct err *e)
{
	const struct jqframe f = { .kind = JQFRAME_RUN, .program = program,
		.vars = vars.n, .n = vars.n + in.n };

	for (;;) {
		bool used;

		if (p->pid == 0 && jqpeer_start(p, talk, kind, e) != 0)
			return -1;
		if (p->pid == 0)
			return err_set(e, ST_TEMP,
			    "jq: its worker cannot be started");
		used = p->used;
		p->used = true;
		*talk = exchange(p, &f, vars, in, kind);
		if (*talk != JQPEER_OK)
			stop(p);
		if (*talk != JQPEER_DEAD || !used)
			return 0;
	}
}

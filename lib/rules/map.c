/* SPDX-License-Identifier: MIT */
#include "rules/map.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "json/text.h"
#include "rules/splice.h"
#include "rules/worker.h"
#include "stream/record.h"

struct map {
	char *program;
	double seconds;
	pid_t pid;              /* 0: no worker; between calls it is idle */
	int fd;
	bool used;              /* the worker has answered before */
	struct buf in, reply;
};

/* What came of an exchange with the worker. */
enum talk { TALK_OK, TALK_LATE, TALK_DEAD };

static void
reap(struct map *m)
{
	close(m->fd);
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	m->pid = 0;
}

static void
stop(struct map *m)
{
	if (m->pid == 0)
		return;
	kill(m->pid, SIGKILL);
	reap(m);
}

/* An idle worker ends by itself when nothing more can come. */
static void
dismiss(struct map *m)
{
	if (m->pid == 0)
		return;
	shutdown(m->fd, SHUT_RDWR);
	reap(m);
}

/* Waits until the socket is ready; a signal does not cut a document short,
 * which the program finishes before it ends. */
static enum talk
await(const struct map *m, short events, double end)
{
	struct pollfd p = { .fd = m->fd, .events = events };

	for (;;) {
		double left = end - clock_mono();
		int r;

		if (left <= 0)
			return TALK_LATE;
		r = poll(&p, 1, (int)(left * 1000) + 1);
		if (r > 0)
			return TALK_OK;
		if (r < 0 && errno != EINTR)
			return TALK_DEAD;
	}
}

static enum talk
put(const struct map *m, const void *p, size_t n, double end)
{
	const char *at = p;
	enum talk t;

	while (n > 0) {
		ssize_t k = send(m->fd, at, n, MSG_NOSIGNAL);

		if (k >= 0) {
			at += k;
			n -= (size_t)k;
		} else if (errno != EAGAIN && errno != EINTR) {
			return TALK_DEAD;
		} else if ((t = await(m, POLLOUT, end)) != TALK_OK) {
			return t;
		}
	}
	return TALK_OK;
}

static enum talk
get(const struct map *m, void *p, size_t n, double end)
{
	char *at = p;
	enum talk t;

	while (n > 0) {
		ssize_t k = recv(m->fd, at, n, 0);

		if (k > 0) {
			at += k;
			n -= (size_t)k;
		} else if (k == 0 || (errno != EAGAIN && errno != EINTR)) {
			return TALK_DEAD;
		} else if ((t = await(m, POLLIN, end)) != TALK_OK) {
			return t;
		}
	}
	return TALK_OK;
}

/* One frame into m->reply. */
static enum talk
get_frame(struct map *m, enum frame_kind *kind, double end)
{
	struct frame f;
	enum talk t = get(m, &f, sizeof f, end);

	buf_clear(&m->reply);
	if (t != TALK_OK)
		return t;
	if (f.n > STREAM_LINE_MAX)
		return TALK_DEAD;
	buf_reserve(&m->reply, f.n);
	t = get(m, m->reply.p, f.n, end);
	m->reply.n = t == TALK_OK ? f.n : 0;
	buf_pad(&m->reply);
	*kind = f.kind;
	return t;
}

static int
start(struct map *m, struct err *e)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
		return err_set(e, ST_TEMP, "map: %s", strerror(errno));
	m->pid = fork();
	if (m->pid == 0)
		worker_main(fd[1], m->program);
	close(fd[1]);
	m->fd = fd[0];
	m->used = false;
	if (m->pid < 0 || fcntl(m->fd, F_SETFL, O_NONBLOCK) != 0) {
		err_set(e, ST_TEMP, "map: %s", strerror(errno));
		if (m->pid < 0)
			close(m->fd);
		m->pid = m->pid < 0 ? 0 : m->pid;
		stop(m);
		return -1;
	}
	return 0;
}

/* ---- the start ---- */

/* "LINE MESSAGE" of the compiler at its place in the config: libjq gives the
 * line in the program; where that is in the file is known of a block. */
static int
broken(struct map *m, const struct val *v, const char *file, struct err *e)
{
	char *what;
	unsigned line = (unsigned)strtoul(buf_cstr(&m->reply), &what, 10);

	what += *what == ' ';
	if (v->block && line > 0)
		return err_set(e, ST_USAGE, "%s:%u:1: map: %s", file,
		    v->line + line, what);
	if (line > 1)
		return err_set(e, ST_USAGE, "%s:%u:%u: map: line %u: %s", file,
		    v->line, v->col, line, what);
	return err_set(e, ST_USAGE, "%s:%u:%u: map: %s", file, v->line, v->col,
	    what);
}

/* Starts a worker and hears whether the program compiles. v NULL: it did
 * before. */
static int
start_ready(struct map *m, const struct val *v, const char *file,
    struct err *e)
{
	enum frame_kind kind = FRAME_READY;
	enum talk t;

	if (start(m, e) != 0)
		return -1;
	t = get_frame(m, &kind, clock_mono() + MAP_SECONDS);
	if (t == TALK_OK && kind == FRAME_READY)
		return 0;
	stop(m);
	if (v == NULL)
		return err_set(e, ST_TEMP, "map: its worker cannot be started");
	if (t == TALK_OK)
		return broken(m, v, file, e);
	return err_set(e, ST_USAGE, "%s:%u:%u: map: %s", file, v->line, v->col,
	    t == TALK_LATE ? "takes too long to compile" :
	    "libjq cannot compile it");
}

int
map_new(struct map **out, const struct val *program, const char *file,
    struct err *e)
{
	struct map *m;

	*out = NULL;
	if (program == NULL)
		return 0;
	m = xcalloc(1, sizeof *m);
	m->program = xstrndup(program->str);
	m->seconds = MAP_SECONDS;
	if (start_ready(m, program, file, e) != 0) {
		map_free(m);
		return -1;
	}
	*out = m;
	return 0;
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	dismiss(m);
	buf_release(&m->in);
	buf_release(&m->reply);
	free(m->program);
	free(m);
}

void
map_limit(struct map *m, double seconds)
{
	m->seconds = seconds;
}

/* ---- one document ---- */

static enum talk
exchange(struct map *m, struct span doc, enum frame_kind *kind)
{
	double end = clock_mono() + m->seconds;
	struct frame f = { .kind = FRAME_RUN, .n = doc.n };
	enum talk t = put(m, &f, sizeof f, end);

	if (t == TALK_OK)
		t = put(m, doc.p, doc.n, end);
	return t == TALK_OK ? get_frame(m, kind, end) : t;
}

/* A worker that died on a document may have had enough of those before it:
 * the document is tried once more, in a new one. */
static int
ask(struct map *m, struct span doc, enum frame_kind *kind, enum talk *t,
    struct err *e)
{
	for (;;) {
		bool used;

		if (m->pid == 0 && start_ready(m, NULL, NULL, e) != 0)
			return -1;
		used = m->used;
		m->used = true;
		*t = exchange(m, doc, kind);
		if (*t != TALK_OK)
			stop(m);
		if (*t != TALK_DEAD || !used)
			return 0;
	}
}

static const char *
failure_text(const struct map *m)
{
	static const char *const texts[] = {
		[FAILED_ERROR] = "the map's program failed",
		[FAILED_HALT] = "the map's program halted",
		[FAILED_TWO] = "the map gave more than one result",
		[FAILED_TYPE] = "the map did not give an object",
		[FAILED_LONG] = "the map's result is too long",
	};
	size_t i = m->reply.n == 1 ? (unsigned char)m->reply.p[0] : 0;

	return texts[i < sizeof texts / sizeof *texts ? i : 0];
}

static const char *
result_of(struct map *m, enum talk t, enum frame_kind kind, struct span line,
    enum map_result *result, struct buf *out)
{
	if (t == TALK_LATE)
		return "the map took too long";
	if (t == TALK_DEAD)
		return "the map crashed or ran out of memory";
	if (kind == FRAME_FAILED)
		return failure_text(m);
	if (kind == FRAME_EMPTY) {
		*result = MAP_EMPTY;
		return NULL;
	}
	return splice_head(out, line, buf_span(&m->reply));
}

int
map_run(struct map *m, struct span line, enum map_result *result,
    struct buf *out, const char **what, struct err *e)
{
	enum frame_kind kind = FRAME_EMPTY;
	struct span doc = line;
	enum talk t;

	buf_clear(out);
	buf_clear(&m->in);
	if (splice_big_numbers(&m->in, line))
		doc = buf_span(&m->in);
	if (ask(m, doc, &kind, &t, e) != 0)
		return -1;
	*result = MAP_DOC;
	*what = result_of(m, t, kind, line, result, out);
	if (*what)
		*result = MAP_ERROR;
	return 0;
}

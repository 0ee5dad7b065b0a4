/* SPDX-License-Identifier: MIT */
/*
 * faultproxy HOST:PORT: a TCP proxy that breaks as it is told, for tests of
 * HTTP clients. Prints the port that it listens on, on 127.0.0.1.
 *
 * Lines on stdin; its end ends the proxy:
 *   rule TEXT#N SIDE AT FAULT [NUMBER]
 *     From now on, and in place of any rule before: when AT bytes of the Nth
 *     request whose first line holds TEXT (#0: of each) or, SIDE being
 *     response, of its answer went through, FAULT happens; a TEXT of `*`: AT
 *     bytes of all requests or answers together since the rule.
 *       cut reset   both connections are closed, with a reset
 *       half        the receiver sees an end, the other way stays open
 *       stall       nothing more goes that way, for ever
 *       delay       NUMBER milliseconds pass, also if the client goes away
 *       throttle    NUMBER bytes a second from there on
 *       hold        says `held`, and waits for `go`
 *       duplicate   the request goes out twice, its first answer is dropped
 *                   (AT does not count)
 *   none            no rule
 *   go              ends a hold
 *   to HOST:PORT    for connections to come
 * Each but go is answered by `ok ASKED ANSWERED FIRED`: the bytes of both
 * sides that the rule so far counted, and how often its fault happened.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"

enum { CLIENT, SERVER };        /* which way bytes come from */
enum fault { NONE, CUT, RESET, HALF, STALL, DELAY, THROTTLE, HOLD, DUPLICATE };
static const char *const faults[] = { "none", "cut", "reset", "half", "stall",
	"delay", "throttle", "hold", "duplicate" };

enum { CONNS = 256, PIECE = 64 << 10, TICK_MS = 10 };

/* What came from one side and is to go to the other. */
struct way {
	int from;
	struct buf first, rest; /* before and after the fault */
	enum fault fault;       /* happens once first is out */
	bool end, ended;        /* from will send no more; and that was told */
	bool stalled, held;
	double due, rate;       /* not before; bytes a second, 0: any */
};

struct conn {
	struct way way[2];
	bool asking;
	bool chosen, hit;       /* by the rule; its fault happened */
	uint64_t passed[2];     /* of this request and its answer */
	struct buf request;     /* for a second time */
	bool gone;
};

static struct {
	char text[128];
	uint64_t nth, at, number;
	int side;
	bool total;
	enum fault fault;
	/* so far */
	uint64_t matched, fired, passed[2];
} rule;

static struct conn *conns[CONNS];
static size_t nconns;
static struct sockaddr_in upstream;

/* ---- sockets ---- */

static int
dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (struct sockaddr *)&upstream, sizeof upstream) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
hang_up(struct conn *c, bool reset)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	for (int i = 0; i < 2; i++) {
		if (reset)
			setsockopt(c->way[i].from, SOL_SOCKET, SO_LINGER, &now,
			    sizeof now);
		close(c->way[i].from);
		buf_release(&c->way[i].first);
		buf_release(&c->way[i].rest);
	}
	buf_release(&c->request);
	c->gone = true;
}

static void
welcome(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
	struct conn *c;

	if (fd < 0)
		return;
	if (nconns == CONNS)
		die(ST_TEMP, "more than %d connections", CONNS);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c = xcalloc(1, sizeof *c);
	c->way[CLIENT].from = fd;
	c->way[SERVER].from = dial();
	if (c->way[SERVER].from < 0) {
		hang_up(c, true);
		free(c);
		return;
	}
	for (int i = 0; i < 2; i++)
		fcntl(c->way[i].from, F_SETFL, O_NONBLOCK);
	conns[nconns++] = c;
}

/* A whole request on a connection of its own, until it is answered. */
static void
ask_aside(struct span request)
{
	struct timeval wait = { .tv_sec = 30 };
	int fd = dial();
	char answer[512];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	/* a blocking socket takes all of it, or fails */
	if (send(fd, request.p, request.n, MSG_NOSIGNAL) > 0 &&
	    recv(fd, answer, sizeof answer, 0) > 0)
		rule.fired++;
	close(fd);
}

/* ---- requests ---- */

/* Are all the bytes of it there that its head announces? */
static bool
complete(const struct buf *b)
{
	const char *end = memmem(b->p, b->n, "\r\n\r\n", 4), *length;

	if (end == NULL)
		return false;
	length = strcasestr(b->p, "\r\nContent-Length:");
	if (length == NULL || length > end)
		return true;
	return b->n >= (size_t)(end + 4 - b->p) +
	    strtoull(length + strlen("\r\nContent-Length:"), NULL, 10);
}

static bool
matches(struct span text)
{
	const char *end = memchr(text.p, '\n', text.n);
	size_t n = end ? (size_t)(end - text.p) : text.n;

	if (rule.fault == NONE ||
	    memmem(text.p, n, rule.text, strlen(rule.text)) == NULL)
		return false;
	return ++rule.matched == rule.nth || rule.nth == 0;
}

static void
begin(struct conn *c, struct span text)
{
	c->asking = true;
	c->chosen = matches(text);
	c->hit = false;
	c->passed[0] = c->passed[1] = 0;
	buf_clear(&c->request);
}

/* Does the fault happen among n bytes that came, and after how many? */
static bool
strikes(struct conn *c, int side, size_t n, size_t *before)
{
	uint64_t at = rule.total ? rule.passed[side] : c->passed[side];

	if (rule.fault == NONE || (!rule.total && !c->chosen))
		return false;
	c->passed[side] += n;
	rule.passed[side] += n;
	if (rule.side != side || c->hit || rule.at < at || rule.at > at + n)
		return false;
	*before = (size_t)(rule.at - at);
	return c->hit = true;
}

/* A request that is to go twice is kept back until it is whole. */
static void
double_request(struct conn *c, struct way *w, struct span text)
{
	buf_add_span(&c->request, text);
	buf_pad(&c->request);
	if (!complete(&c->request))
		return;
	ask_aside(buf_span(&c->request));
	buf_add_span(&w->first, buf_span(&c->request));
}

static void
pass(struct conn *c, int side, struct span text)
{
	struct way *w = &c->way[side];
	size_t n = text.n;

	if (side == CLIENT && !c->asking)
		begin(c, text);
	if (side == SERVER)
		c->asking = false;
	if (rule.fault == DUPLICATE && side == CLIENT && c->chosen) {
		double_request(c, w, text);
		return;
	}
	if (rule.fault != DUPLICATE && strikes(c, side, text.n, &n))
		w->fault = rule.fault;
	buf_add(&w->first, text.p, n);
	buf_add(&w->rest, text.p + n, text.n - n);
}

/* ---- one way of a connection ---- */

static void
happen(struct conn *c, struct way *w, int to)
{
	enum fault fault = w->fault;

	w->fault = NONE;
	rule.fired++;
	switch (fault) {
	case CUT:
	case RESET:
		hang_up(c, fault == RESET);
		return;
	case HALF:
		shutdown(to, SHUT_WR);
		w->stalled = true;
		return;
	case STALL:
		w->stalled = true;
		return;
	case DELAY:
		w->due = clock_mono() + (double)rule.number / 1e3;
		break;
	case THROTTLE:
		w->rate = (double)rule.number;
		break;
	case HOLD:
		w->held = true;
		puts("held");
		break;
	default:
		break;
	}
	buf_add_span(&w->first, buf_span(&w->rest));
	buf_clear(&w->rest);
}

static void
receive(struct conn *c, int side)
{
	static char piece[PIECE];
	struct way *w = &c->way[side];
	ssize_t n = recv(w->from, piece, sizeof piece, 0);

	if (n > 0)
		pass(c, side, (struct span){ piece, (size_t)n });
	else if (n == 0)
		w->end = true;
	else if (errno != EAGAIN && errno != EINTR)
		hang_up(c, true);
}

static void
forward(struct conn *c, struct way *w, int to)
{
	size_t most = w->first.n;
	ssize_t n;

	if (w->rate > 0) {
		most = (size_t)(w->rate * TICK_MS / 1e3) + 1;
		most = most < w->first.n ? most : w->first.n;
		w->due = clock_mono() + (double)most / w->rate;
	}
	n = send(to, w->first.p, most, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		hang_up(c, true);
	if (n <= 0)
		return;
	w->first.n -= (size_t)n;
	memmove(w->first.p, w->first.p + n, w->first.n);
}

static bool
writes(const struct way *w, double now)
{
	return w->first.n > 0 && !w->held && w->due <= now;
}

static void
serve(struct conn *c, int side, short in)
{
	struct way *w = &c->way[side];
	int to = c->way[!side].from;

	if (in & POLLRDHUP && w->stalled)
		hang_up(c, true);
	else if (in != 0)
		receive(c, side);
	if (!c->gone && writes(w, clock_mono()))
		forward(c, w, to);
	if (c->gone || w->first.n > 0)
		return;
	if (w->fault != NONE)
		happen(c, w, to);
	else if (w->end && !w->held && (side == CLIENT || c->way[CLIENT].end))
		hang_up(c, false);
	else if (w->end && !w->ended && !w->held) {
		shutdown(to, SHUT_WR);
		w->ended = true;
	}
}

/* ---- orders ---- */

static bool
set_upstream(const char *text)
{
	char host[64];
	unsigned port;

	upstream.sin_family = AF_INET;
	if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 || port > 0xffff)
		return false;
	upstream.sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &upstream.sin_addr) == 1;
}

static bool
set_rule(const char *line)
{
	char side[16], fault[16];
	unsigned long long nth = 1, at, number = 0;

	memset(&rule, 0, sizeof rule);
	if (sscanf(line, "rule %127[^# ]#%llu %15s %llu %15s %llu", rule.text,
	    &nth, side, &at, fault, &number) < 5)
		return false;
	rule.side = streq(side, "response") ? SERVER : CLIENT;
	rule.total = streq(rule.text, "*");
	rule.nth = nth;
	rule.at = at;
	rule.number = number;
	for (size_t n = 1; n < sizeof faults / sizeof *faults; n++)
		if (streq(fault, faults[n]))
			rule.fault = (enum fault)n;
	return rule.fault != NONE;
}

static void
obey(const char *line)
{
	if (streq(line, "go")) {
		for (size_t i = 0; i < nconns; i++)
			conns[i]->way[0].held = conns[i]->way[1].held = false;
		return;
	}
	printf("ok %ju %ju %ju\n", (uintmax_t)rule.passed[CLIENT],
	    (uintmax_t)rule.passed[SERVER], (uintmax_t)rule.fired);
	if (streq(line, "none"))
		memset(&rule, 0, sizeof rule);
	else if (strncmp(line, "to ", 3) == 0 ? !set_upstream(line + 3) :
	    !set_rule(line))
		die(ST_USAGE, "no such order: %s", line);
}

static void
read_orders(void)
{
	static char text[1024];
	static size_t have;
	ssize_t n = read(STDIN_FILENO, text + have, sizeof text - 1 - have);
	char *from = text, *end;

	if (n <= 0)
		exit(ST_OK);
	have += (size_t)n;
	text[have] = '\0';
	while ((end = strchr(from, '\n')) != NULL) {
		*end = '\0';
		obey(from);
		from = end + 1;
	}
	have -= (size_t)(from - text);
	memmove(text, from, have);
}

/* ---- all of it ---- */

/* What to wait for on the side from which w comes. */
static short
wants(const struct way *w)
{
	if (w->stalled)
		return POLLRDHUP;
	if (w->end || w->fault != NONE || w->held || w->first.n >= PIECE)
		return 0;
	return POLLIN;
}

static void
bury(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < nconns; i++) {
		if (conns[i]->gone)
			free(conns[i]);
		else
			conns[kept++] = conns[i];
	}
	nconns = kept;
}

static void
turn(int listener)
{
	struct pollfd p[2 + 2 * CONNS] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = listener, .events = POLLIN }
	};
	double now = clock_mono(), wake = now + 3600;
	size_t n = 2 * nconns;

	for (size_t i = 0; i < n; i++) {
		struct way *w = &conns[i / 2]->way[i & 1];
		const struct way *back = &conns[i / 2]->way[!(i & 1)];
		short events = wants(w);

		if (writes(back, now))
			events |= POLLOUT;
		if (w->first.n > 0 && w->due > now && w->due < wake)
			wake = w->due;
		p[2 + i].fd = events != 0 ? w->from : -1;
		p[2 + i].events = events;
	}
	poll(p, (nfds_t)(2 + n), (int)((wake - now) * 1e3) + 1);
	for (size_t i = 0; i < n; i++) {
		short asked = p[2 + i].events & (POLLIN | POLLRDHUP);

		if (!conns[i / 2]->gone)
			serve(conns[i / 2], i & 1,
			    asked ? p[2 + i].revents & ~POLLOUT : 0);
	}
	bury();
	if (p[1].revents != 0)
		welcome(listener);
	if (p[0].revents != 0)
		read_orders();
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	msg_program("faultproxy");
	if (argc != 2 || !set_upstream(argv[1]))
		die(ST_USAGE, "usage: faultproxy HOST:PORT");
	if (bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &size) < 0)
		die(ST_TEMP, "socket: %m");
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%d\n", ntohs(a.sin_port));
	for (;;)
		turn(fd);
}

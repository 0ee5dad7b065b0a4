/* SPDX-License-Identifier: MIT */
/*
 * nullsink [-d MS] [-i N] [-r N]: answers as Elasticsearch and OpenSearch do,
 * at once, and keeps nothing. Every index exists, every document is new. For
 * benches and tests of what sends to _bulk.
 *   -d MS  answers a bulk request so many milliseconds later
 *   -i N   refuses every Nth operation with 429
 *   -r N   refuses every Nth bulk request with 429
 * Prints its URL, serves until SIGTERM or its parent's end, then prints what it
 * took, without what it refused, as JSON; GET /_sink: the same, so far. gzip
 * and chunked bodies: 400.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/opt.h"
#include "bulkreply.h"
#include "httphead.h"

enum {
	CHUNK = 256 << 10,      /* bytes of a read */
	HEAD_MAX = 16 << 10, PIECE = 2 << 10,
	EVENTS = 64
};

struct conn {
	int fd;
	uint32_t events;
	struct request rq;
	struct buf head;        /* of the request */
	struct buf rest;        /* what came before its turn */
	size_t left;            /* of the body */
	bool in_body, refuse;
	struct bulk bulk;
	bool answering;
	double due;             /* 0: now */
	struct buf out;
	size_t sent;            /* of out and then bulk.items */
	struct conn *next;      /* of those that wait */
};

static uint64_t delay, every_item, every_request;
static uint64_t taken[OPS], asked, done, bytes;
static struct conn *waiting;
static int ep;
static char chunk[CHUNK + BUF_PAD];

/* ---- sending ---- */

static void
must(bool ok, const char *what)
{
	if (!ok)
		die(ST_PERSON, "%s: %s", what, strerror(errno));
}

static void
wait_for(int how, int fd, uint32_t events, void *what)
{
	struct epoll_event ev = { .events = events, .data.ptr = what };

	must(epoll_ctl(ep, how, fd, &ev) == 0, "epoll_ctl");
}

static void
watch(struct conn *c, uint32_t events)
{
	if (events != c->events)
		wait_for(EPOLL_CTL_MOD, c->fd, events, c);
	c->events = events;
}

static void
drop(struct conn *c)
{
	for (struct conn **w = &waiting; *w != NULL; w = &(*w)->next)
		if (*w == c) {
			*w = c->next;
			break;
		}
	close(c->fd);
	buf_release(&c->head);
	buf_release(&c->rest);
	bulk_release(&c->bulk);
	buf_release(&c->out);
	free(c);
}

/* false: the connection is over. */
static bool
flush(struct conn *c)
{
	while (c->sent < c->out.n + c->bulk.items.n) {
		size_t skip = c->sent < c->out.n ? 0 : c->sent - c->out.n;
		size_t first = c->sent < c->out.n ? c->sent : c->out.n;
		struct iovec v[2] = {
			{ c->out.p + first, c->out.n - first },
			{ c->bulk.items.p + skip, c->bulk.items.n - skip }
		};
		struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
		ssize_t k = sendmsg(c->fd, &m, MSG_NOSIGNAL);

		if (k < 0 && errno == EAGAIN) {
			watch(c, EPOLLOUT);
			return true;
		}
		if (k < 0)
			return false;
		c->sent += (size_t)k;
	}
	c->answering = false;
	buf_clear(&c->bulk.items);
	watch(c, EPOLLIN);
	return !c->rq.close;
}

/* items holds the body's end; text is its begin. */
static void
reply(struct conn *c, int status, const char *text)
{
	size_t n = strlen(text) + c->bulk.items.n;

	buf_clear(&c->out);
	buf_printf(&c->out, "HTTP/1.1 %d %s\r\nX-elastic-product: Elasticsearch"
	    "\r\nContent-Type: application/json; charset=UTF-8\r\n"
	    "Content-Length: %zu\r\n\r\n", status, status == 200 ? "OK" :
	    "Refused", n);
	if (!streq(c->rq.method, "HEAD"))
		buf_puts(&c->out, text);
	c->sent = 0;
	c->answering = true;
}

static void
reply_error(struct conn *c, int status, const char *type, const char *why)
{
	char text[512];

	buf_clear(&c->bulk.items);
	snprintf(text, sizeof text, "{\"error\":{\"root_cause\":[{\"type\":"
	    "\"%s\",\"reason\":\"%s\"}],\"type\":\"%s\",\"reason\":\"%s\"},"
	    "\"status\":%d}", type, why, type, why, status);
	reply(c, status, text);
}

static void
reply_bulk(struct conn *c)
{
	struct buf text = { 0 };

	if (c->refuse) {
		reply_error(c, 429, "rejected_execution_exception", "told to");
		return;
	}
	if (c->rq.coded || !bulk_end(&c->bulk, &text)) {
		reply_error(c, 400, "illegal_argument_exception",
		    "no actions and documents, each line ended");
		return;
	}
	done++;
	for (int i = 0; i < OPS; i++)
		taken[i] += c->bulk.done[i];
	reply(c, 200, buf_cstr(&text));
	buf_release(&text);
}

/* ---- other requests ---- */

static const char about[] = "{\"name\":\"nullsink\",\"cluster_name\":"
    "\"nullsink\",\"cluster_uuid\":\"nullsink\",\"version\":{"
    "\"distribution\":\"opensearch\",\"number\":\"3.8.0\"}}";
static const char index_form[] = "{\"%.*s\":{\"aliases\":{},\"mappings\":{"
    "\"properties\":{\"_conn\":{\"properties\":{\"id\":{\"type\":\"keyword\"},"
    "\"source\":{\"type\":\"keyword\"},\"hash\":{\"type\":\"keyword\"}}},"
    "\"_stream\":{\"type\":\"keyword\"},\"_timestamp\":{\"type\":\"date\","
    "\"ignore_malformed\":true}}},\"settings\":{\"index\":{\"uuid\":"
    "\"nullsink\"}}}}";

static void
totals(char *out, size_t size)
{
	snprintf(out, size, "{\"documents\":%ju,\"deletes\":%ju,"
	    "\"requests\":%ju,\"bytes\":%ju,\"cpu\":%.3f}",
	    (uintmax_t)(taken[OP_INDEX] + taken[OP_CREATE] + taken[OP_UPDATE]),
	    (uintmax_t)taken[OP_DELETE], (uintmax_t)done, (uintmax_t)bytes,
	    (double)clock() / CLOCKS_PER_SEC);
}

static void
other(struct conn *c)
{
	struct span path = c->rq.target;
	char text[1024];

	path.n = strcspn(path.p, "? ");
	snprintf(text, sizeof text, "{\"acknowledged\":true,\"_shards\":"
	    "{\"total\":1,\"successful\":1,\"failed\":0}}");
	if (span_is(path, "/_sink"))
		totals(text, sizeof text);
	else if (streq(c->rq.method, "GET") && c->rq.index.n == 0)
		snprintf(text, sizeof text, "%s", about);
	else if (streq(c->rq.method, "GET"))
		snprintf(text, sizeof text, index_form, (int)c->rq.index.n,
		    c->rq.index.p);
	reply(c, 200, text);
}

/* ---- HTTP ---- */

static void
body_begins(struct conn *c)
{
	static const char more[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (c->rq.expects)
		(void)!send(c->fd, more, sizeof more - 1, MSG_NOSIGNAL);
	c->in_body = true;
	c->left = c->rq.length;
	c->refuse = c->rq.bulk && every_request > 0 &&
	    ++asked % every_request == 0;
	bulk_begin(&c->bulk, c->rq.target, c->rq.index);
}

static void
body_ends(struct conn *c)
{
	c->in_body = false;
	if (c->rq.bulk)
		reply_bulk(c);
	else
		other(c);
	if (!c->rq.bulk || delay == 0)
		return;
	c->due = clock_mono() + (double)delay / 1e3;
	c->next = waiting;
	waiting = c;
	watch(c, 0);
}

/* How many bytes of it were of the head; 0: it is none. */
static size_t
take_head(struct conn *c, const char *p, size_t n)
{
	size_t old = c->head.n, from = old > 3 ? old - 3 : 0;
	const char *end;

	n = n < PIECE ? n : PIECE;
	buf_add(&c->head, p, n);
	end = memmem(c->head.p + from, c->head.n - from, "\r\n\r\n", 4);
	if (end == NULL)
		return c->head.n > HEAD_MAX ? 0 : n;
	c->head.n = (size_t)(end - c->head.p) + 4;
	n = c->head.n - old;
	buf_cstr(&c->head);
	if (!read_head(buf_span(&c->head), &c->rq))
		return 0;
	body_begins(c);
	buf_clear(&c->head);
	return n;
}

static size_t
take_body(struct conn *c, const char *p, size_t n)
{
	n = n < c->left ? n : c->left;
	if (c->rq.bulk && !c->refuse && !c->rq.coded)
		bulk_add(&c->bulk, p, n);
	bytes += n;
	c->left -= n;
	return n;
}

/* false: the connection is over. */
static bool
input(struct conn *c, const char *p, size_t n)
{
	while (n > 0 && !c->answering) {
		size_t k = c->in_body ? take_body(c, p, n) :
		    take_head(c, p, n);

		if (k == 0)
			return false;
		p += k;
		n -= k;
		if (!c->in_body || c->left > 0)
			continue;
		body_ends(c);
		if (c->due == 0 && !flush(c))
			return false;
	}
	buf_add(&c->rest, p, n);
	return true;
}

/* The answer is out: what came meanwhile. */
static bool
go_on(struct conn *c)
{
	struct buf rest = c->rest;
	bool live;

	if (!flush(c))
		return false;
	if (c->answering || rest.n == 0)
		return true;
	c->rest = (struct buf){ 0 };
	live = input(c, rest.p, rest.n);
	buf_release(&rest);
	return live;
}

/* ---- the loop ---- */

static void
take_connection(int listener)
{
	int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	struct conn *c;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c = xcalloc(1, sizeof *c);
	c->fd = fd;
	c->bulk.refuse_every = every_item;
	c->events = EPOLLIN;
	wait_for(EPOLL_CTL_ADD, fd, EPOLLIN, c);
}

static void
serve(struct conn *c, uint32_t events)
{
	ssize_t k;
	bool live = !(events & (EPOLLERR | EPOLLHUP));

	if (live && events & EPOLLOUT) {
		live = go_on(c);
	} else if (live) {
		k = recv(c->fd, chunk, CHUNK, 0);
		live = k < 0 ? errno == EAGAIN : k > 0;
		if (live && k > 0)
			live = input(c, chunk, (size_t)k);
	}
	if (!live)
		drop(c);
}

/* Answers those whose time has come; milliseconds to the next, -1: none. */
static int
answer_due(void)
{
	double now = clock_mono(), first = 0;
	struct conn *c, *next, *list = waiting;

	waiting = NULL;
	for (c = list; c != NULL; c = next) {
		next = c->next;
		if (c->due > now) {
			first = first == 0 || c->due < first ? c->due : first;
			c->next = waiting;
			waiting = c;
			continue;
		}
		c->due = 0;
		if (!go_on(c))
			drop(c);
	}
	return first == 0 ? -1 : (int)((first - now) * 1e3) + 1;
}

static int arrived, stopped;    /* events that are no connection's */

static void
loop(int listener)
{
	struct epoll_event ev[EVENTS];
	bool stop = false;

	while (!stop) {
		int n = epoll_wait(ep, ev, EVENTS, answer_due());

		for (int i = 0; i < n; i++)
			if (ev[i].data.ptr == &stopped)
				stop = true;
			else if (ev[i].data.ptr == &arrived)
				take_connection(listener);
			else
				serve(ev[i].data.ptr, ev[i].events);
	}
}

static int
listen_here(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	must(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 &&
	    listen(fd, EVENTS) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &n) == 0, "socket");
	printf("http://127.0.0.1:%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

static int
signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	fd = signalfd(-1, &set, 0);
	must(fd >= 0, "signalfd");
	return fd;
}

int
main(int argc, char **argv)
{
	char text[256];
	uint64_t *n;
	int c, listener;

	msg_program("nullsink");
	while ((c = getopt(argc, argv, "d:i:r:")) != -1) {
		n = c == 'd' ? &delay : c == 'i' ? &every_item : &every_request;
		if (c == '?' || !opt_u64(optarg, 1 << 30, n))
			die(ST_USAGE, "usage: nullsink [-d MS] [-i N] [-r N]");
	}
	ep = epoll_create1(0);
	wait_for(EPOLL_CTL_ADD, signals(), EPOLLIN, &stopped);
	listener = listen_here();
	wait_for(EPOLL_CTL_ADD, listener, EPOLLIN, &arrived);
	loop(listener);
	totals(text, sizeof text);
	puts(text);
	return 0;
}

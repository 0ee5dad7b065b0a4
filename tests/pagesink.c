/* SPDX-License-Identifier: MIT */
/*
 * pagesink [-d MS] N: an API of N records, 100 a page, the same bytes each
 * time: GET /items?page=K, from 1, gives {"items":[...],"total":N}, beyond the
 * last page an empty list. For benches of what reads pages.
 *   -d MS  answers so many milliseconds later
 * Prints its URL, serves until SIGTERM or its parent's end. GET /_sink: how
 * many pages were asked for, and its CPU seconds.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/msg.h"
#include "httphead.h"

enum { PAGE = 100, HEAD_MAX = 16 << 10, STACK = 256 << 10 };

static uint64_t records, delay;
static atomic_ulong asked;

static void
must(bool ok, const char *what)
{
	if (!ok)
		die(ST_PERSON, "%s: %s", what, strerror(errno));
}

/* ---- answers ---- */

/* About 490 bytes, as trackers have them. */
static void
put_record(struct buf *b, uint64_t i)
{
	buf_printf(b, "{\"id\":%ju,\"title\":\"Record %ju of the bench\","
	    "\"updated_at\":\"2024-%02ju-%02juT%02ju:%02ju:00Z\","
	    "\"state\":\"%s\",\"author\":{\"id\":%ju,\"login\":\"user-%ju\","
	    "\"url\":\"https://tracker.example.com/users/user-%ju\"},"
	    "\"labels\":[\"bug\",\"area-%ju\",\"p%ju\"],\"comments\":%ju,"
	    "\"body\":\"The quick brown fox jumps over the lazy dog, line %ju. "
	    "It happens each time that a page is saved with an empty title, "
	    "and nothing is shown but a blank form.\","
	    "\"html_url\":\"https://tracker.example.com/items/%ju\"}",
	    i, i, i % 12 + 1, i % 28 + 1, i % 24, i % 60,
	    i % 3 ? "open" : "closed", i % 977, i % 977, i % 977, i % 17,
	    i % 5, i % 40, i, i);
}

static uint64_t
page_of(struct span target)
{
	const char *at = memmem(target.p, target.n, "page=", 5);

	return at != NULL ? strtoull(at + 5, NULL, 10) : 1;
}

static void
put_page(struct buf *b, uint64_t page)
{
	uint64_t from = page > 0 && page - 1 <= records / PAGE ?
	    (page - 1) * PAGE : records;
	uint64_t to = records - from < PAGE ? records : from + PAGE;

	buf_puts(b, "{\"items\":[");
	for (uint64_t i = from; i < to; i++) {
		buf_puts(b, i > from ? "," : "");
		put_record(b, i + 1);
	}
	buf_printf(b, "],\"total\":%ju}", (uintmax_t)records);
}

static void
put_date(struct buf *b)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[40];

	gmtime_r(&now, &tm);
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	buf_printf(b, "Date: %s\r\n", text);
}

/* Head and body in one write: in two they wait for each other's ACK. */
static bool
answer(int fd, const struct request *rq, struct buf *body, struct buf *out)
{
	struct span path = rq->target;
	struct timespec t = { (time_t)(delay / 1000),
		(long)(delay % 1000) * 1000000 };

	path.n = strcspn(path.p, "? ");
	buf_clear(body);
	buf_clear(out);
	if (span_is(path, "/_sink")) {
		buf_printf(body, "{\"pages\":%lu,\"cpu\":%.3f}",
		    (unsigned long)asked, (double)clock() / CLOCKS_PER_SEC);
	} else {
		asked++;
		put_page(body, page_of(rq->target));
		if (delay > 0)
			nanosleep(&t, NULL);
	}
	buf_puts(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n");
	put_date(out);
	buf_printf(out, "Content-Length: %zu\r\n\r\n", body->n);
	buf_add_span(out, buf_span(body));
	for (size_t at = 0; at < out->n;) {
		ssize_t k = send(fd, out->p + at, out->n - at, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		at += (size_t)k;
	}
	return !rq->close;
}

/* ---- connections ---- */

/* A head without a body; NUL-terminated. false: the connection is over. */
static bool
read_request(int fd, struct buf *head, struct request *rq)
{
	static const size_t step = 4096;
	ssize_t k;

	buf_clear(head);
	while (head->n < HEAD_MAX) {
		buf_reserve(head, step);
		k = recv(fd, head->p + head->n, step, 0);
		if (k <= 0)
			return false;
		head->n += (size_t)k;
		if (head->n >= 4 &&
		    memcmp(head->p + head->n - 4, "\r\n\r\n", 4) == 0) {
			buf_cstr(head);
			return read_head(buf_span(head), rq);
		}
	}
	return false;
}

static void *
serve(void *arg)
{
	struct buf head = { 0 }, body = { 0 }, out = { 0 };
	struct request rq;
	int fd = (int)(intptr_t)arg;

	while (read_request(fd, &head, &rq) &&
	    answer(fd, &rq, &body, &out))
		continue;
	close(fd);
	buf_release(&head);
	buf_release(&body);
	buf_release(&out);
	return NULL;
}

static void
accept_all(int listener)
{
	pthread_attr_t attr;
	pthread_t thread;
	int on = 1, fd;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		must(pthread_create(&thread, &attr, serve,
		    (void *)(intptr_t)fd) == 0, "pthread_create");
	}
}

static int
listen_here(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 &&
	    listen(fd, 64) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &n) == 0, "socket");
	printf("http://127.0.0.1:%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	int c;

	msg_program("pagesink");
	while ((c = getopt(argc, argv, "d:")) == 'd')
		if (!opt_u64(optarg, 60000, &delay))
			die(ST_USAGE, "-d: not a number of milliseconds");
	if (c != -1 || argc - optind != 1 ||
	    !opt_u64(argv[optind], 1000000000, &records))
		die(ST_USAGE, "usage: pagesink [-d MS] N");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	accept_all(listen_here());
	die(ST_PERSON, "accept: %s", strerror(errno));
}

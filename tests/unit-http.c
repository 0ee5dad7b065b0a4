/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sig.h"
#include "httpserve.h"
#include "net/call.h"
#include "tap.h"

static void
test_times(void)
{
	struct http_options o = { .total = 0.3, .reply_max = 100 };
	struct http_reply r = { 0 };
	char url[64];
	int fd = silent(url);
	double t = clock_mono();

	fetch(url, &o, &r);
	ok(r.fault == HTTP_LATE && e.status == ST_TEMP,
	    "no answer in time: %s", e.text);
	t = clock_mono() - t;
	ok(t > 0.25 && t < 60, "after %g s", t);
	ok(strstr(e.text, "secret") == NULL, "the message has no query");
	close(fd);
	ok(fetch(url, &o, &r) == HTTP_DOWN, "nobody there: %s", e.text);
	http_reply_release(&r);
}

static void
test_replies(void)
{
	static const struct {
		const char *reply, *what;
		enum http_fault fault;
		int status;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "whole",
		    HTTP_ANSWERED, 200 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", "cut",
		    HTTP_CUT, 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "2\r\n{}\r\n", "chunks cut", HTTP_CUT, 0 },
		{ "HTTP/1.", "status line cut", HTTP_DOWN, 0 },
		{ "HTTP/1.1 200 OK", "after the status", HTTP_DOWN, 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "head cut",
		    HTTP_DOWN, 0 },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n",
		    "second head cut", HTTP_DOWN, 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "2\r\n{}\r\n0\r\nA: b\r\n\r\n", "a trailer",
		    HTTP_ANSWERED, 200 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789",
		    "too long", HTTP_LARGE, 0 },
		{ "HTTP/1.1 200 OK\r\n\r\n123456789", "longer than said",
		    HTTP_LARGE, 0 },
		{ "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
		    "Content-Length: 0\r\n\r\n", "a redirect", HTTP_ANSWERED,
		    302 },
		{ "SSH-2.0\r\n\r\n", "another protocol", HTTP_BROKEN, 0 }
	};
	struct http_options o = { .total = 5, .reply_max = 8 };
	struct http_reply r = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char url[64];
		int fd = silent(url);
		pid_t pid = serve(fd, rows[i].reply, strlen(rows[i].reply));

		fetch(url, &o, &r);
		ok(r.fault == rows[i].fault && r.status == rows[i].status,
		    "%s: %d %s", rows[i].what, r.status, e.text);
		kill(pid, SIGKILL);
		close(fd);
	}
	http_reply_release(&r);
}

/* A server that answers so many requests, each on a connection of its own,
 * only when all are there: the last that came first. */
static pid_t
serve_together(int fd, int n)
{
	pid_t pid = fork();
	int c[8];

	if (pid != 0)
		return pid;
	for (int i = 0; i < n; i++) {
		char request[4096];

		c[i] = accept(fd, NULL, NULL);
		if (c[i] < 0 || read(c[i], request, sizeof request) < 0)
			_exit(1);
	}
	while (n-- > 0) {
		char reply[128];
		int k = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\n"
		    "Content-Length: 1\r\n\r\n%d", n);

		if (write(c[n], reply, (size_t)k) < 0)
			_exit(1);
		usleep(50000);
	}
	pause();
	_exit(0);
}

static void
test_together(void)
{
	struct http_options o = { .total = 10, .reply_max = 100 };
	struct http_reply r[4] = { 0 };
	bool seen[4] = { false };
	char url[64];
	int fd = silent(url), p[2], n = 0;
	pid_t pid = serve_together(fd, 4);
	struct http_request rq = { .method = "GET", .url = url };
	struct http_reply *done;
	struct http *h;

	if (http_open(&h, &o, &e) < 0 || pipe(p) != 0)
		err_die(&e);
	ok(http_done(h, -1, -1) == NULL, "nothing under way: no wait");
	for (int i = 0; i < 3; i++)
		http_start(h, &rq, &r[i]);
	ok(http_done(h, -1, 0) == NULL && http_done(h, p[0], 50) == NULL,
	    "three under way, none done in time");
	if (write(p[1], "x", 1) != 1)
		abort();
	ok(http_done(h, p[0], -1) == NULL, "input ends a wait");
	http_start(h, &rq, &r[3]);
	while ((done = http_done(h, -1, -1)) != NULL) {
		n++;
		seen[done - r] = done->status == 200 && done->body.n == 1;
	}
	ok(n == 4 && seen[0] && seen[1] && seen[2] && seen[3],
	    "all are done once: %d", n);
	http_start(h, &rq, &r[0]);
	http_close(h);
	ok(true, "closed with one under way");
	kill(pid, SIGKILL);
	close(fd);
	for (int i = 0; i < 4; i++)
		http_reply_release(&r[i]);
}

/* A server that answers with the number of the connection, which it keeps. */
static pid_t
serve_kept(int fd)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (int n = 1;; n++) {
		int c = accept(fd, NULL, NULL), k;
		char s[4096];

		if (c < 0)
			_exit(1);
		k = snprintf(s, sizeof s, "HTTP/1.1 200 OK\r\n"
		    "Content-Length: 1\r\n\r\n%d", n);
		for (char in[4096]; read(c, in, sizeof in) > 0;)
			if (write(c, s, (size_t)k) < 0)
				_exit(1);
		close(c);
	}
}

/* The connection of the next request of h. */
static int
connection(struct http *h, const char *url)
{
	struct http_request rq = { .method = "GET", .url = url };
	struct http_reply r = { 0 };
	int n = http_send(h, &rq, &r, &e) == 0 && r.body.n == 1 ?
	    r.body.p[0] - '0' : -1;

	http_reply_release(&r);
	return n;
}

static void
test_lifetime(void)
{
	struct http_options o = { .total = 60, .reply_max = 100 };
	char url[64];
	int fd = silent(url);
	pid_t pid = serve_kept(fd);
	struct http *h;

	if (http_open(&h, &o, &e) < 0)
		err_die(&e);
	ok(connection(h, url) == 1 && connection(h, url) == 1,
	    "a connection is kept");
	http_close(h);
	if (http_open(&h, &o, &e) < 0)
		err_die(&e);
	ok(h->lifetime == HTTP_LIFETIME, "for %ld s", h->lifetime);
	h->lifetime = 1;
	ok(connection(h, url) == 2, "another session, another connection");
	clock_sleep(2.1);
	ok(connection(h, url) == 3, "one that is too old is closed");
	http_close(h);
	kill(pid, SIGKILL);
	close(fd);
}

/* A stop signal: requests share what is left of the time after it. */
static void
test_stop(void)
{
	struct http_options o = { .total = 60, .reply_max = 100 };
	struct http_reply r[2] = { 0 };
	char url[64];
	int fd = silent(url);
	struct http_request rq = { .method = "GET", .url = url };
	double t = clock_mono();
	struct http *h;

	if (http_open(&h, &o, &e) < 0)
		err_die(&e);
	http_start(h, &rq, &r[0]);
	raise(SIGTERM);
	ok(http_done(h, -1, 10) == NULL, "what is under way goes on");
	ok(h->grace_end >= t + HTTP_GRACE, "for %g s", h->grace_end - t);
	h->grace_end = t + 0.4;
	ok(http_done(h, -1, -1) == &r[0] && r[0].fault == HTTP_DOWN &&
	    r[0].err.status == ST_TEMP, "not for ever: %s", r[0].err.text);
	t = clock_mono() - t;
	ok(t >= 0.4 && t < 60, "ended after %g s", t);
	ok(http_send(h, &rq, &r[1], &e) < 0 && r[1].fault == HTTP_DOWN,
	    "nothing after it");
	sig_stop = 0;
	http_close(h);
	close(fd);
	http_reply_release(&r[0]);
	http_reply_release(&r[1]);
}

static void
test_urls(void)
{
	struct http_options o = { .reply_max = 8 };
	struct http_reply r = { 0 };
	struct buf b = { 0 };

	ok(fetch("file:///etc/passwd", &o, &r) == HTTP_BROKEN &&
	    e.status == ST_PERSON, "no file: %s", e.text);
	ok(fetch("ftp://localhost/", &o, &r) == HTTP_BROKEN, "no ftp");
	ok(fetch("http://user@localhost/", &o, &r) == HTTP_BROKEN,
	    "no user in a URL: %s", e.text);
	http_escape(&b, span_of("a-Z_0.~ /?%\xc3\xa9"));
	ok(streq(buf_cstr(&b), "a-Z_0.~%20%2F%3F%25%C3%A9"), "escaped: %s",
	    buf_cstr(&b));
	ok(http_place("https://a/b?c#d") == 11 && http_place("https://a") == 9,
	    "a place ends before the query");
	buf_release(&b);
	http_reply_release(&r);
}

static void
test_headers(void)
{
	struct http_options o = { .reply_max = 8 };
	struct http *h;

	if (http_open(&h, &o, &e) < 0)
		err_die(&e);
	ok(http_header(h, "A", "plain text, \xc3\xa9", &e) == 0, "a header");
	ok(http_header(h, "A", "a\r\nB: c", &e) < 0 && e.status == ST_USAGE &&
	    strstr(e.text, "B: c") == NULL, "none with a line end: %s", e.text);
	ok(http_header(h, "A", "a\x7f", &e) < 0, "none with DEL");
	http_close(h);
	http_close(NULL);
}

int
main(void)
{
	sig_install();
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	test_times();
	test_replies();
	test_together();
	test_lifetime();
	test_stop();
	test_urls();
	test_headers();
	return tap_done();
}

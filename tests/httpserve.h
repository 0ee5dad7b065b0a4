/* SPDX-License-Identifier: MIT */
/* A request to a server that answers as told, for tests. */
#ifndef CONN_TESTS_HTTPSERVE_H
#define CONN_TESTS_HTTPSERVE_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/http.h"

static struct err e;

/* A socket that listens and never answers; its URL. */
static int
silent(char url[64])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 ||
	    listen(fd, 9) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		abort();
	snprintf(url, 64, "http://127.0.0.1:%u/x?secret", ntohs(a.sin_port));
	return fd;
}

/* What a child process does for the requests of the test. */
static pid_t
serve(int fd, const char *reply, size_t n)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (;;) {
		int c = accept(fd, NULL, NULL);
		char request[4096];

		if (c < 0 || read(c, request, sizeof request) < 0 ||
		    write(c, reply, n) < 0)
			_exit(1);
		close(c);
	}
}

static enum http_fault
fetch(const char *url, struct http_options *o, struct http_reply *r)
{
	struct http_request rq = { .method = "GET", .url = url };
	struct http *h;

	if (http_open(&h, o, &e) < 0)
		err_die(&e);
	e.text[0] = '\0';
	http_send(h, &rq, r, &e);
	http_close(h);
	return r->fault;
}

#endif

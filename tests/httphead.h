/* SPDX-License-Identifier: MIT */
/* The head of an HTTP/1.1 request, for servers of tests. */
#ifndef CONN_TESTS_HTTPHEAD_H
#define CONN_TESTS_HTTPHEAD_H

#include <stdint.h>
#include <stdio.h>
#include <strings.h>

#include "base/opt.h"

/* Spans are of the head. */
struct request {
	char method[8];
	struct span target, index;      /* index: its first segment */
	bool bulk;              /* for _bulk */
	bool close, expects;
	bool coded;             /* chunked, or packed */
	size_t length;
};

static struct span
header(struct span head, const char *name)
{
	size_t n = strlen(name);
	const char *p = head.p, *end = p + head.n, *nl;

	for (; (nl = memchr(p, '\n', (size_t)(end - p))) != NULL; p = nl + 1)
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			p += strspn(p, " \t");
			return (struct span){ p, strcspn(p, "\r\n") };
		}
	return (struct span){ 0 };
}

/* head: NUL-terminated. false: no request of HTTP/1. */
static bool
read_head(struct span head, struct request *r)
{
	const char *p = head.p;
	size_t n = strcspn(p, " \r\n");
	struct span s;
	char digits[24];
	uint64_t length = 0;

	*r = (struct request){ 0 };
	if (n == 0 || n >= sizeof r->method || p[n] != ' ' || p[n + 1] != '/')
		return false;
	memcpy(r->method, p, n);
	r->target = (struct span){ p + n + 1, strcspn(p + n + 1, " \r\n") };
	if (r->target.p[1] != '_')
		r->index = (struct span){ r->target.p + 1,
			strcspn(r->target.p + 1, "/? ") };
	n = strcspn(r->target.p, "? ");
	r->bulk = n >= 6 && memcmp(r->target.p + n - 6, "/_bulk", 6) == 0;
	s = header(head, "Content-Length");
	if (s.n >= sizeof digits)
		return false;
	snprintf(digits, sizeof digits, "%.*s", (int)s.n, s.n > 0 ? s.p : "");
	if (s.p != NULL && !opt_u64(digits, SIZE_MAX, &length))
		return false;
	r->length = (size_t)length;
	s = header(head, "Connection");
	r->close = s.n == 5 && strncasecmp(s.p, "close", 5) == 0;
	r->expects = header(head, "Expect").n > 0;
	r->coded = header(head, "Content-Encoding").n > 0 ||
	    header(head, "Transfer-Encoding").n > 0;
	return true;
}

#endif

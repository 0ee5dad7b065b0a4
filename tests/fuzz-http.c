/* SPDX-License-Identifier: MIT */
/*
 * What a reply's head says: its headers and links are JSON objects, links are
 * absolute and of http; URLs are read in one way by us and by libcurl. The
 * input: lines "Name: value", an empty line, a reference.
 */
#include "fuzz.h"

#include <ctype.h>
#include <strings.h>

#include "base/opt.h"
#include "config/url.h"
#include "httphead.h"
#include "json/val.h"
#include "net/http.h"
#include "net/ref.h"
#include "source/rest/link.h"

static const char base[] = "https://h.example:8443/a/b?c=d";

/* As net/head.c keeps them. */
static void
keep(struct http_reply *r, struct span line)
{
	struct span name = fuzz_part(&line, ':');
	char *s = strndup(name.p, name.n);
	bool good = name.n > 0 && strlen(s) == name.n &&
	    http_field_check(s, "", &(struct err){ 0 }) == 0;

	free(s);
	if (!good || (line.n > 0 && memchr(line.p, 0, line.n) != NULL))
		return;
	for (size_t i = 0; i < name.n; i++)
		buf_putc(&r->headers,
		    (char)tolower((unsigned char)name.p[i]));
	buf_putc(&r->headers, '\0');
	while (line.n > 0 && *line.p == ' ') {
		line.p++;
		line.n--;
	}
	buf_add_span(&r->headers, line);
	buf_putc(&r->headers, '\0');
}

static void
check_object(const struct buf *b, bool urls)
{
	struct arena a = { 0 };
	struct val_error e;
	struct val *v = val_parse(&a, buf_span(b), 2, true, &e);

	MUST(v != NULL && v->type == JSON_OBJECT);
	for (size_t i = 0; i < v->n; i++) {
		const char *s = val_cstr(v->members[i].value);

		MUST(s != NULL);
		MUST(!urls || strncmp(s, "https://", 8) == 0 ||
		    strncmp(s, "http://", 7) == 0);
	}
	arena_release(&a);
}

static void
read_reply_head(struct span *in)
{
	struct http_reply r = { 0 };
	struct buf out = { 0 };
	char charset[16];

	while (in->n > 0) {
		struct span line = fuzz_part(in, '\n');

		if (line.n == 0)
			break;
		keep(&r, line);
	}
	link_headers(&r, &out);
	check_object(&out, false);
	link_relations(&r, base, &out);
	check_object(&out, true);
	link_charset(&r, charset, sizeof charset);
	MUST(strlen(charset) < sizeof charset);
	buf_release(&r.headers);
	buf_release(&out);
}

static bool
is_loopback(const char *host)
{
	const char *end = host + strlen(host);

	return strncmp(host, "127.", 4) == 0 || streq(host, "[::1]") ||
	    strcasecmp(host, "localhost") == 0 || (end - host > 10 &&
	    strcasecmp(end - 10, ".localhost") == 0);
}

/* Both say the same host, so what was judged is what is asked. libcurl writes
 * out what is short for an address. */
static void
same_host(const char *text)
{
	char *origin = ref_origin(text), *host;
	struct url u;

	if (origin != NULL && url_parse(span_of(text), &u)) {
		host = strstr(origin, "://") + 3;
		host[host[0] == '[' ? strcspn(host, "]") + 1 :
		    strcspn(host, ":")] = '\0';
		MUST(!url_loopback(&u) || is_loopback(host));
		MUST(host[0] == '[' || host[strspn(host, "0123456789.")] ==
		    '\0' || (strlen(host) == u.host.n &&
		    strncasecmp(host, u.host.p, u.host.n) == 0));
	}
	free(origin);
}

static void
refer(const char *text)
{
	char *whole = ref_resolve(base, text), *again, *origin;

	if (whole != NULL) {
		MUST(strncmp(whole, "https://", 8) == 0 ||
		    strncmp(whole, "http://", 7) == 0);
		MUST(strchr(whole, '#') == NULL);
		again = ref_resolve(base, whole);
		MUST(again != NULL && streq(whole, again));
		origin = ref_origin(whole);
		MUST(origin != NULL && ref_same_origin(whole, again));
		MUST(ref_same_origin(whole, origin));
		MUST(!ref_same_origin(whole, base) ||
		    strncmp(whole, base, 22) == 0);
		free(origin);
		free(again);
	}
	free(whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = { (const char *)p, n };
	struct request rq;
	char *text;

	text = xstrndup(in);
	if (read_head((struct span){ text, strlen(text) }, &rq))
		MUST(rq.target.n > 0 && rq.method[0] != '\0');
	free(text);
	read_reply_head(&in);
	text = xstrndup(in);
	same_host(text);
	refer(text);
	if (http_date(text) != 0)
		MUST(http_date(text) > 0);
	url_holds_password(in);
	url_in_clear(in);
	free(text);
	return 0;
}

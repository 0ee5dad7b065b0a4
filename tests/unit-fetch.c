/* SPDX-License-Identifier: MIT */
/* What fetch reads out of replies, and how it keeps to a rate. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/ref.h"
#include "source/rest/link.h"
#include "source/rest/rate.h"
#include "tap.h"

/* A reply with these headers, "NAME: VALUE" a line. */
static struct http_reply
reply(int status, const char *lines)
{
	struct http_reply r = { .status = status };

	while (*lines != '\0') {
		size_t n = strcspn(lines, ":"), v = strcspn(lines, "\n");

		buf_add(&r.headers, lines, n);
		buf_putc(&r.headers, '\0');
		buf_add(&r.headers, lines + n + 2, v - n - 2);
		buf_putc(&r.headers, '\0');
		lines += v + (lines[v] == '\n');
	}
	if (http_reply_header(&r, "date") != NULL)
		r.date = http_date(http_reply_header(&r, "date"));
	return r;
}

static void
test_links(void)
{
	static const struct {
		const char *headers, *json;
	} rows[] = {
		{ "", "{}" },
		{ "link: <http://h/a?p=2>; rel=\"next\", </z>; rel=last",
		    "{\"next\":\"http://h/a?p=2\",\"last\":\"http://h/z\"}" },
		{ "link: <?p=2>; rel=\"Next prefetch\"; rel=ignored",
		    "{\"next\":\"http://h/d/x?p=2\","
		    "\"prefetch\":\"http://h/d/x?p=2\"}" },
		{ "link: <b>; title=\"a, b; rel=no <q>\"; rel=next",
		    "{\"next\":\"http://h/d/b\"}" },
		{ "link: <1>; rel=next\nlink: <2>; rel=next, <3>;rel = \"up\"",
		    "{\"next\":\"http://h/d/1\",\"up\":\"http://h/d/3\"}" },
		{ "link: <b>; title=\"\\\" rel=x\"; REL=next; x",
		    "{\"next\":\"http://h/d/b\"}" },
		/* who goes there is to see that it is no URL */
		{ "link: <file:///etc/passwd>; rel=next, <http://u@h/>; rel=a",
		    "{\"next\":\"file:///etc/passwd\",\"a\":\"http://u@h/\"}" },
		{ "link: <//evil.test/x>; rel=next",
		    "{\"next\":\"http://evil.test/x\"}" },
		{ "link: <a", "{}" }, { "link: <a>; rel", "{}" },
		{ "link: <a>; rel=\"next", "{\"next\":\"http://h/d/a\"}" },
		{ "link: <a b\xc3\xa9>; rel=next",
		    "{\"next\":\"http://h/d/a%20b%c3%a9\"}" },
		{ "link: ;;=,<a>;;;=x;rel==;rel=next",
		    "{\"=\":\"http://h/d/a\"}" },
		{ "link: <a>; rel=\"\xef next \xf1\"",
		    "{\"next\":\"http://h/d/a\"}" }
	};
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http_reply r = reply(200, rows[i].headers);

		link_relations(&r, "http://h/d/x?p=1", &out);
		ok(streq(buf_cstr(&out), rows[i].json), "%s -> %s",
		    rows[i].json, buf_cstr(&out));
		http_reply_release(&r);
	}
	buf_release(&out);
}

static void
test_headers(void)
{
	struct http_reply r = reply(200, "a: 1\nset-cookie: s=1\nb: \"\\\n"
	    "a: 2\ncontent-type: text/html; x=y; Charset=\"UTF-8\"");
	struct buf out = { 0 };
	char charset[8];

	link_headers(&r, &out);
	ok(streq(buf_cstr(&out), "{\"a\":\"1, 2\",\"b\":\"\\\"\\\\\","
	    "\"content-type\":\"text/html; x=y; Charset=\\\"UTF-8\\\"\"}"),
	    "headers as JSON: %s", buf_cstr(&out));
	link_charset(&r, charset, sizeof charset);
	ok(streq(charset, "utf-8"), "the charset: %s", charset);
	http_reply_release(&r);
	r = reply(200, "");
	link_headers(&r, &out);
	link_charset(&r, charset, sizeof charset);
	ok(streq(buf_cstr(&out), "{}") && *charset == '\0', "none");
	buf_release(&out);
}

static void
test_references(void)
{
	static const char *const same[] = { "http://h/", "HTTP://H:80/x",
		"http://h:80", "http://h/?u=http://g/" };
	static const char *const other[] = { "https://h/", "http://h:81/",
		"http://g/", "http://h.test/", "file://h/", "http://u@h/", "//h/",
		"", "http://h\\@g/", "javascript:x", "http://h@g/" };
	static const struct {
		const char *ref, *url;
	} rows[] = {
		{ "/a", "http://h/a" }, { "../../x?y#z", "http://h/x?y" },
		{ "?q", "http://h/d/e?q" }, { "//g/", "http://g/" },
		{ "https://g", "https://g/" }, { "ftp://h/", NULL },
		{ "file:///x", NULL }, { "http://a:b@h/", NULL }
	};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		ok(ref_same_origin("http://h/d", same[i]), "same: %s",
		    same[i]);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		ok(!ref_same_origin("http://h/d", other[i]), "other: %s",
		    other[i]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *url = ref_resolve("http://h/d/e", rows[i].ref);

		ok(rows[i].url == NULL ? url == NULL : url != NULL &&
		    streq(url, rows[i].url), "%s -> %s", rows[i].ref,
		    url ? url : "none");
		free(url);
	}
}

static void
test_signals(void)
{
#define DATE "date: Tue, 29 Oct 2030 16:56:32 GMT\n"
	static const struct {
		int status;
		const char *headers;
		bool limited;
		double wait;
	} rows[] = {
		{ 200, "", false, 0 },
		{ 429, "", true, 0 },
		{ 403, "", false, 0 },
		{ 200, "ratelimit-remaining: 3\nratelimit-reset: 9", false,
		    0 },
		{ 200, "ratelimit-remaining: 0\nratelimit-reset: 9", false,
		    9 },
		{ 403, "x-ratelimit-remaining: 0\n" DATE
		    "x-ratelimit-reset: 1919523402", true, 10 },
		{ 200, "x-rate-limit-remaining: 0\n" DATE
		    "x-rate-limit-reset: 1919523402500", false, 10.5 },
		{ 200, "x-ratelimit-remaining: 0\n" DATE
		    "x-ratelimit-reset: 2030-10-29T16:56:42Z", false, 10 },
		{ 200, "x-ratelimit-remaining: 0\n" DATE
		    "x-ratelimit-reset: Tue, 29 Oct 2030 16:57:32 GMT", false,
		    60 },
		{ 200, "x-ratelimit-remaining: 0\n"
		    "x-ratelimit-reset-after: 1.5", false, 1.5 },
		{ 200, "ratelimit: limit=9, remaining=0, reset=7", false, 7 },
		{ 429, "ratelimit: \"default\";r=0;t=8", true, 8 },
		{ 200, "ratelimit: \"default\";r=1;t=8", false, 0 },
		{ 200, "x-ratelimit-remaining: 0\n" DATE
		    "x-ratelimit-reset: 1919523000", false, 0 },
		{ 200, "x-ratelimit-remaining: none\nx-ratelimit-reset: 9",
		    false, 0 },
		{ 200, "x-ratelimit-remaining: 0\nx-ratelimit-reset: ?",
		    false, 0 },
		{ 200, "x-ratelimit-remaining: 0", false, 0 }
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http_reply r = reply(rows[i].status, rows[i].headers);
		struct rate_signal s = rate_read(&r);

		ok(s.limited == rows[i].limited && s.wait == rows[i].wait,
		    "signal %zu: %d, %d, %g s", i, r.status, s.limited,
		    s.wait);
		http_reply_release(&r);
	}
}

static void
test_rate(void)
{
	static const char *const wrong[] = { "", "0", "x", "3/", "3/x", "/s",
		"-1", "3/0s", "1.5/s", "9999999999" };
	struct rate r;
	double t = clock_mono();

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(!rate_init(&r, wrong[i]), "no rate: \"%s\"", wrong[i]);
	ok(rate_init(&r, "900/15m") && r.n == 900 && r.window == 900,
	    "900/15m");
	rate_release(&r);
	ok(rate_init(&r, NULL) && rate_delay(&r, t) == 0, "no limit");
	rate_sent(&r, t);
	rate_block(&r, t + 4);
	rate_block(&r, t + 3);
	ok(rate_delay(&r, t) == 4 && rate_delay(&r, t + 5) == 0,
	    "a block ends");
	ok(rate_init(&r, "3/s") && r.window == 1, "3/s");
	for (int i = 0; i < 3; i++) {
		ok(rate_delay(&r, t) == 0, "request %d at once", i);
		rate_sent(&r, t);
		t += 0.1;
	}
	ok(rate_delay(&r, t) > 0.69 && rate_delay(&r, t) < 0.71,
	    "the next a second after the first");
	rate_sent(&r, t + 0.7);
	ok(rate_delay(&r, t + 0.7) > 0.09, "and so on");
	rate_release(&r);
}

int
main(void)
{
	test_links();
	test_headers();
	test_references();
	test_signals();
	test_rate();
	return tap_done();
}

/* SPDX-License-Identifier: MIT */
/* Replies that come as gzip, and requests that go so. */
#include <signal.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/sig.h"
#include "httpserve.h"
#include "net/gzip.h"
#include "tap.h"

/* What comes of a reply with that head and body to a session that asks for
 * this coding. */
static enum http_fault
coded(const char *head, struct span body, const struct http_coding *coding,
    struct http_reply *r)
{
	struct http_options o = { .total = 5, .reply_max = 4 << 20,
		.coding = coding };
	struct buf all = { 0 };
	char url[64];
	int fd = silent(url);
	pid_t pid;

	buf_printf(&all, "HTTP/1.1 %s\r\n\r\n", head);
	buf_add_span(&all, body);
	pid = serve(fd, all.p, all.n);
	fetch(url, &o, r);
	kill(pid, SIGKILL);
	close(fd);
	buf_release(&all);
	return r->fault;
}

#define CODED "200 OK\r\nContent-Encoding: "
#define CHUNKED "\r\nTransfer-Encoding: chunked"

/* A gzip that has no end is a reply that has none, whatever its framing. */
static void
test_cut_codings(void)
{
	struct buf b = { 0 };
	struct http_reply r = { 0 };
	bool cut = true;

	gzip_pack(&b, SPAN("some text"));
	for (size_t n = 0; n < b.n; n++)
		cut = coded(CODED "gzip", (struct span){ b.p, n }, &http_gzip,
		    &r) == HTTP_CUT && r.err.status == ST_TEMP && cut;
	ok(cut, "cut anywhere: %s", r.err.text);
	ok(coded(CODED "gzip" CHUNKED, SPAN("2\r\n\x1f\x8b\r\n0\r\n\r\n"),
	    &http_gzip, &r) == HTTP_CUT, "in whole chunks");
	ok(coded(CODED "gzip" CHUNKED, SPAN("0\r\n\r\n"), &http_gzip, &r) ==
	    HTTP_CUT, "before it began");
	for (size_t i = b.n - 8; i < b.n; i += 4) {
		b.p[i] ^= 1;
		ok(coded(CODED "gzip", buf_span(&b), &http_gzip, &r) ==
		    HTTP_CUT, "damaged: %s", r.err.text);
		b.p[i] ^= 1;
	}
	ok(coded(CODED "gzip", buf_span(&b), &http_gzip, &r) ==
	    HTTP_ANSWERED, "whole");
	buf_release(&b);
	http_reply_release(&r);
}

static void
test_codings(void)
{
	enum { PLAIN, ONE, TWO, PADDED, FOLLOWED, NOTHING };
	static const struct {
		const char *head;
		int body;
		enum http_fault fault;
		const char *text;
	} rows[] = {
		{ CODED "X-GZip", ONE, HTTP_ANSWERED, "text" },
		{ CODED "gzip", TWO, HTTP_ANSWERED, "texttext" },
		{ CODED "gzip", PADDED, HTTP_ANSWERED, "text" },
		{ CODED "gzip", FOLLOWED, HTTP_CUT, NULL },
		{ CODED "gzip", PLAIN, HTTP_CUT, NULL },
		{ CODED "identity", PLAIN, HTTP_ANSWERED, "text" },
		{ CODED ", gzip,identity", ONE, HTTP_ANSWERED, "text" },
		{ CODED "br", ONE, HTTP_BROKEN, NULL },
		{ CODED "deflate", ONE, HTTP_BROKEN, NULL },
		{ CODED "gzip, gzip", ONE, HTTP_BROKEN, NULL },
		{ CODED "gzip\r\nContent-Encoding: gzip", ONE, HTTP_BROKEN,
		    NULL },
		{ "503 No\r\nContent-Encoding: br", ONE, HTTP_CUT, NULL },
		{ "204 None\r\nContent-Encoding: gzip", NOTHING,
		    HTTP_ANSWERED, "" },
		{ CODED "gzip\r\nContent-Length: 0", NOTHING, HTTP_ANSWERED,
		    "" },
		{ "302 Go\r\nContent-Encoding: gzip", NOTHING, HTTP_ANSWERED,
		    "" },
		{ "200 OK\r\nTransfer-Encoding: gzip", ONE, HTTP_BROKEN,
		    NULL },
		{ "200 OK\r\nTransfer-Encoding: chunked, gzip", ONE,
		    HTTP_BROKEN, NULL },
		{ "200 OK\r\nTransfer-Encoding: identity", PLAIN,
		    HTTP_ANSWERED, "text" }
	};
	struct buf one = { 0 }, b = { 0 };
	struct http_reply r = { 0 };

	gzip_pack(&one, SPAN("text"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int body = rows[i].body;

		buf_clear(&b);
		buf_add_span(&b, body == NOTHING ? SPAN("") : body == PLAIN ?
		    SPAN("text") : buf_span(&one));
		if (body >= TWO && body <= FOLLOWED)
			buf_add_span(&b, body == TWO ? buf_span(&one) :
			    body == PADDED ? SPAN("\0\0") : SPAN("\0x"));
		coded(rows[i].head, buf_span(&b), &http_gzip, &r);
		ok(r.fault == rows[i].fault && (rows[i].text == NULL ||
		    span_is(buf_span(&r.body), rows[i].text)),
		    "coding %zu: %s", i,
		    rows[i].text ? rows[i].text : r.err.text);
	}
	ok(coded(CODED "gzip", buf_span(&one), NULL, &r) == HTTP_BROKEN &&
	    r.err.status == ST_PERSON, "not asked for: %s", r.err.text);
	buf_release(&one);
	buf_release(&b);
	http_reply_release(&r);
}

/* In many pieces; the ceiling is of what comes out. */
static void
test_long_coding(void)
{
	size_t n = 4 << 20;
	struct buf in = { 0 }, b = { 0 };
	struct http_reply r = { 0 };

	while (in.n <= n)
		buf_putc(&in, (char)(in.n * in.n >> 9));
	gzip_pack(&b, buf_span(&in));
	ok(coded(CODED "gzip", buf_span(&b), &http_gzip, &r) == HTTP_LARGE,
	    "a byte too many");
	in.n--;
	gzip_pack(&b, buf_span(&in));
	ok(coded(CODED "gzip", buf_span(&b), &http_gzip, &r) ==
	    HTTP_ANSWERED && span_eq(buf_span(&in), buf_span(&r.body)),
	    "as many as there may be");
	buf_release(&in);
	buf_release(&b);
	http_reply_release(&r);
}

static void
test_gzip(void)
{
	size_t n = 3 << 20;
	char *in = xmalloc(n), *back = xcalloc(1, n + 1);
	struct buf out = { 0 };
	z_stream z = { 0 };

	for (size_t i = 0; i < n; i++)
		in[i] = (char)(i * i >> 7);
	gzip_pack(&out, SPAN("old"));
	gzip_pack(&out, (struct span){ in, n });
	inflateInit2(&z, 15 + 16);
	z.next_in = (Bytef *)out.p;
	z.avail_in = (uInt)out.n;
	z.next_out = (Bytef *)back;
	z.avail_out = (uInt)n + 1;
	ok(inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == n &&
	    z.avail_in == 0 && memcmp(in, back, n) == 0, "packed and back");
	inflateEnd(&z);
	free(in);
	free(back);
	buf_release(&out);
}

int
main(void)
{
	sig_install();
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	test_cut_codings();
	test_codings();
	test_long_coding();
	test_gzip();
	return tap_done();
}

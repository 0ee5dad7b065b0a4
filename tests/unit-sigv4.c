/* SPDX-License-Identifier: MIT */
/*
 * The published vectors of Signature Version 4 (the suite of 2015 and its
 * later additions): their signatures are the expected ones here, character
 * by character.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "net/sigv4.h"
#include "tap.h"

#define HOST "https://h"
#define DATE "20150830T123600Z"
#define UNRESERVED "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz"
#define FORM "application/x-www-form-urlencoded"
#define LONG_TOKEN "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4" \
	"HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI" \
	"/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7W" \
	"Z0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0" \
	"iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJa" \
	"bIQwj2ICCR/oLxBA=="

static const struct sigv4_keys keys = {
	"us-east-1", "service", "AKIDEXAMPLE",
	"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL
};

static const struct row {
	const char *name, *method, *target;
	struct sigv4_header more[4];    /* besides host and x-amz-date */
	const char *body;
	const char *headers, *signature;
} rows[] = {
	{ "get-vanilla", "GET", "/", { { 0 } }, "", "host;x-amz-date",
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "no path at all", "GET", "", { { 0 } }, "", "host;x-amz-date",
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "post-vanilla", "POST", "/", { { 0 } }, "", "host;x-amz-date",
	    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
	/* headers */
	{ "get-header-key-duplicate", "GET", "/",
	    { { "my-header1", "value2,value2,value1" } }, "",
	    "host;my-header1;x-amz-date",
	    "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
	{ "get-header-value-multiline", "GET", "/",
	    { { "my-header1", "value1,value2,value3" } }, "",
	    "host;my-header1;x-amz-date",
	    "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790" },
	{ "get-header-value-order", "GET", "/",
	    { { "my-header1", "value4,value1,value3,value2" } }, "",
	    "host;my-header1;x-amz-date",
	    "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01" },
	{ "get-header-value-trim", "GET", "/",
	    { { "my-header2", " \"a   b   c\" " }, { "my-header1", " value1\t" } },
	    "", "host;my-header1;my-header2;x-amz-date",
	    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
	{ "post-header-key-sort", "POST", "/", { { "my-header1", "value1" } },
	    "", "host;my-header1;x-amz-date",
	    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c" },
	{ "post-header-value-case", "POST", "/", { { "my-header1", "VALUE1" } },
	    "", "host;my-header1;x-amz-date",
	    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d" },
	/* paths */
	{ "get-unreserved", "GET", "/" UNRESERVED, { { 0 } }, "",
	    "host;x-amz-date",
	    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
	{ "get-utf8", "GET", "/\xe1\x88\xb4", { { 0 } }, "", "host;x-amz-date",
	    "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
	{ "get-space", "GET", "/example space/", { { 0 } }, "",
	    "host;x-amz-date",
	    "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
	{ "get-slash-dot-slash", "GET", "/./", { { 0 } }, "", "host;x-amz-date",
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slash", "GET", "//", { { 0 } }, "", "host;x-amz-date",
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slashes", "GET", "//example//", { { 0 } }, "", "host;x-amz-date",
	    "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
	{ "get-slash-pointless-dot", "GET", "/./example", { { 0 } }, "",
	    "host;x-amz-date",
	    "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5" },
	{ "get-relative", "GET", "/example/..", { { 0 } }, "", "host;x-amz-date",
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-relative-relative", "GET", "/example1/example2/../..", { { 0 } },
	    "", "host;x-amz-date",
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	/* queries */
	{ "get-vanilla-query", "GET", "/?", { { 0 } }, "", "host;x-amz-date",
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-vanilla-empty-query-key", "GET", "/?Param1=value1", { { 0 } }, "",
	    "host;x-amz-date",
	    "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb" },
	{ "get-vanilla-query-order-key-case", "GET",
	    "/?Param2=value2&Param1=value1", { { 0 } }, "", "host;x-amz-date",
	    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	{ "get-vanilla-query-order-encoded", "GET",
	    "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", { { 0 } }, "",
	    "host;x-amz-date",
	    "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac" },
	{ "get-vanilla-query-unreserved", "GET",
	    "/?" UNRESERVED "=" UNRESERVED, { { 0 } }, "", "host;x-amz-date",
	    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197" },
	{ "get-vanilla-utf8-query", "GET", "/?\xe1\x88\xb4=bar", { { 0 } }, "",
	    "host;x-amz-date",
	    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
	{ "post-vanilla-query", "POST", "/?Param1=value1", { { 0 } }, "",
	    "host;x-amz-date",
	    "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11" },
	{ "post-vanilla-query-nonunreserved", "POST",
	    "/?%40%23%24%25%5E&+=/,%3F><`\";:\\|][{}", { { 0 } }, "",
	    "host;x-amz-date",
	    "66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e" },
	{ "post-vanilla-query-space", "POST", "/?p", { { 0 } }, "",
	    "host;x-amz-date",
	    "e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b" },
	/* a body, a session */
	{ "post-x-www-form-urlencoded", "POST", "/",
	    { { "content-type", FORM } }, "Param1=value1",
	    "content-type;host;x-amz-date",
	    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
	{ "post-x-www-form-urlencoded, its hash signed", "POST", "/",
	    { { "content-type", FORM }, { "content-length", "13" },
	    { "x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654"
	    "192329106275f4c7b24d0b6e" } }, "Param1=value1",
	    "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
	    "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b" },
	{ "post-x-www-form-urlencoded-parameters", "POST", "/",
	    { { "content-type", FORM "; charset=utf8" } }, "Param1=value1",
	    "content-type;host;x-amz-date",
	    "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe" },
	{ "post-sts-header-before", "POST", "/",
	    { { "x-amz-security-token", LONG_TOKEN } }, "",
	    "host;x-amz-date;x-amz-security-token",
	    "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead" },
	{ "get-vanilla-with-session-token", "GET", "/",
	    { { "x-amz-security-token", "6e86291e8372ff2a2260956d9b8aae1d763fbf"
	    "315fa00fa31553b73ebf194267" } }, "",
	    "host;x-amz-date;x-amz-security-token",
	    "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8" }
};

static void
test_row(const struct row *row)
{
	struct sigv4_header v[6] = {
		{ "x-amz-date", DATE }, { "host", "example.amazonaws.com" }
	};
	char *url = xasprintf(HOST "%s", row->target);
	struct sigv4_request rq = { .method = row->method, .url = url,
		.date = DATE, .headers = v, .n = 2,
		.body = span_of(row->body) };
	char *expected = xasprintf("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"
	    "20150830/us-east-1/service/aws4_request, SignedHeaders=%s, "
	    "Signature=%s", row->headers, row->signature);
	struct buf out = { 0 };

	for (size_t i = 0; i < 4 && row->more[i].name != NULL; i++)
		v[rq.n++] = row->more[i];
	sigv4_authorization(&keys, &rq, &out);
	ok(streq(buf_cstr(&out), expected), "%s", row->name);
	free(url);
	free(expected);
	buf_release(&out);
}

/* What a request is the same as, for a server. */
static void
test_same(const char *a, const char *b, bool same, const char *what)
{
	struct sigv4_header host = { "host", "h" };
	struct sigv4_request rq = { .method = "GET", .date = DATE,
		.headers = &host, .n = 1 };
	struct buf x = { 0 }, y = { 0 };

	rq.url = a;
	sigv4_authorization(&keys, &rq, &x);
	rq.url = b;
	sigv4_authorization(&keys, &rq, &y);
	ok(span_eq(buf_span(&x), buf_span(&y)) == same, "%s", what);
	buf_release(&x);
	buf_release(&y);
}

static void
put_line(void *ctx, const char *name, const char *value)
{
	buf_printf(ctx, "%s: %s\n", name, value);
}

/* post-vanilla at its time, by the call that makes all headers. */
static void
test_sign(void)
{
	struct sigv4_keys session = keys;
	struct buf out = { 0 };

	session.token = "T";
	sigv4_sign(&session, "POST", "https://Example.test:443/?a", "text/x",
	    SPAN("Param1=value1"), 1440938160, put_line, &out);
	ok(strstr(buf_cstr(&out), "host: Example.test\n"
	    "x-amz-content-sha256: 9095672bbd1f56dfc5b65f3e153adc8731a4a654192"
	    "329106275f4c7b24d0b6e\nx-amz-date: 20150830T123600Z\n"
	    "x-amz-security-token: T\nauthorization: AWS4-HMAC-SHA256 "
	    "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
	    "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;"
	    "x-amz-security-token, Signature=") == out.p,
	    "the headers of a request");
	ok(strstr(out.p, keys.secret) == NULL, "the secret is not among them");
	buf_release(&out);
}

static void
test_hosts(void)
{
	static const char *const hosts[][2] = {
		{ "http://a:80/", "a" }, { "https://a:80", "a:80" },
		{ "https://a:443?x", "a" }, { "HTTPS://a:443/", "a" },
		{ "http://[::1]:9200/x", "[::1]:9200" }, { "http://a", "a" }
	};

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct buf b = { 0 };

		sigv4_host(hosts[i][0], &b);
		ok(streq(buf_cstr(&b), hosts[i][1]), "%s: %s", hosts[i][0],
		    buf_cstr(&b));
		buf_release(&b);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		test_row(&rows[i]);
	test_same("http://h/a?f=a.*,b&c", "http://h/a?c=&f=a.%2A%2Cb", true,
	    "commas and stars, escaped or not");
	test_same("http://h/a?b=%2f", "http://h/a?b=/#c", true,
	    "escapes of either case, a fragment");
	test_same("http://h/a%2Fb", "http://h/a/b", false,
	    "an escaped slash is no slash");
	test_same("http://h/a/../../..", "http://h", true, "not above the top");
	test_same("http://h/a/b/..", "http://h/a/", true, "a folder");
	test_same("http://h/?a=%zz&b=%4", "http://h/?a=%25zz&b=%254", true,
	    "no escape: a per cent sign");
	test_same("http://h/?a=2&a=1", "http://h/?a=1&a=2", true,
	    "the same name twice");
	test_sign();
	test_hosts();
	return tap_done();
}

/* SPDX-License-Identifier: MIT */
#include "source/myvalue.h"

#include <stdlib.h>

#include "base/mem.h"
#include "source/myurl.h"
#include "tap.h"

static void
put_bytes(enum mykind k, struct span value, const char *expected)
{
	struct buf out = { 0 };

	myvalue_put(&out, k, value);
	ok(span_is(buf_span(&out), expected), "%s -> %s", value.p, expected);
	buf_release(&out);
}

static void
put(enum mykind k, const char *value, const char *expected)
{
	put_bytes(k, span_of(value), expected);
}

static void
id(enum mykind k, const char *value, const char *expected)
{
	struct buf out = { 0 };

	myvalue_put_id(&out, k, span_of(value));
	ok(span_is(buf_span(&out), expected), "id %s -> %s", value, expected);
	buf_release(&out);
}

static void
stamp(enum mykind k, const char *value, const char *expected)
{
	struct buf scratch = { 0 };
	struct span s = myvalue_stamp(&scratch, k, span_of(value));

	ok(expected ? span_is(s, expected) : s.p == NULL, "stamp %s -> %s",
	    value, expected ? expected : "none");
	buf_release(&scratch);
}

static void
test_numbers(void)
{
	put(MY_INT, "0", "0");
	put(MY_INT, "000", "0");
	put(MY_INT, "00042", "42");
	put(MY_INT, "-5", "-5");
	put(MY_INT, "9007199254740992", "9007199254740992");
	put(MY_INT, "18446744073709551615", "\"18446744073709551615\"");
	put(MY_DECIMAL, "0007.50", "7.50");
	put(MY_DECIMAL, "0.10", "0.10");
	put(MY_DECIMAL, "-0.10", "-0.10");
	put(MY_DECIMAL, "1234567890123456.5", "\"1234567890123456.5\"");
	put(MY_DOUBLE, "1e20", "1e20");
	put(MY_DOUBLE, "-0", "-0");
	put(MY_FLOAT, "0.10000000149011612", "0.1");
	put(MY_FLOAT, "16777216", "16777216");
	put(MY_FLOAT, "3.4028234663852886e38", "3.4028235e+38");
	put(MY_FLOAT, "odd", "\"odd\"");
	put_bytes(MY_BIT, (struct span){ "\0\5", 2 }, "5");
	put(MY_BIT, "\xff\xff\xff\xff\xff\xff\xff\xff",
	    "\"18446744073709551615\"");
	id(MY_INT, "00042", "42");
	id(MY_INT, "18446744073709551615", "18446744073709551615");
	id(MY_FLOAT, "0.10000000149011612", "0.1");
	id(MY_BIT, "\1\1", "257");
	stamp(MY_INT, "0001767225600", "1767225600");
}

static void
test_times(void)
{
	struct when t;

	put(MY_DATE, "2026-01-02", "\"2026-01-02\"");
	put(MY_DATE, "0000-00-00", "null");
	put(MY_DATE, "2026-00-00", "\"2026-00-00\"");
	put(MY_DATETIME, "2026-01-02 03:04:05", "\"2026-01-02T03:04:05\"");
	put(MY_DATETIME, "0000-00-00 00:00:00.000", "null");
	put(MY_TIMESTAMP, "2026-01-02 03:04:05.60",
	    "\"2026-01-02T03:04:05.60Z\"");
	put(MY_TIMESTAMP, "2026", "\"2026\"");
	id(MY_DATE, "0000-00-00", "0000-00-00");
	id(MY_TIMESTAMP, "2026-01-02 03:04:05", "2026-01-02T03:04:05Z");
	stamp(MY_TIMESTAMP, "2026-01-02 03:04:05", "2026-01-02T03:04:05Z");
	stamp(MY_DATETIME, "0000-00-00 00:00:00", NULL);
	stamp(MY_TEXT, "0999-01-01", "0999-01-01");
	ok(!myvalue_time(MY_DATE, SPAN("0000-00-00"), &t), "a zero date");
	ok(!myvalue_time(MY_DATE, SPAN("2026-00-01"), &t), "no month");
	ok(myvalue_time(MY_INT, SPAN("0001767225600"), &t) &&
	    t.time.tv_sec == 1767225600, "a number with zeros before it");
}

static void
test_texts(void)
{
	put(MY_TEXT, "a\"\xff\n", "\"a\\\"\xef\xbf\xbd\\n\"");
	put(MY_JSON, "{\"a\":\r\n1.0}", "{\"a\":  1.0}");
	put(MY_JSON, "{\"a\":", "\"{\\\"a\\\":\"");
	put(MY_JSON, "", "\"\"");
	put(MY_JSON, "\"\xff\"", "\"\\\"\xef\xbf\xbd\\\"\"");
	put_bytes(MY_BINARY, (struct span){ "\0\xff\x10", 3 }, "\"AP8Q\"");
	put(MY_GEOMETRY, "", "\"\"");
	id(MY_TEXT, "a/b%\xff", "a%2Fb%25%FF");
	id(MY_BINARY, "\x01\xff", "01ff");
}

/* ---- where a server is ---- */

static void
url(const char *text, bool secured, enum mytls tls, const char *parts)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct myurl u;
	char *got = NULL;
	int r = myurl_read(&u, &a, text, secured, &e);

	if (r == 0)
		got = xasprintf("%s|%s|%u|%s|%s", u.user ? u.user : "-",
		    u.host, u.port, u.database, u.socket ? u.socket : "-");
	ok(r == 0 && u.tls == tls && streq(got, parts), "%s: %s", text,
	    r == 0 ? got : e.text);
	free(got);
	arena_release(&a);
}

static void
bad_url(const char *text, bool secured, const char *what)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct myurl u;

	ok(myurl_read(&u, &a, text, secured, &e) != 0 &&
	    e.status == ST_USAGE && strstr(e.text, what) != NULL, "%s: %s",
	    text, e.text);
	arena_release(&a);
}

static void
test_urls(void)
{
	url("mysql://u@h/d", false, MYTLS_VERIFIED, "u|h|3306|d|-");
	url("mysql://u@10.0.0.1/d", false, MYTLS_VERIFIED,
	    "u|10.0.0.1|3306|d|-");
	url("mariadb://h:1/d?ssl-mode=REQUIRED", false, MYTLS_REQUIRED,
	    "-|h|1|d|-");
	url("mysql://h/d?ssl-mode=disabled", false, MYTLS_NONE,
	    "-|h|3306|d|-");
	url("mysql://u@localhost/d", false, MYTLS_NONE,
	    "u|localhost|3306|d|-");
	url("mysql://u@localhost/d", true, MYTLS_VERIFIED,
	    "u|localhost|3306|d|-");
	url("mysql://u@127.0.0.1/d?ssl-mode=verify_identity", false,
	    MYTLS_VERIFIED, "u|127.0.0.1|3306|d|-");
	url("mysql://u%40x@[::1]:33/d%2fe", false, MYTLS_NONE,
	    "u@x|::1|33|d/e|-");
	url("mysql://u@h/d?socket=/a%20b&ssl-mode=required", false,
	    MYTLS_REQUIRED, "u|h|3306|d|/a b");
	url("mysql://u@h/d?socket=/a", false, MYTLS_NONE, "u|h|3306|d|/a");
	bad_url("mysql://u@h", false, "no database");
	bad_url("mysql://u@h/", false, "no database");
	bad_url("mysql://u@h/a/b", false, "no database");
	bad_url("mysql://u@h/d%00", false, "database is not encoded");
	bad_url("mysql://u@h/d%2", false, "database is not encoded");
	bad_url("mysql://u%zz@h/d", false, "user is not encoded");
	bad_url("mysql://u:p@h/d", false, "password");
	bad_url("mysql://u@h:0/d", false, "port");
	bad_url("mysql://u@h:65536/d", false, "port");
	bad_url("mysql:/d", false, "not mysql");
	bad_url("http://h/d", false, "not mysql");
	bad_url("mysql://h/d#x", false, "NAME=VALUE");
	bad_url("mysql://h/d?socket", false, "NAME=VALUE");
	bad_url("mysql://h/d?socket=%z", false, "NAME=VALUE");
	bad_url("mysql://h/d?socket=x", false, "absolute");
	bad_url("mysql://h/d?ssl-mode=maybe", false, "ssl-mode");
	bad_url("mysql://h/d?timeout=1", false, "no option timeout");
	bad_url("mysql://h/d?ssl-mode=required", true, "certificates");
	bad_url("mysql://h/d?socket=/a", true, "socket");
}

int
main(void)
{
	test_numbers();
	test_times();
	test_texts();
	test_urls();
	return tap_done();
}

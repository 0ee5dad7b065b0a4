/* SPDX-License-Identifier: MIT */
#include "source/rest/format.h"

#include <stdlib.h>

#include "source/rest/functions.h"
#include "tap.h"

struct sample {
	const char *format, *type, *charset;
	struct span body;
	const char *expected;   /* JSON, or after a ! the message */
};

#define BODY(lit) { "" lit, sizeof(lit) - 1 }

/* What came of it: the JSON, or a ! and the message. */
static void
make(const struct sample *s, struct buf *out)
{
	struct buf body = { 0 }, json = { 0 };
	struct err e = { 0 };

	buf_add_span(&body, s->body);
	buf_pad(&body);
	buf_clear(out);
	if (format_json(s->format, s->type, s->charset, buf_span(&body),
	    &json, &e) == 0) {
		struct json_error je;

		buf_add_span(out, buf_span(&json));
		if (json_value_scan(buf_span(&json), JSON_DEPTH, NULL, NULL,
		    &je) != 0)
			buf_puts(out, " is no JSON");
	} else {
		buf_printf(out, "!%s", e.text);
		if (e.status != ST_PERSON)
			buf_puts(out, " with a wrong status");
	}
	buf_release(&body);
	buf_release(&json);
}

static void
check(const struct sample *s, size_t n, const char *title)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < n; i++) {
		make(&s[i], &out);
		if (!ok(streq(buf_cstr(&out), s[i].expected), "%s, %zu", title,
		    i + 1))
			printf("# %s\n# %s\n", buf_cstr(&out), s[i].expected);
	}
	buf_release(&out);
}

#define CHECK(samples, title) \
	check(samples, sizeof samples / sizeof *samples, title)

static void
test_json(void)
{
	static const struct sample samples[] = {
		{ "json", NULL, NULL, BODY("{\"a\":1}"), "{\"a\":1}" },
		{ "json", "text/html", "", BODY(" [1.50, 1e2] \n"),
		    "[1.50, 1e2]" },
		{ NULL, NULL, NULL, BODY("5"), "5" },
		{ NULL, "application/octet-stream", NULL, BODY("[]"), "[]" },
		{ NULL, "Application/JSON; charset=utf-8", NULL, BODY("[]"),
		    "[]" },
		{ NULL, "application/vnd.a+json", NULL, BODY("\"x\""),
		    "\"x\"" },
		{ NULL, "text/plain", NULL, BODY("{\"a\":\"\"}"),
		    "{\"a\":\"\"}" },
		{ NULL, "text/plain", NULL, BODY("5"), "\"5\"" },
		{ NULL, "text/plain", NULL, BODY("[a]"), "\"[a]\"" },
		{ "json", NULL, NULL, BODY("[\"\\ud800\",\"\\ud83d\\ude00\"]"),
		    "[\"\\ufffd\",\"\\ud83d\\ude00\"]" },
		{ "json", NULL, NULL, BODY(""),
		    "!an empty body instead of JSON" },
		{ "json", "a/b", NULL, BODY(" \n"),
		    "!an empty body instead of JSON (a/b)" },
		{ "json", "a/b", NULL, BODY("{\"a\":}"),
		    "!not JSON at byte 6 (a/b)" },
		{ "json", NULL, NULL, BODY("{\"a\":[1,2"),
		    "!JSON cut short at byte 10" },
		{ "json", NULL, NULL, BODY("[1]\n[2]"),
		    "!bytes after the JSON value at byte 5" },
		{ "json", NULL, NULL, BODY("[1,\0002]"),
		    "!not JSON at byte 4" },
		{ "json", NULL, NULL, BODY("[\"a\0b\"]"),
		    "!not JSON at byte 4" },
		{ "json", NULL, NULL, BODY("[\"\xc3\xa9\xff\"]"),
		    "!bad UTF-8 at byte 5" },
	};

	CHECK(samples, "json");
}

static void
test_lines(void)
{
	static const struct sample samples[] = {
		{ "jsonl", NULL, NULL, BODY("{\"a\":1}\n[2]\r\n\n 3 \n"),
		    "[{\"a\":1},[2],3]" },
		{ "jsonl", NULL, NULL, BODY("1\n2"), "[1,2]" },
		{ "jsonl", NULL, NULL, BODY(""), "[]" },
		{ NULL, "application/x-ndjson", NULL, BODY("1"), "[1]" },
		{ NULL, "application/json-seq", NULL, BODY("\x1e" "1\n\x1e" "2"),
		    "[1,2]" },
		{ "jsonl", NULL, NULL, BODY("1\n{\n2"),
		    "!line 2: JSON cut short at byte 2" },
		{ "jsonl", NULL, NULL, BODY("1\n2 3\n"),
		    "!line 2: bytes after the JSON value at byte 3" },
	};

	CHECK(samples, "jsonl");
}

static void
test_text(void)
{
	static const struct sample samples[] = {
		{ "text", NULL, NULL, BODY("a \"b\"\n"), "\"a \\\"b\\\"\\n\"" },
		{ "text", "text/html", NULL, BODY("<html>x"), "\"<html>x\"" },
		{ NULL, "text/markdown", NULL, BODY("# a"), "\"# a\"" },
		{ "text", NULL, NULL, BODY(""), "\"\"" },
		{ "text", NULL, NULL, BODY("a\0b"), "\"a\\u0000b\"" },
		{ "text", NULL, NULL, BODY("\xc3\xa9 \xe9"),
		    "!bad UTF-8 at byte 4" },
	};

	CHECK(samples, "text");
}

static void
test_tables(void)
{
	static const struct sample samples[] = {
		{ "csv", NULL, NULL, BODY("id,name\r\n1,\"a, \"\"b\"\"\"\r\n2,\r\n"),
		    "[{\"id\":\"1\",\"name\":\"a, \\\"b\\\"\"},"
		    "{\"id\":\"2\",\"name\":\"\"}]" },
		{ NULL, "text/csv", NULL, BODY("a\n1\n\n2"),
		    "[{\"a\":\"1\"},{\"a\":\"2\"}]" },
		{ "csv", NULL, NULL, BODY("a;b,c\n1;2\n"),
		    "[{\"a\":\"1\",\"b,c\":\"2\"}]" },
		{ "csv", NULL, NULL, BODY("\"a;x\",b\n1,2\n"),
		    "[{\"a;x\":\"1\",\"b\":\"2\"}]" },
		{ "csv", NULL, NULL, BODY("a\tb\n1,2\t3\n"),
		    "[{\"a\":\"1,2\",\"b\":\"3\"}]" },
		{ NULL, "text/tab-separated-values", NULL, BODY("a,b\n1,2\n"),
		    "[{\"a,b\":\"1,2\"}]" },
		{ "csv", NULL, NULL, BODY(""),
		    "!line 1: no row that names the columns" },
		{ "csv", NULL, NULL, BODY("\n"),
		    "!line 1: no row that names the columns" },
		{ "csv", NULL, NULL, BODY("a\r1\r2\r"),
		    "!line 1: a carriage return outside quotes" },
		{ "csv", NULL, NULL, BODY("a,b\n"), "[]" },
		{ "csv", NULL, "iso-8859-1", BODY("a\n\xe9\n"),
		    "[{\"a\":\"\xc3\xa9\"}]" },
		{ "csv", NULL, NULL, BODY("\xef\xbb\xbf" "a,,\n1,2,3\n"),
		    "[{\"a\":\"1\",\"c2\":\"2\",\"c3\":\"3\"}]" },
		{ "csv", NULL, NULL, BODY("a,b\n1,2\n3\n"),
		    "!line 3: fewer columns than the first row" },
		{ "csv", NULL, NULL, BODY("a,b\n1,2,3\n"),
		    "!line 2: more columns than the first row" },
		{ "csv", NULL, NULL, BODY("a,a\n1,2\n"),
		    "!line 1: two columns have the same name" },
		{ "csv", NULL, NULL, BODY("a\n\"1\n"),
		    "!line 2: a quote that does not end" },
		{ "csv", NULL, NULL, BODY("a\n\xc3\xa9\xe9\n"),
		    "!line 2: bad UTF-8" },
		{ "csv", "text/html", NULL, BODY("<html>\n<title>x</title>\n"),
		    "!a web page instead of CSV (text/html)" },
	};

	CHECK(samples, "csv");
}

static void
test_xml(void)
{
	static const struct sample samples[] = {
		{ "xml", NULL, NULL, BODY("<a/>"), "{\"a\":{\"#text\":\"\"}}" },
		{ NULL, "application/rss+xml", NULL, BODY("\n<?xml version='1.0'?>"
		    "<feed v=\"2\"><entry><t>a</t></entry>\n<entry>"
		    "<t lang=\"en\">b</t></entry></feed>"),
		    "{\"feed\":{\"@v\":\"2\",\"entry\":[{\"t\":[{\"#text\":\"a\"}]},"
		    "{\"t\":[{\"@lang\":\"en\",\"#text\":\"b\"}]}]}}" },
		{ NULL, "text/xml", NULL, BODY("<r><b/><a/><b>2</b><!-- c --></r>"),
		    "{\"r\":{\"b\":[{\"#text\":\"\"},{\"#text\":\"2\"}],"
		    "\"a\":[{\"#text\":\"\"}]}}" },
		{ "xml", NULL, NULL, BODY("<r xmlns='u' xmlns:dc='v' dc:x='1'>"
		    "<dc:c>y</dc:c><c/></r>"),
		    "{\"r\":{\"@xmlns\":\"u\",\"@xmlns:dc\":\"v\",\"@dc:x\":\"1\","
		    "\"dc:c\":[{\"#text\":\"y\"}],\"c\":[{\"#text\":\"\"}]}}" },
		{ "xml", NULL, NULL, BODY("<r>a <b>b</b> c<b>d</b></r>"),
		    "{\"r\":{\"#text\":\"a b cd\",\"b\":[{\"#text\":\"b\"},"
		    "{\"#text\":\"d\"}]}}" },
		{ "xml", NULL, NULL, BODY("<r><![CDATA[<b>&amp;]]> &lt;&#233;</r>"),
		    "{\"r\":{\"#text\":\"<b>&amp; <\xc3\xa9\"}}" },
		{ "xml", NULL, NULL, BODY("<r x='a&#10;&quot;'>\n</r>"),
		    "{\"r\":{\"@x\":\"a\\n\\\"\",\"#text\":\"\\n\"}}" },
		{ "xml", NULL, NULL, BODY("<?xml version='1.0' encoding="
		    "'iso-8859-1'?><r>\xe9</r>"),
		    "{\"r\":{\"#text\":\"\xc3\xa9\"}}" },
		{ "xml", NULL, "utf-8", BODY("<?xml version='1.0' encoding="
		    "'iso-8859-1'?><r>\xc3\xa9</r>"),
		    "{\"r\":{\"#text\":\"\xc3\xa9\"}}" },
		{ "xml", NULL, "iso-8859-1", BODY("<?xml version='1.0' encoding="
		    "'utf-8'?><r>\xe9</r>"),
		    "{\"r\":{\"#text\":\"\xc3\xa9\"}}" },
		{ "xml", NULL, NULL, BODY("\xff\xfe<\0r\0/\0>\0"),
		    "{\"r\":{\"#text\":\"\"}}" },
		{ "xml", NULL, NULL, BODY("<!DOCTYPE r SYSTEM 'http://127.0.0.1:1/x'>"
		    "<r>a&nbsp;b</r>"), "{\"r\":{\"#text\":\"a\xc2\xa0" "b\"}}" },
		{ "xml", NULL, NULL, BODY("<!DOCTYPE r SYSTEM 'http://127.0.0.1:1/x'>"
		    "<r>&zzz;</r>"), "!an unknown entity in XML" },
		{ "xml", NULL, NULL, BODY("<r>\n&nbsp;</r>"),
		    "!XML that is not well-formed, line 2" },
		{ "xml", NULL, NULL, BODY("<r>\n<a>\n</r>"),
		    "!XML that is not well-formed, line 3" },
		{ "xml", NULL, NULL, BODY("<r>\xe9</r>"),
		    "!XML that is not well-formed, line 1" },
		{ "xml", NULL, NULL, BODY("<r>a\0b</r>"),
		    "!XML that is not well-formed, line 1" },
		{ "xml", "text/xml", NULL, BODY(""),
		    "!an empty body instead of XML (text/xml)" },
		{ "xml", NULL, NULL, BODY("<html><body><p>x<br></body></html>"),
		    "!a web page instead of XML" },
		{ "xml", NULL, NULL, BODY("{}"),
		    "!XML that is not well-formed, line 1" },
		{ NULL, "application/xhtml+xml", NULL, BODY("<html/>"),
		    "!a web page instead of JSON (application/xhtml+xml)" },
	};

	CHECK(samples, "xml");
}

static void
test_charsets(void)
{
	static const struct sample samples[] = {
		{ "json", NULL, NULL, BODY("\xef\xbb\xbf[1]"), "[1]" },
		{ "json", NULL, "utf-8", BODY("\xef\xbb\xbf[1]"), "[1]" },
		{ "json", NULL, NULL, BODY("\xff\xfe[\0001\0]\0"), "[1]" },
		{ "json", NULL, NULL, BODY("\xfe\xff\0[\0001\0]"), "[1]" },
		{ "json", NULL, "utf-16le", BODY("[\0001\0]\0"), "[1]" },
		{ "json", NULL, NULL, BODY("\xff\xfe\0\0[\0\0\0]\0\0\0"),
		    "[]" },
		{ "text", NULL, "iso-8859-1", BODY("caf\xe9"),
		    "\"caf\xc3\xa9\"" },
		{ "json", NULL, "ISO-8859-1", BODY("[\"caf\xe9\"]"),
		    "[\"caf\xc3\xa9\"]" },
		/* what the server says by habit */
		{ "json", NULL, "iso-8859-1", BODY("[\"caf\xc3\xa9\"]"),
		    "[\"caf\xc3\xa9\"]" },
		/* nothing is said, and nothing of it is UTF-8 */
		{ "json", NULL, NULL, BODY("[\"caf\xe9\"]"),
		    "[\"caf\xc3\xa9\"]" },
		{ "csv", NULL, NULL, BODY("a\n\x80\n"),
		    "[{\"a\":\"\xe2\x82\xac\"}]" },
		{ "text", NULL, "windows-1252", BODY("\x80 5"),
		    "\"\xe2\x82\xac 5\"" },
		{ "text", NULL, "shift_jis", BODY("\x83\x65"),
		    "\"\xe3\x83\x86\"" },
		{ "text", NULL, "big5-hkscs", BODY("\x88\x66"),
		    "\"\xc3\x8a\"" },
		{ "text", NULL, "utf-16le", BODY("a\0b"),
		    "!byte 3 is not utf-16le" },
		{ "text", NULL, "shift_jis", BODY("a\xff"),
		    "!byte 2 is not shift_jis" },
		{ "text", NULL, "no-such", BODY("\xe9"),
		    "!unknown charset no-such" },
		{ "text", NULL, "latin1//IGNORE", BODY("\xe9"),
		    "!unknown charset latin1//IGNORE" },
		{ "json", NULL, "utf-8", BODY("[\"caf\xe9\"]"),
		    "!bad UTF-8 at byte 6" },
	};

	CHECK(samples, "charset");
}

static void
test_pages(void)
{
	static const struct sample samples[] = {
		{ "json", "text/html", NULL,
		    BODY("<!DOCTYPE html><title>Wiki</title><p>hi"),
		    "!a web page instead of JSON (text/html)" },
		{ NULL, "text/html", "utf-8", BODY("\n<HTML><form>"
		    "<INPUT name=x TYPE=\"password\"></form>"),
		    "!a login page instead of JSON (text/html)" },
		{ NULL, "application/json", NULL, BODY("<html><title>Acme "
		    "- Sign in</title><body>"),
		    "!a login page instead of JSON (application/json)" },
		{ "json", NULL, NULL, BODY("<html><body onload='go()'><form>"
		    "<input type='hidden' name='SAMLRequest' value='x'>"),
		    "!a login page instead of JSON" },
		{ "json", NULL, NULL, BODY("<html>\0<title>x</title><p>login"),
		    "!a web page instead of JSON" },
		{ "json", NULL, NULL, BODY("<a/>"), "!not JSON at byte 1" },
		{ "jsonl", NULL, NULL, BODY("<html>"),
		    "!a web page instead of JSON lines" },
	};

	CHECK(samples, "page");
}

static void
test_libraries(void)
{
	ok(strncmp(format_libraries(), "libxml2/2.", 10) == 0,
	    "a version of libxml2");
}

static void
check_time(const char *json, const char *expected)
{
	struct when t = { 0 };
	struct buf b = { 0 };

	if (function_time(span_of(json), &t))
		function_put_time(&b, t.time);
	if (!ok(streq(buf_cstr(&b), expected), "time %s", json))
		printf("# %s\n", buf_cstr(&b));
	buf_release(&b);
}

static void
test_times(void)
{
	static const char *const none[] = { "null", "true", "{}", "[1]", "0",
		"-5", "1e99", "\"\"", "\"now\"", "\"2024-13-01\"",
		"\"20240203\"", "5", "\"2024-02-03T04:05:06+1\"",
		"\"2024-02-03T04:05:06 EST\"", "\"2024-02-03T04:05\"",
		"\"2024-02-03T04:05:06+99:00\"", "\"2024-02-03\\u0000\"",
		"99999999999999999999", "\"-1706933106\"" };

	check_time("\"2024-02-03T04:05:06Z\"", "2024-02-03T04:05:06Z");
	check_time("\"2024-02-03t04:05:06z\"", "2024-02-03T04:05:06Z");
	check_time("\"2024-02-03\"", "2024-02-03T00:00:00Z");
	check_time("\"2024-02-03 04:05:06\"", "2024-02-03T04:05:06Z");
	check_time("\"2024-02-03T04:05:06.5Z\"", "2024-02-03T04:05:06.500Z");
	check_time("\"2024-02-03T04:05:06.000Z\"", "2024-02-03T04:05:06Z");
	check_time("\"2024-02-03T04:05:06.1234567890123Z\"",
	    "2024-02-03T04:05:06.123456789Z");
	check_time("\"2024-02-03T04:05:06.000001+02:00\"",
	    "2024-02-03T02:05:06.000001Z");
	check_time("\"2024-01-01T01:00:00.000-0800\"", "2024-01-01T09:00:00Z");
	check_time("\"2024-01-01T01:00:00+02\"", "2023-12-31T23:00:00Z");
	check_time("\"2024-02-03 04:05:06 +0100\"", "2024-02-03T03:05:06Z");
	check_time("\"2024-02-03 04:05:06 UTC\"", "2024-02-03T04:05:06Z");
	check_time("\"\\u0032024-02-03\"", "2024-02-03T00:00:00Z");
	check_time("1706933106", "2024-02-03T04:05:06Z");
	check_time("\"1706933106\"", "2024-02-03T04:05:06Z");
	check_time("1706933106789", "2024-02-03T04:05:06.789Z");
	check_time("1706933106.25", "2024-02-03T04:05:06.250Z");
	check_time("\"1706933106.123456\"", "2024-02-03T04:05:06.123456Z");
	check_time("1.706933106e9", "2024-02-03T04:05:06Z");
	check_time("1706933106789012", "2024-02-03T04:05:06.789012Z");
	check_time("1.706933106789e+12", "2024-02-03T04:05:06.789Z");
	check_time("1706933106.9999999999", "2024-02-03T04:05:06.999999999Z");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		check_time(none[i], "");
}

static void
test_functions(void)
{
	struct buf b = { 0 };
	const struct function *f = functions;

	while (f->name != NULL && !streq(f->name, "sha256"))
		f++;
	ok(f->name != NULL && f->call(SPAN("abc"), &b) && streq(buf_cstr(&b),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
	    "sha256");
	buf_clear(&b);
	for (f = functions; f->name != NULL && !streq(f->name, "text");)
		f++;
	ok(f->name != NULL && f->call(SPAN("<p>a</p>"), &b) &&
	    streq(buf_cstr(&b), "a"), "text");
	buf_release(&b);
}

int
main(void)
{
	test_json();
	test_lines();
	test_text();
	test_tables();
	test_xml();
	test_charsets();
	test_pages();
	test_libraries();
	test_times();
	test_functions();
	return tap_done();
}

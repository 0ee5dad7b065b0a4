/* SPDX-License-Identifier: MIT */
/* What a driver may say: the form of every line, the limits. */
#include "driver-test.h"

struct bad_form {
	const char *verb, *line, *what;
};
static const struct bad_form bad_forms[] = {
	{ "load", "", "empty" },
	{ "load", "x", "at byte 1" },
	{ "load", "[]", "at byte 1" },
	{ "load", "{\"id\":\"a\",\"doc\":{}} {}", "at byte 21" },
	{ "load", "{\"id\":\"a\",\"doc\":{\"a\":\"\xff\"}}", "UTF-8" },
	{ "load", "{}", "not a record" },
	{ "load", "{\"doc\":{}}", "not a record" },
	{ "load", "{\"id\":\"\",\"doc\":{}}", "id is empty" },
	{ "load", "{\"id\":1,\"doc\":{}}", "id is not a string" },
	{ "load", "{\"id\":null,\"doc\":{}}", "id is not a string" },
	{ "load", "{\"id\":\"a\"}", "no doc" },
	{ "load", "{\"id\":\"a\",\"doc\":[]}", "doc is not an object" },
	{ "load", "{\"id\":\"a\",\"doc\":null}", "doc is not an object" },
	{ "load", "{\"id\":\"a\",\"id\":\"a\",\"doc\":{}}", "id stands twice" },
	{ "load", "{\"id\":\"a\",\"\\u0069d\":\"b\",\"doc\":{}}",
	    "id stands twice" },
	{ "load", "{\"id\":\"a\",\"doc\":{},\"d\\u006fc\":{}}",
	    "doc stands twice" },
	{ "load", "{\"id\":\"a\",\"doc\":{},\"timestamp\":1}",
	    "timestamp is not a string" },
	{ "load", "{\"id\":\"a\",\"doc\":{},\"stream\":{}}",
	    "stream is not a string" },
	{ "load", "{\"delete\":{\"id\":\"a\"}}", "delete does not belong" },
	{ "slim", "{\"delete\":{\"id\":\"a\"}}", "delete does not belong" },
	{ "load", "{\"reset\":true}", "reset does not belong" },
	{ "load", "{\"check\":\"a\",\"ok\":true}", "check does not belong" },
	{ "check", "{\"id\":\"a\",\"doc\":{}}", "id does not belong" },
	{ "check", "{\"check\":\"a\"}", "ok is neither" },
	{ "check", "{\"check\":\"\",\"ok\":true}", "check is empty" },
	{ "check", "{\"check\":\"a\",\"ok\":1}", "ok is neither" },
	{ "check", "{\"check\":\"a\",\"ok\":true,\"message\":1}",
	    "message is not a string" },
	{ "changed", "{\"changed\":1}", "changed is not" },
	{ "changed", "{\"id\":\"a\"}", "id does not belong" },
	{ "poll", "{\"reset\":false}", "reset is not true" },
	{ "poll", "{\"id\":\"a\",\"doc\":{},\"delete\":{\"id\":\"a\"}}",
	    "two records" },
	{ "poll", "{\"delete\":\"a\"}", "delete is not an object" },
	{ "poll", "{\"delete\":{}}", "no id" },
	{ "poll", "{\"delete\":{\"id\":\"\"}}", "id is empty" },
	{ "poll", "{\"delete\":{\"id\":\"a\",\"i\\u0064\":\"b\"}}",
	    "id stands twice" },
	{ "load", "{\"fail\":{}}", "no code" },
	{ "load", "{\"fail\":\"x\"}", "fail is not an object" },
	{ "load", "{\"fail\":{\"code\":\"\"}}", "code is empty" },
	{ "load", "{\"fail\":{\"code\":\"c\",\"code\":\"d\"}}",
	    "code stands twice" },
	{ "load", "{\"fail\":{\"code\":\"c\",\"message\":1}}",
	    "message is not a string" },
	{ "load", "{\"fail\":{\"code\":\"c\",\"id\":\"\"}}", "id is empty" },
	{ "load", "{\"fail\":{\"code\":\"c\",\"prefix\":\"\"}}",
	    "prefix is empty" },
	{ "load", "{\"fail\":{\"code\":\"c\",\"prefix\":\"a\\u0000\"}}",
	    "prefix holds a NUL" },
	{ "load", "{\"fail\":{\"code\":\"c\",\"prefix\":\"a\",\"id\":\"b\"}}",
	    "not both" },
	{ "load", "{\"keep\":{}}", "no prefix" },
	{ "load", "{\"keep\":{\"prefix\":\"\"}}", "prefix is empty" },
	{ "load", "{\"state\":{\"value\":{\"a\":1}}}", "no stream" },
	{ "load", "{\"state\":{\"stream\":\"s\\u0000\",\"value\":{\"a\":1}}}",
	    "stream holds a NUL" },
	{ "load", "{\"state\":{\"stream\":\"s\"}}", "no value" },
	{ "load", "{\"state\":{\"stream\":\"s\",\"value\":{}}}", "value: " },
	{ "load", "{\"state\":{\"stream\":\"s\",\"value\":\"x\"}}", "value: " },
	{ "load", "{\"state\":{\"stream\":\"s\",\"value\":{\"a\":1.5}}}",
	    "value: " },
	{ "load", "{\"state\":{\"stream\":\"s\",\"value\":"
	    "{\"a\":\"\\udc80\"}}}", "value: holds half a surrogate pair" },
	{ "load", "{\"state\":{\"stream\":\"s\",\"value\":"
	    "{\"a\":1234567890123456}}}", "value: " },
	{ "load", "{\"state\":{\"stream\":\"s\",\"value\":"
	    "{\"a\":1,\"a\":2}}}", "twice" },
	{ "discover", "{\"id\":[\"a\"],\"fields\":[]}", "stream is missing" },
	{ "discover", "{\"stream\":\"s\",\"fields\":[]}", "id is missing" },
	{ "discover", "{\"stream\":\"s\",\"id\":[1],\"fields\":[]}",
	    "something else" },
	{ "discover", "{\"stream\":\"s\",\"id\":[\"a\"]}",
	    "fields is missing" },
	{ "discover", "{\"stream\":\"s\",\"id\":[],\"fields\":[],"
	    "\"schema\":[]}", "schema is not an object" },
	{ "discover", "{\"stream\":\"s\",\"id\":[\"a\"],\"fields\":[{}]}",
	    "a field has no name" },
	{ "discover", "{\"stream\":\"s\",\"id\":[\"a\"],\"timestamp\":1,"
	    "\"fields\":[]}", "timestamp is not" },
};

/* A driver that prints these lines. */
static struct driver *
feed(const char *verb, const char *lines)
{
	program("cat $D/data");
	write_file("data", lines, 0644);
	return start_verb(verb);
}

static void
test_bad_forms(void)
{
	for (size_t i = 0; i < sizeof bad_forms / sizeof *bad_forms; i++) {
		const struct bad_form *b = &bad_forms[i];
		char *text = xasprintf("%s\n", b->line);
		struct driver_line l;
		struct driver *d = feed(b->verb, text);
		struct err e = { 0 };

		ok(driver_next(d, &l, &e) == -1 && e.status == ST_PERSON &&
		    strstr(e.text, "driver t line 1: ") == e.text &&
		    strstr(e.text, b->what) != NULL &&
		    driver_finish(d, &e) == ST_PERSON,
		    "%s: %s -> %s", b->verb, b->line, e.text);
		driver_free(d);
		free(text);
	}
}

static struct driver_line
next(struct driver *d)
{
	struct driver_line l;
	struct err e;

	if (driver_next(d, &l, &e) != 1) {
		ok(false, "a line: %s", e.text);
		l = (struct driver_line){ 0 };
	}
	return l;
}

static void
test_documents(void)
{
	struct driver *d = feed("load",
	    "{\"id\":\"a\\u0062\",\"timestamp\":\"t\",\"stream\":\"s\","
	    "\"doc\":{\"x\": 1}}\n"
	    " {\"doc\":{\"doc\":1,\"id\":2},\"future\":[1],\"id\":\"b\"} \r\n"
	    "{\"id\":\"c\",\"doc\":{\"x\":\"\\ud800\"}}\n");
	struct driver_line l = next(d);
	struct err e;

	ok(l.kind == DRV_DOC && span_is(l.id, "ab") && span_is(l.timestamp, "t")
	    && span_is(l.stream, "s") && span_is(l.doc, "{\"x\": 1}") &&
	    !l.lone_surrogate, "document: all its parts, id decoded");
	l = next(d);
	ok(l.kind == DRV_DOC && span_is(l.id, "b") && l.timestamp.p == NULL &&
	    l.stream.p == NULL && span_is(l.doc, "{\"doc\":1,\"id\":2}") &&
	    l.line.p[l.line.n - 1] == '}',
	    "document: unknown members and the order are free");
	l = next(d);
	ok(l.lone_surrogate, "document: a lone surrogate is reported");
	ok(driver_next(d, &l, &e) == 0 && driver_finish(d, &e) == ST_OK &&
	    e.status == 0, "end: 0 and no message");
	ok(driver_finish(d, &e) == ST_OK, "end: the same when asked again");
	driver_free(d);
}

static void
test_records(void)
{
	struct driver *d = feed("poll",
	    "{\"fail\":{\"id\":\"a\",\"code\":\"c\",\"message\":\"m\"}}\n"
	    "{\"fail\":{\"prefix\":\"p/\",\"code\":\"c\"}}\n"
	    "{\"fail\":{\"code\":\"c\"}}\n"
	    "{\"delete\":{\"id\":\"\\u0061\"}}\n"
	    "{\"state\":{\"stream\":\"s\",\"value\":{\"a\":[1, \"x\"]}}}\n"
	    "{\"keep\":{\"prefix\":\"k/\"}}\n"
	    "{\"reset\":true}\n");
	struct driver_line l = next(d);

	ok(l.kind == DRV_FAIL && span_is(l.id, "a") && span_is(l.code, "c") &&
	    span_is(l.message, "m") && l.prefix.p == NULL, "fail: with id");
	l = next(d);
	ok(l.kind == DRV_FAIL && l.id.p == NULL && span_is(l.prefix, "p/") &&
	    l.message.p == NULL, "fail: with prefix");
	l = next(d);
	ok(l.kind == DRV_FAIL && l.id.p == NULL && l.prefix.p == NULL,
	    "fail: with neither");
	l = next(d);
	ok(l.kind == DRV_DELETE && span_is(l.id, "a"), "delete");
	l = next(d);
	ok(l.kind == DRV_STATE && span_is(l.stream, "s") &&
	    span_is(l.value, "{\"a\":[1, \"x\"]}"), "state: value as written");
	l = next(d);
	ok(l.kind == DRV_KEEP && span_is(l.prefix, "k/"), "keep");
	ok(next(d).kind == DRV_RESET, "reset");
	driver_free(d);
}

static void
test_other_verbs(void)
{
	static const char stream[] = "{\"stream\":\"s\",\"id\":[\"a\"],"
	    "\"timestamp\":\"t\","
	    "\"fields\":[{\"name\":\"n\",\"type\":\"x\"}]}\n";
	struct driver *d = feed("slim", "{\"id\":\"a\"}\n"
	    "{\"id\":\"b\",\"doc\":{\"x\":1}}\n");
	struct driver_line l = next(d);

	ok(l.kind == DRV_DOC && l.doc.p == NULL, "slim: a bare id");
	l = next(d);
	ok(span_is(l.doc, "{\"x\":1}"), "slim: an id with fields");
	driver_free(d);
	d = feed("check",
	    "{\"check\":\"token\",\"ok\":false,\"message\":\"m\"}\n"
	    "{\"check\":\"x\",\"ok\":true}\n");
	l = next(d);
	ok(l.kind == DRV_CHECK && span_is(l.name, "token") && !l.good &&
	    span_is(l.message, "m"), "check: a failure");
	l = next(d);
	ok(l.good && l.message.p == NULL, "check: fine");
	driver_free(d);
	d = feed("changed", "{\"changed\":true}\n{\"changed\":null}\n"
	    "{\"changed\":false}\n");
	ok(next(d).good && next(d).good && !next(d).good,
	    "changed: true, null and false");
	driver_free(d);
	d = feed("discover", stream);
	l = next(d);
	ok(l.kind == DRV_RAW && l.line.n == sizeof stream - 2, "discover");
	driver_free(d);
}

/* A document with n containers around its innermost value. */
static char *
nested_line(size_t n)
{
	struct buf b = { 0 };

	buf_puts(&b, "{\"id\":\"d\",\"timestamp\":\"t\",\"doc\":{\"a\":");
	for (size_t i = 1; i < n; i++)
		buf_puts(&b, "[");
	for (size_t i = 1; i < n; i++)
		buf_puts(&b, "]");
	if (n == 1)
		buf_puts(&b, "1");
	buf_puts(&b, "},\"stream\":\"]\\\"[\"}\n");
	return buf_cstr(&b);
}

static void
test_limits(void)
{
	static const size_t depths[] = { 128, 129, 2000, 100000 };
	char *line, half[33];
	struct driver *d;
	struct driver_line l;

	for (size_t i = 0; i < 4; i++) {
		line = nested_line(depths[i]);
		d = feed("load", line);
		l = next(d);
		ok(span_is(l.id, "d") && (depths[i] <= 128 ?
		    l.kind == DRV_DOC : l.kind == DRV_FAIL &&
		    span_is(l.code, "too_deep")),
		    "depth %zu of a document", depths[i]);
		driver_free(d);
		free(line);
	}
	line = xasprintf("{\"id\":\"a\",\"doc\":{},\"timestamp\":\"%0128d\"}\n"
	    "{\"id\":\"b\",\"doc\":{},\"timestamp\":\"%0129d\"}\n"
	    "{\"id\":\"a\\u0000b\",\"doc\":{}}\n"
	    "{\"id\":\"a\\ud800\",\"doc\":{}}\n"
	    "{\"id\":\"a\\ud801\",\"doc\":{}}\n"
	    "{\"id\":\"\\ud83d\\ude00\",\"doc\":{\"a\":\"\\ud800\"}}\n"
	    "{\"fail\":{\"code\":\"c\",\"id\":\"\\u0000\","
	    "\"message\":\"%s%0999d\"}}\n",
	    0, 0, "\xc3\xa4", 0);
	d = feed("load", line);
	ok(next(d).kind == DRV_DOC, "timestamp of 128 bytes");
	l = next(d);
	ok(l.kind == DRV_FAIL && span_is(l.code, "bad_timestamp") &&
	    span_is(l.id, "b"), "timestamp of 129 bytes: fail");
	l = next(d);
	ok(l.kind == DRV_FAIL && span_is(l.code, "bad_id") && l.id.n == 33 &&
	    l.id.p[0] == '#', "NUL in an id: fail with its digest");
	l = next(d);
	ok(l.kind == DRV_FAIL && span_is(l.code, "bad_id") && l.id.n == 33,
	    "half a surrogate pair: fail with its digest");
	memcpy(half, l.id.p, 33);
	l = next(d);
	ok(l.kind == DRV_FAIL && l.id.n == 33 && memcmp(half, l.id.p, 33) != 0,
	    "another half: another digest");
	ok(next(d).kind == DRV_DOC, "half a pair in the document only");
	l = next(d);
	ok(l.kind == DRV_FAIL && span_is(l.code, "c") && l.id.n == 33 &&
	    l.message.n == DRIVER_MESSAGE_MAX, "fail: bad id, long message");
	driver_free(d);
	free(line);
}

static void
test_ends(void)
{
	struct driver *d;
	struct driver_line l;
	struct err e;

	d = feed("load", "{\"id\":\"a\",\"doc\":{}}\n"
	    "{\"id\":\"b\",\"doc\":{}}");
	next(d);
	ok(driver_next(d, &l, &e) == -1 && e.status == ST_PERSON &&
	    strstr(e.text, "driver t line 2: cut short") == e.text,
	    "a last line without newline: 3");
	driver_free(d);
	d = feed("load", "");
	ok(driver_next(d, &l, &e) == 0 && driver_finish(d, &e) == 0,
	    "no line at all: fine");
	driver_free(d);
}

/* Names that end up in control records of 64 KiB. */
static void
test_long_names(void)
{
	static const struct { const char *before, *after; int longest; } t[] = {
		{ "{\"fail\":{\"code\":\"", "\"}}\n", DRIVER_CODE_MAX },
		{ "{\"state\":{\"stream\":\"", "\",\"value\":{\"a\":1}}}\n",
		    STREAM_ID_MAX }
	};

	for (size_t i = 0; i < 2; i++)
		for (int more = 0; more < 2; more++) {
			struct buf b = { 0 };
			struct driver_line l;
			struct err e = { 0 };
			struct driver *d;

			buf_printf(&b, "%s%0*d%s", t[i].before,
			    t[i].longest + more, 0, t[i].after);
			d = feed("load", buf_cstr(&b));
			ok(driver_next(d, &l, &e) == (more ? -1 : 1),
			    "a name of %d bytes: %s", t[i].longest + more,
			    more ? e.text : "fine");
			driver_free(d);
			buf_release(&b);
		}
}

static void
test_too_long(void)
{
	struct driver_line l;
	struct driver *d;
	struct err e;

	program("printf '{\"id\":\"a\",\"doc\":{\"x\":\"'\n"
	    "head -c 67175000 /dev/zero | tr '\\0' x\n"
	    "printf '\"}}\\n{\"id\":\"b\",\"doc\":{}}\\n'");
	d = start_verb("load");
	l = next(d);
	ok(l.kind == DRV_FAIL &&
	    span_is(l.code, "too_long") && l.id.p == NULL,
	    "a line past the ceiling: fail without id");
	ok(driver_next(d, &l, &e) == 1 && span_is(l.id, "b"),
	    "and what follows is read");
	driver_free(d);
}

int
main(void)
{
	test_begin("unit-driver");
	test_bad_forms();
	test_documents();
	test_records();
	test_other_verbs();
	test_limits();
	test_ends();
	test_long_names();
	test_too_long();
	return test_end();
}

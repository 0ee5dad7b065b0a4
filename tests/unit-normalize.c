/* SPDX-License-Identifier: MIT */
/* Normalizations of documents, and which file a stream has. */
#include "run/normalize.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tap.h"
#include "temp.h"

static struct arena arena;

static void
put(const char *name, const char *text)
{
	struct err e;

	if (file_replace(name, span_of(text), &e) != 0)
		err_die(&e);
}

static struct patches *
read_all(void)
{
	struct patches *p;
	struct err e;

	if (patches_read(&arena, "p", &p, &e) != 0)
		err_die(&e);
	return p;
}

/* Pointer, normalization, document, what becomes of it; NULL: its bytes. */
static const char *const table[][4] = {
	{ "/at", "rfc3339", "{\"z\":1.50,\"at\":\"2023-01-30 02:34:15\",\"a\":1}",
	    "{\"z\":1.50,\"at\":\"2023-01-30T02:34:15Z\",\"a\":1}" },
	{ "/at", "rfc3339", "{\"at\":\"2023-01-30T02:34:15Z\"}", NULL },
	{ "/at", "rfc3339", "{\"at\":\"2023-01-30t02:34:15.1-01:00\"}", NULL },
	{ "/at", "rfc3339", "{\"at\":\"2023-01-30T02:34:15\"}",
	    "{\"at\":\"2023-01-30T02:34:15Z\"}" },
	{ "/at", "rfc3339", "{\"at\":\"2023-01-30 02:34:15.120Z\"}",
	    "{\"at\":\"2023-01-30T02:34:15.120Z\"}" },
	{ "/at", "rfc3339", "{\"at\":\"2023-01-30 02:34:15.1234\"}",
	    "{\"at\":\"2023-01-30T02:34:15.123400Z\"}" },
	{ "/at", "rfc3339", "{\"at\":\"2023-01-30 02:34:15.1234567\"}",
	    "{\"at\":\"2023-01-30T02:34:15.123456700Z\"}" },
	{ "/at", "rfc3339", "{\"at\":\"2023\\u002d01-30\"}",
	    "{\"at\":\"2023-01-30T00:00:00Z\"}" },
	{ "/at", "rfc3339", "{\"at\":\"02:34:15\"}", NULL },
	{ "/at", "rfc3339", "{\"at\":\"soon\"}", NULL },
	{ "/at", "rfc3339", "{\"at\":null}", NULL },
	{ "/at", "rfc3339", "{\"at\":true}", NULL },
	{ "/at", "rfc3339", "{\"at\":[\"2023-01-30\"]}", NULL },
	{ "/at", "rfc3339", "{\"at\":{\"x\":1}}", NULL },
	{ "/at", "rfc3339", "{}", NULL },
	{ "/at", "rfc3339", "{\"at\":1600000000}",
	    "{\"at\":\"2020-09-13T12:26:40Z\"}" },
	{ "/at", "rfc3339", "{\"at\":1600000000.25}",
	    "{\"at\":\"2020-09-13T12:26:40.250Z\"}" },
	{ "/at", "rfc3339", "{\"at\":1600000000250}",
	    "{\"at\":\"2020-09-13T12:26:40.250Z\"}" },
	/* before 1971-01-12, where the original is wrong */
	{ "/at", "rfc3339", "{\"at\":1000000.5}",
	    "{\"at\":\"1970-01-12T13:46:40.500Z\"}" },
	{ "/at", "milliseconds_to_rfc3339", "{\"at\":1000000000}",
	    "{\"at\":\"1970-01-12T13:46:40Z\"}" },
	{ "/at", "seconds_to_rfc3339", "{\"at\":40000000000}",
	    "{\"at\":\"3237-07-19T23:06:40Z\"}" },
	{ "/at", "seconds_to_rfc3339", "{\"at\":\"1600000000\"}",
	    "{\"at\":\"2020-09-13T12:26:40Z\"}" },
	{ "/at", "seconds_to_rfc3339", "{\"at\":\"2023-01-30\"}", NULL },
	{ "/at", "rfc3339", "{\"at\":18446744073709551615}", NULL },
	{ "/at", "rfc3339", "{\"at\":-1}",
	    "{\"at\":\"1969-12-31T23:59:59Z\"}" },
	{ "/at", "datetime_to_date", "{\"at\":\"2023-01-30T02:34:15Z\"}",
	    "{\"at\":\"2023-01-30\"}" },
	{ "/at", "datetime_to_date", "{\"at\":\"2023-01-30\"}", NULL },
	{ "/at", "datetime_to_date", "{\"at\":\"2023-99-99T02:34:15Z\"}", NULL },
	{ "/at", "datetime_to_date", "{\"at\":\"30.01.2023 2:34\"}", NULL },
	{ "/at", "datetime_to_date", "{\"at\":20230130}", NULL },
	/* lists, bare and nested */
	{ "/l/*", "datetime_to_date", "{\"l\":[\"2023-01-30T\",1,\"2023-01-31 x\"]}",
	    "{\"l\":[\"2023-01-30\",1,\"2023-01-31\"]}" },
	{ "/l/-", "datetime_to_date", "{\"l\":[\"2023-01-30T\"]}",
	    "{\"l\":[\"2023-01-30\"]}" },
	{ "/l/1", "datetime_to_date", "{\"l\":[\"2023-01-30T\",\"2023-01-31T\"]}",
	    "{\"l\":[\"2023-01-30T\",\"2023-01-31\"]}" },
	{ "/l/*/*", "datetime_to_date",
	    "{\"l\":[[\"2023-01-30T\"],[],\"2023-01-30T\",[\"2023-01-31T\"]]}",
	    "{\"l\":[[\"2023-01-30\"],[],\"2023-01-30T\",[\"2023-01-31\"]]}" },
	{ "/a/*/b/c/*/d", "datetime_to_date",
	    "{\"b\":1,\"a\":[{\"b\":{\"c\":[{\"d\":\"2023-01-30T\"}]}},{\"b\":2}]}",
	    "{\"b\":1,\"a\":[{\"b\":{\"c\":[{\"d\":\"2023-01-30\"}]}},{\"b\":2}]}" },
	{ "/o/*", "datetime_to_date", "{\"o\":{\"x\":\"2023-01-30T\",\"*\":\"2023-01-31T\"}}",
	    "{\"o\":{\"x\":\"2023-01-30T\",\"*\":\"2023-01-31\"}}" },
	{ "/a~1b/c~0d", "datetime_to_date", "{\"a/b\":{\"c~d\":\"2023-01-30T\"}}",
	    "{\"a/b\":{\"c~d\":\"2023-01-30\"}}" },
	{ "/a/b", "datetime_to_date", "{\"\\u0061\": {\"b\" :\"2023-01-30T\" } }",
	    "{\"\\u0061\": {\"b\" :\"2023-01-30\" } }" },
	/* a key that stands twice: both, for whoever takes which */
	{ "/a", "datetime_to_date", "{\"a\":\"2023-01-30T\",\"a\":\"2023-01-31T\"}",
	    "{\"a\":\"2023-01-30\",\"a\":\"2023-01-31\"}" },
	{ "/a", "datetime_to_date", "{\"n\":12345678901234567890.10e-3,\"a\":\"2023-01-30T\"}",
	    "{\"n\":12345678901234567890.10e-3,\"a\":\"2023-01-30\"}" },
};

static void
check_row(const char *const row[4])
{
	struct normalizers *n;
	struct buf text = { 0 };
	struct span out, doc;
	struct err e;

	buf_printf(&text, "[{\"pointer\":\"%s\",\"normalization\":\"%s\"}]",
	    row[0], row[1]);
	put("p/streams/s.normalize.json", buf_cstr(&text));
	n = normalizers_new(read_all());
	buf_clear(&text);
	buf_puts(&text, row[2]);
	buf_pad(&text);
	doc = buf_span(&text);
	if (!ok(normalizers_apply(n, SPAN("s"), doc, &out, &e) == 0 &&
	    span_is(out, row[3] ? row[3] : row[2]) &&
	    (row[3] != NULL || out.p == doc.p), "%s: %s", row[0], row[2]))
		printf("# %.*s\n", (int)out.n, out.p);
	normalizers_free(n);
	buf_release(&text);
}

/* A stream's name, the file's that comes of it. */
static const char *const names[][2] = {
	{ "/&foo!/B ar// b+i-n.g /", "foo/Bar/bi-n.g" },
	{ "users", "users" }, { "a_b.c-d", "a_b.c-d" }, { "a b", "ab" },
	{ "//", "" }, { "&", "" }, { "/a", "a" }, { "a/", "a" },
	{ "a/&/b", "a/b" }, { "größe", "größe" }, { "../../x", "../../x" },
};

/* One document of a stream under the rules in p. */
static const char *
made(struct normalizers *n, const char *stream)
{
	static struct buf text;
	struct span out;
	struct err e = { 0 };

	buf_clear(&text);
	buf_puts(&text, "{\"a\":\"2023-01-30T01:00:00\"}");
	buf_pad(&text);
	if (normalizers_apply(n, span_of(stream), buf_span(&text), &out,
	    &e) != 0)
		return arena_strndup(&arena, span_of(e.text));
	return arena_strndup(&arena, out);
}

#define DATE "{\"a\":\"2023-01-30\"}"
#define TIME "{\"a\":\"2023-01-30T01:00:00Z\"}"

static void
check_files(void)
{
	struct normalizers *n;

	put("p/streams/s.normalize.json", "[]");
	put("p/streams/*.normalize.json",
	    "[{\"pointer\":\"/a\",\"normalization\":\"rfc3339\"}]");
	put("p/streams/MyStream.normalize.json",
	    "[{\"pointer\":\"/a\",\"normalization\":\"rfc3339\"},"
	    "{\"pointer\":\"/a\",\"normalization\":\"datetime_to_date\"}]");
	put("p/streams/documents.normalize.json",
	    "[{\"pointer\":\"a\",\"normalization\":\"datetime_to_date\"}]");
	put("p/streams/a/b.normalize.json",
	    "[{\"pointer\":\"a\",\"normalization\":\"datetime_to_date\"}]");
	put("p/streams/Raw Name.normalize.json",
	    "[{\"pointer\":\"a\",\"normalization\":\"datetime_to_date\"}]");
	n = normalizers_new(read_all());
	ok(streq(made(n, "other"), TIME), "the file for all");
	ok(streq(made(n, "another"), TIME), "it is for more than one");
	ok(streq(made(n, "s"), "{\"a\":\"2023-01-30T01:00:00\"}"),
	    "an empty file of its own");
	ok(streq(made(n, "My Stream"), DATE), "two in their order");
	ok(streq(made(n, "/a//b&"), DATE), "a folder");
	ok(streq(made(n, "Raw Name"), DATE), "its very name");
	ok(streq(made(n, NULL), DATE), "a stream without a name");
	ok(streq(made(n, "My Stream"), DATE), "again");
	ok(streq(made(n, "My/Stream"), TIME), "a slash is no space");
	ok(streq(made(n, "MyStream!"), "p/streams/MyStream.normalize.json:1:1: "
	    "the name of two streams, My Stream and MyStream!"),
	    "two streams, one file");
	normalizers_free(n);
}

int
main(void)
{
	struct buf name = { 0 };

	temp_enter();
	if (mkdir("p", 0700) != 0 || mkdir("p/streams", 0700) != 0 ||
	    mkdir("p/streams/a", 0700) != 0)
		die(ST_PERSON, "p: cannot be made");
	ok(normalizers_new(NULL) == NULL, "no patches");
	ok(normalizers_new(read_all()) == NULL, "no file");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		check_row(table[i]);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		buf_clear(&name);
		patch_stream_name(&name, span_of(names[i][0]));
		ok(span_is(buf_span(&name), names[i][1]), "the file of %s",
		    names[i][0]);
	}
	check_files();
	buf_release(&name);
	arena_release(&arena);
	return tap_done();
}

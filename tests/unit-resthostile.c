/* SPDX-License-Identifier: MIT */
/* Replies made to waste time or memory, or to read what is not theirs. */
#include "source/rest/format.h"

#include <stdlib.h>

#include "base/clock.h"
#include "tap.h"

/* Seconds for ten megabytes of anything, on a busy machine. */
enum { PATIENCE = 30 };

/* A text that must be refused or read in bounded time. */
static void
hostile(const char *format, struct buf *body, const char *expected,
    const char *title)
{
	double begin = clock_mono(), took;
	struct buf out = { 0 };
	struct err e = { 0 };

	buf_pad(body);
	if (format_json(format, NULL, NULL, buf_span(body), &out, &e) != 0) {
		buf_clear(&out);
		buf_printf(&out, "!%s", e.text);
	}
	took = clock_mono() - begin;
	if (!ok(took < PATIENCE && strncmp(buf_cstr(&out), expected,
	    strlen(expected)) == 0, "hostile: %s", title))
		printf("# %.100s\n", out.p);
	printf("# %.2f s\n", took);
	buf_release(&out);
}

static void
repeat(struct buf *b, const char *piece, size_t size)
{
	buf_clear(b);
	while (b->n < size)
		buf_puts(b, piece);
}

static void
laughs(struct buf *b)
{
	buf_clear(b);
	buf_puts(b, "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a0 'ha'>");
	for (int i = 1; i < 10; i++) {
		buf_printf(b, "<!ENTITY a%d '", i);
		for (int k = 0; k < 10; k++)
			buf_printf(b, "&a%d;", i - 1);
		buf_puts(b, "'>");
	}
	buf_puts(b, "]><r>&a9;</r>");
}

static void
test_hostile_xml(void)
{
	struct buf b = { 0 };

	laughs(&b);
	hostile("xml", &b, "!XML that declares entities, line 1", "laughs");
	buf_clear(&b);
	buf_puts(&b, "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
	    "<r>&x;</r>");
	hostile("xml", &b, "!XML that declares entities", "a file");
	buf_clear(&b);
	buf_puts(&b, "<!DOCTYPE r [<!ENTITY % x SYSTEM 'http://127.0.0.1:1/'>"
	    "%x;]><r/>");
	hostile("xml", &b, "!XML that declares entities", "the network");
	buf_clear(&b);
	buf_puts(&b, "<!DOCTYPE r [<!ATTLIST r a CDATA 'x'>]><r/>");
	hostile("xml", &b, "!XML that declares attributes", "defaults");
	repeat(&b, "<a>", 10 << 20);
	hostile("xml", &b, "!XML that is not well-formed", "nested tags");
	repeat(&b, "<a b='", 10 << 20);
	hostile("xml", &b, "!XML with over 1024 attributes", "open quotes");
	buf_clear(&b);
	buf_puts(&b, "<a ");
	for (int i = 0; i < 500000; i++)
		buf_printf(&b, "a%d='' ", i);
	buf_puts(&b, "/>");
	hostile("xml", &b, "!XML with over 1024 attributes", "attributes");
	buf_clear(&b);
	for (int i = 0; i < 250; i++) {
		buf_puts(&b, "<a ");
		for (int k = 0; k < 1000; k++)
			buf_printf(&b, "xmlns:p%d_%d='u' ", i, k);
		buf_puts(&b, ">");
	}
	hostile("xml", &b, "!XML with over 4096 namespaces", "namespaces");
	buf_clear(&b);
	buf_puts(&b, "<r>");
	for (int i = 0; i < 1000000; i++)
		buf_printf(&b, "<e%d/>", i);
	buf_puts(&b, "</r>");
	hostile("xml", &b, "!XML with over 65536 names", "names");
	buf_release(&b);
}

/* Text and elements mixed on every level: it is all text of each. */
static void
test_hostile_mixed(void)
{
	struct buf b = { 0 };

	for (int i = 0; i < 200; i++)
		buf_puts(&b, "<a>x");
	for (int i = 0; i < 600000; i++)
		buf_puts(&b, "xxxxxxxxxx");
	for (int i = 0; i < 200; i++)
		buf_puts(&b, "</a>");
	hostile("xml", &b, "!XML of over 256 MiB as JSON", "mixed");
	buf_clear(&b);
	buf_puts(&b, "<r>");
	for (int i = 0; i < 50000; i++)
		buf_printf(&b, "<e%d/>", i);
	buf_puts(&b, "</r>");
	hostile("xml", &b, "{\"r\":{\"e0\":[{", "many names");
	buf_release(&b);
}

static void
test_hostile_json(void)
{
	struct buf b = { 0 };

	repeat(&b, "[", 10 << 20);
	hostile("json", &b, "!JSON cut short at byte 10485761", "brackets");
	repeat(&b, "\"", (10 << 20) - 1);
	buf_puts(&b, "\"\"\n");
	hostile("csv", &b, "!line 1: ", "quotes");
	repeat(&b, ",", 10 << 20);
	hostile("csv", &b, "!line 1: too many columns", "columns");
	repeat(&b, "\n", 10 << 20);
	hostile("jsonl", &b, "[]", "lines");
	repeat(&b, "<html", 10 << 20);
	hostile("json", &b, "!a web page instead of JSON", "a page");
	buf_release(&b);
}

int
main(void)
{
	test_hostile_xml();
	test_hostile_mixed();
	test_hostile_json();
	return tap_done();
}

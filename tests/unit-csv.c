/* SPDX-License-Identifier: MIT */
#include "source/csv.h"

#include <stdlib.h>

#include "feed.h"
#include "tap.h"

/* The rows as a text: fields in <>, a row a line, ! for a bad one. */
static void
dump(struct span text, char delimiter, size_t step, size_t max,
    struct buf *out)
{
	struct feed f = { text, step };
	struct lines in;
	enum csv_result r;
	struct csv c;

	lines_init(&in, -1, max);
	in.read = feed_read;
	in.ctx = &f;
	csv_init(&c, &in, delimiter);
	while ((r = csv_next(&c)) != CSV_END && r != CSV_ERROR) {
		buf_printf(out, "%d", (int)c.line);
		for (size_t i = 0; r == CSV_ROW && i < c.n; i++) {
			buf_putc(out, '<');
			buf_add_span(out, csv_field(&c, i));
			buf_putc(out, '>');
		}
		if (r == CSV_BAD)
			buf_printf(out, "!%s", c.what);
		if (r == CSV_LONG)
			buf_puts(out, "!long");
		buf_putc(out, '\n');
	}
	csv_release(&c);
	lines_release(&in);
}

static void
check(const char *text, char delimiter, const char *expected)
{
	static const size_t steps[] = { 1, 2, 3, 7, 1000 };

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct buf out = { 0 };

		dump(span_of(text), delimiter, steps[i], 1000, &out);
		if (!ok(streq(buf_cstr(&out), expected), "%zu bytes at a time",
		    steps[i]))
			printf("# %s", buf_cstr(&out));
		buf_release(&out);
	}
}

static void
test_limits(void)
{
	struct buf text = { 0 }, out = { 0 };

	buf_puts(&text, "1,2\n");
	for (int i = 0; i < 100; i++)
		buf_puts(&text, "aaaaaaaaaa");
	buf_puts(&text, "\n3,4\n\"");
	for (int i = 0; i < 100; i++)
		buf_puts(&text, "bbbbbbbb\n");
	buf_puts(&text, "\"\n5,6\n");
	dump(buf_span(&text), ',', 100, 500, &out);
	ok(strstr(buf_cstr(&out), "1<1><2>\n2!long\n3<3><4>\n4!long\n"),
	    "a line and a row over the ceiling");
	ok(strstr(buf_cstr(&out), "<5><6>\n") == NULL ||
	    strstr(buf_cstr(&out), "!"), "and it goes on");
	buf_clear(&text);
	buf_clear(&out);
	for (int i = 0; i < CSV_COLUMNS - 1; i++)
		buf_putc(&text, ',');
	buf_puts(&text, "\nx\n");
	for (int i = 0; i < CSV_COLUMNS; i++)
		buf_putc(&text, ',');
	buf_puts(&text, "\ny\n");
	dump(buf_span(&text), ',', 100000, 1 << 20, &out);
	ok(strstr(buf_cstr(&out), "2<x>\n3!too many columns\n4<y>\n") != NULL,
	    "as many columns as there may be, and one more");
	buf_release(&text);
	buf_release(&out);
}

int
main(void)
{
	check("a,b\n1,2\n", ',', "1<a><b>\n2<1><2>\n");
	check("a,b\r\n1,2\r\n", ',', "1<a><b>\n2<1><2>\n");
	check("a,b", ',', "1<a><b>\n");
	check("", ',', "");
	check("\n\r\n\n", ',', "");
	check(",\n,,\n", ',', "1<><>\n2<><><>\n");
	check("a,\r\n", ',', "1<a><>\n");
	check("\"a\",\"b,c\"\n", ',', "1<a><b,c>\n");
	check("\"a\"\"b\",\"\"\"\",\"\"\r\n", ',', "1<a\"b><\"><>\n");
	check("\"a\nb\r\nc\",d\ne,f\n", ',', "1<a\nb\r\nc><d>\n4<e><f>\n");
	check("\"\n\n\",x\ny,z\n", ',', "1<\n\n><x>\n4<y><z>\n");
	check("5\" disk,a\"b\"\n", ',', "1<5\" disk><a\"b\">\n");
	check(" \"a\",b\n", ',', "1< \"a\"><b>\n");
	check("a\rb,c\nd\n", ',', "1!a carriage return outside quotes\n"
	    "2<d>\n");
	check("a,b\r\r\n", ',', "1!a carriage return outside quotes\n");
	check("a,b\r1,2\r", ',', "1!a carriage return outside quotes\n");
	check("\"a\"x,b\nc,d\n", ',', "1!text after a closing quote\n"
	    "2<c><d>\n");
	check("a,\"b\nc", ',', "1!a quote that does not end\n");
	check("a,\"b\"", ',', "1<a><b>\n");
	check("\"a\"\r\nb\n", ',', "1<a>\n2<b>\n");
	check("a\t\"b\tc\"\n", '\t', "1<a><b\tc>\n");
	check("a,b;c\n", ';', "1<a,b><c>\n");
	check("\xef\xbb\xbf" "a,b\n", ',', "1<a><b>\n");
	check("\xef\xbb\xbf\"a\",b\n", ',', "1<a><b>\n");
	check("\xc3,\xa9\nok,\xc3\xa9\n", ',', "1!bad UTF-8\n2<ok><é>\n");
	test_limits();
	return tap_done();
}

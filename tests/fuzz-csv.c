/* SPDX-License-Identifier: MIT */
/*
 * Rows of CSV: the same however the bytes come; what was read, written in
 * quotes and read again, is the same; a row as an object has its columns. The
 * first byte of an input is how many come at once, the second the delimiter.
 */
#include "feed.h"
#include "fuzz.h"

#include "json/val.h"
#include "source/csvnames.h"

struct rows {
	struct buf all;         /* result, line, fields of each */
	struct buf again;       /* the good ones as CSV */
	size_t n;
};

static void
put_field(struct buf *b, struct span s, char delimiter, bool first)
{
	if (!first)
		buf_putc(b, delimiter);
	buf_putc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '"');
}

static void
take_row(struct rows *r, const struct csv *c)
{
	for (size_t i = 0; i < c->n; i++) {
		buf_printf(&r->all, " %zu:", csv_field(c, i).n);
		buf_add_span(&r->all, csv_field(c, i));
		put_field(&r->again, csv_field(c, i), c->delimiter, i == 0);
	}
	buf_putc(&r->again, '\n');
	r->n++;
}

static void
check_object(struct csvnames *names, const struct csv *c)
{
	struct buf b = { 0 };
	struct arena a = { 0 };
	struct val_error e;
	const struct val *v;

	if (names->n == 0 && !csvnames_set(names, c, true)) {
		names->n = 0;
	} else if (csvnames_check(names, c) == NULL) {
		csvnames_put(names, c, &b);
		v = val_parse(&a, buf_span(&b), 2, true, &e);
		MUST(v != NULL && v->type == JSON_OBJECT && v->n == names->n);
		for (size_t i = 0; i < v->n && i < c->n; i++)
			MUST(v->members[i].value->type == JSON_STRING);
	}
	buf_release(&b);
	arena_release(&a);
}

static void
read_rows(struct rows *r, struct span text, char delimiter, size_t most)
{
	struct feed in = { text, most };
	struct lines lines;
	struct csvnames names = { 0 };
	struct csv c;
	enum csv_result got;

	lines_init(&lines, -1, 1 << 20);
	lines.read = feed_read;
	lines.ctx = &in;
	csv_init(&c, &lines, delimiter);
	while ((got = csv_next(&c)) != CSV_END) {
		MUST(got == CSV_ROW || got == CSV_BAD);
		buf_printf(&r->all, "\n%d %ju", (int)got, (uintmax_t)c.line);
		if (got == CSV_ROW) {
			take_row(r, &c);
			check_object(&names, &c);
		}
	}
	csvnames_release(&names);
	csv_release(&c);
	lines_release(&lines);
}

static void
release(struct rows *r)
{
	buf_release(&r->all);
	buf_release(&r->again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = { (const char *)p, n };
	struct rows one = { 0 }, two = { 0 }, three = { 0 };
	unsigned size = 1 + fuzz_byte(&in) % 16;
	char delimiter = (char)fuzz_byte(&in);

	if (delimiter != '\t' && delimiter != ';' && delimiter != '|')
		delimiter = ',';
	read_rows(&one, in, delimiter, SIZE_MAX);
	read_rows(&two, in, delimiter, size);
	MUST(span_eq(buf_span(&one.all), buf_span(&two.all)));
	read_rows(&three, buf_span(&one.again), delimiter, SIZE_MAX);
	MUST(one.n == three.n);
	MUST(span_eq(buf_span(&one.again), buf_span(&three.again)));
	release(&one);
	release(&two);
	release(&three);
	return 0;
}

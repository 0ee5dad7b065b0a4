/* SPDX-License-Identifier: MIT */
#include "source/rest/table.h"

#include "source/csvnames.h"

static char
guess(struct span text)
{
	bool quoted = false;

	for (size_t i = 0; i < text.n && (quoted || text.p[i] != '\n'); i++) {
		char c = text.p[i];

		quoted ^= c == '"';
		if (!quoted && (c == ',' || c == ';' || c == '\t'))
			return c;
	}
	return ',';
}

static ssize_t
read_span(void *ctx, void *p, size_t n)
{
	struct span *rest = ctx;

	if (n > rest->n)
		n = rest->n;
	memcpy(p, rest->p, n);
	rest->p += n;
	rest->n -= n;
	return (ssize_t)n;
}

/* One row; NULL, or what is wrong with it. */
static const char *
put_row(struct csvnames *names, const struct csv *row, struct buf *out)
{
	const char *why;

	if (names->n == 0)
		return csvnames_set(names, row, true) ? NULL :
		    "two columns have the same name";
	why = csvnames_check(names, row);
	if (why != NULL)
		return why;
	if (out->p[out->n - 1] == '}')
		buf_putc(out, ',');
	csvnames_put(names, row, out);
	return NULL;
}

const char *
table_json(struct span text, char delimiter, struct buf *out, uint64_t *line)
{
	struct span rest = text;
	struct csvnames names = { 0 };
	struct lines in;
	struct csv csv;
	const char *why = NULL;
	enum csv_result r;

	lines_init(&in, -1, text.n + 1);
	in.read = read_span;
	in.ctx = &rest;
	csv_init(&csv, &in, delimiter ? delimiter : guess(text));
	buf_putc(out, '[');
	while (why == NULL && (r = csv_next(&csv)) != CSV_END)
		why = r == CSV_ROW ? put_row(&names, &csv, out) :
		    r == CSV_BAD ? csv.what : "a row too long";
	if (why == NULL && names.n == 0)
		why = "no row that names the columns";
	buf_putc(out, ']');
	*line = csv.line > 0 ? csv.line : 1;
	csv_release(&csv);
	csvnames_release(&names);
	lines_release(&in);
	return why;
}

/* SPDX-License-Identifier: MIT */
#include "source/csv.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

void
csv_init(struct csv *c, struct lines *in, char delimiter)
{
	*c = (struct csv){ .in = in, .delimiter = delimiter };
	buf_reserve(&c->text, 1);
}

void
csv_release(struct csv *c)
{
	buf_release(&c->text);
	free(c->end);
}

struct span
csv_field(const struct csv *c, size_t i)
{
	size_t from = i ? c->end[i - 1] : 0;

	return (struct span){ c->text.p + from, c->end[i] - from };
}

/* A line without its ending CR. */
static struct span
without_cr(struct span line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* The next line that is not empty; of a row if inside. */
static enum csv_result
next_line(struct csv *c, bool inside, struct span *line)
{
	for (;;) {
		switch (lines_next(c->in, line)) {
		case LINE_OK:
		case LINE_CUT:
			break;
		case LINE_LONG:
			c->line = inside ? c->line : c->in->number;
			return CSV_LONG;
		case LINE_EOF:
			return CSV_END;
		default:
			return CSV_ERROR;
		}
		if (c->in->number == 1 && line->n >= 3 &&
		    memcmp(line->p, "\xef\xbb\xbf", 3) == 0)
			*line = (struct span){ line->p + 3, line->n - 3 };
		if (inside || without_cr(*line).n > 0)
			return CSV_ROW;
	}
}

static enum csv_result
bad(struct csv *c, const char *what)
{
	c->what = what;
	return CSV_BAD;
}

static enum csv_result
end_field(struct csv *c)
{
	size_t from = c->n > 0 ? c->end[c->n - 1] : 0;

	if (!utf8_valid(c->text.p + from, c->text.n - from))
		return bad(c, "bad UTF-8");
	if (c->n == CSV_COLUMNS)
		return bad(c, "too many columns");
	c->end = xgrow(c->end, &c->cap, c->n + 1, sizeof *c->end);
	c->end[c->n++] = c->text.n;
	return CSV_ROW;
}

/* The rest of a quoted field from p on, over as many lines as it takes; p and
 * end are those of the last line afterwards. */
static enum csv_result
quoted(struct csv *c, const char **p, const char **end)
{
	struct span line;
	enum csv_result r;

	for (;;) {
		const char *q = memchr(*p, '"', (size_t)(*end - *p));

		if (q != NULL) {
			buf_add(&c->text, *p, (size_t)(q - *p));
			*p = q + 1;
			if (*p == *end || **p != '"')
				return CSV_ROW;
			buf_putc(&c->text, '"');
			++*p;
			continue;
		}
		buf_add(&c->text, *p, (size_t)(*end - *p));
		buf_putc(&c->text, '\n');
		if (c->text.n > c->in->max)
			return CSV_LONG;
		r = next_line(c, true, &line);
		if (r == CSV_END)
			return bad(c, "a quote that does not end");
		if (r != CSV_ROW)
			return r;
		*p = line.p;
		*end = line.p + line.n;
	}
}

/* A field without quotes. A CR within it may be the line end of another
 * system: a table that ends its lines so would be a single row. */
static enum csv_result
plain(struct csv *c, const char **p, const char *end)
{
	const char *q = memchr(*p, c->delimiter, (size_t)(end - *p));
	struct span text = { *p, (size_t)((q != NULL ? q : end) - *p) };

	*p += text.n;
	if (q == NULL)
		text = without_cr(text);
	if (memchr(text.p, '\r', text.n) != NULL)
		return bad(c, "a carriage return outside quotes");
	buf_add_span(&c->text, text);
	return CSV_ROW;
}

/* One field; *p is at its delimiter or at *end afterwards. */
static enum csv_result
field(struct csv *c, const char **p, const char **end)
{
	enum csv_result r;

	if (*p < *end && **p == '"') {
		++*p;
		r = quoted(c, p, end);
		if (r == CSV_ROW && *end - *p == 1 && **p == '\r')
			++*p;
		if (r == CSV_ROW && *p < *end && **p != c->delimiter)
			r = bad(c, "text after a closing quote");
	} else {
		r = plain(c, p, *end);
	}
	return r == CSV_ROW ? end_field(c) : r;
}

enum csv_result
csv_next(struct csv *c)
{
	struct span line;
	const char *p, *end;
	enum csv_result r;

	c->n = 0;
	buf_clear(&c->text);
	r = next_line(c, false, &line);
	if (r != CSV_ROW)
		return r;
	c->line = c->in->number;
	p = line.p;
	end = line.p + line.n;
	while ((r = field(c, &p, &end)) == CSV_ROW && p < end)
		p++;
	return r;
}

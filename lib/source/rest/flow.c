/* SPDX-License-Identifier: MIT */
#include "source/rest/flow.h"

#include "base/utf8.h"

enum { NBSP = 0xa0, SOFT_HYPHEN = 0xad, ZERO_SPACE = 0x200b, BOM = 0xfeff,
	REPLACEMENT = 0xfffd };

void
flow_init(struct flow *f, struct buf *out)
{
	*f = (struct flow){ .out = out, .start = out->n };
}

static struct flow_list *
list_of(struct flow *f)
{
	size_t n = f->nlists < FLOW_LISTS ? f->nlists : FLOW_LISTS;

	return n > 0 ? &f->lists[n - 1] : NULL;
}

static struct flow_row *
row_of(struct flow *f)
{
	size_t n = f->ntables < FLOW_TABLES ? f->ntables : FLOW_TABLES;

	return n > 0 ? &f->rows[n - 1] : NULL;
}

static void
indent(struct flow *f)
{
	struct flow_list *l = list_of(f);
	size_t n = f->nlists < FLOW_LISTS ? f->nlists : FLOW_LISTS;

	for (size_t i = f->item; i < n; i++)
		buf_puts(f->out, "  ");
	if (!f->item)
		return;
	if (l != NULL && l->ordered)
		buf_printf(f->out, "%u. ", l->number);
	else
		buf_puts(f->out, "- ");
	f->item = false;
}

static void
put_breaks(struct flow *f)
{
	struct flow_row *row = row_of(f);
	size_t max = f->pre > 0 ? f->breaks : 2;

	if (row != NULL && row->text)
		row->broken = true;
	for (size_t i = 0; i < f->breaks && i < max; i++)
		buf_putc(f->out, '\n');
}

/* What has to stand before the next text. */
static void
flush(struct flow *f)
{
	struct flow_row *row = row_of(f);
	bool begin = f->out->n == f->start, line = begin || f->breaks > 0;

	if (line && !begin)
		put_breaks(f);
	f->space = f->space && !line;
	for (; f->bars > 0; f->bars--, f->space = false)
		buf_puts(f->out, f->out->n == f->start ||
		    f->out->p[f->out->n - 1] == '\n' ? "| " : " | ");
	if (f->space)
		buf_putc(f->out, ' ');
	if (f->item || (line && f->pre == 0))
		indent(f);
	if (row != NULL)
		row->text = true;
	f->breaks = 0;
	f->space = f->fresh = false;
}

static void
put_space(struct flow *f, char c)
{
	if (f->pre == 0) {
		f->space = true;
	} else if (c == '\n') {
		f->breaks += !f->fresh;
		f->fresh = false;
	} else if (c != '\r') {
		flush(f);
		buf_putc(f->out, c);
	}
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
	    c == '\v';
}

void
flow_point(struct flow *f, uint32_t c)
{
	char text[4];

	if (c == NBSP)
		c = ' ';
	if (c < 0x80 && is_space((char)c)) {
		put_space(f, (char)c);
	} else if (c >= ' ' && c != 0x7f && c != SOFT_HYPHEN &&
	    c != ZERO_SPACE && c != BOM) {
		flush(f);
		buf_add(f->out, text, utf8_put(text, c));
	}
}

/* Bytes of ASCII that are shown as they are. */
static size_t
visible(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && (unsigned char)*q > ' ' && (unsigned char)*q < 0x7f)
		q++;
	return (size_t)(q - p);
}

void
flow_text(struct flow *f, struct span text)
{
	const char *p = text.p, *end = p + text.n;

	while (p < end) {
		size_t n = visible(p, end);

		if (n > 0) {
			flush(f);
			buf_add(f->out, p, n);
		} else if ((n = utf8_len(p, (size_t)(end - p))) > 0) {
			flow_point(f, utf8_point(p, n));
		} else {
			flow_point(f, REPLACEMENT);
			n = 1;
		}
		p += n;
	}
}

void
flow_break(struct flow *f, size_t n)
{
	if (f->nlists > 0 || f->ntables > 0)
		n = 1;
	if (f->item || f->bars > 0)
		return;
	if (f->breaks < n)
		f->breaks = n;
}

void
flow_line(struct flow *f)
{
	if (!f->item)
		f->breaks++;
	f->fresh = false;
}

void
flow_pre(struct flow *f, bool begin)
{
	flow_break(f, 2);
	if (begin) {
		f->pre++;
		f->fresh = true;
		return;
	}
	f->pre -= f->pre > 0;
	f->fresh = false;
	if (f->pre == 0 && f->breaks > 2)
		f->breaks = 2;
}

void
flow_list(struct flow *f, bool begin, bool ordered, unsigned first)
{
	f->item = false;
	if (!begin) {
		f->nlists -= f->nlists > 0;
		flow_break(f, 2);
		return;
	}
	flow_break(f, 2);
	if (f->nlists++ < FLOW_LISTS)
		*list_of(f) = (struct flow_list){ ordered, first - 1 };
}

void
flow_item(struct flow *f)
{
	struct flow_list *l = list_of(f);

	f->item = false;
	flow_break(f, 1);
	f->item = true;
	if (l != NULL && l->ordered)
		l->number++;
}

void
flow_table(struct flow *f, bool begin)
{
	struct flow_row *row;

	if (begin) {
		flow_break(f, 2);
		f->ntables++;
	} else {
		f->bars = 0;
		f->ntables -= f->ntables > 0;
		flow_break(f, 2);
	}
	row = row_of(f);
	if (begin && f->ntables <= FLOW_TABLES)
		*row = (struct flow_row){ 0 };
	else if (row != NULL)
		row->broken = true;
}

void
flow_row(struct flow *f)
{
	struct flow_row *row = row_of(f);

	f->bars = 0;
	flow_break(f, 1);
	if (row != NULL)
		*row = (struct flow_row){ 0 };
}

void
flow_cell(struct flow *f)
{
	struct flow_row *row = row_of(f);

	if (row == NULL || row->broken) {
		flow_break(f, 1);
	} else if (row->cell) {
		f->breaks = row->text ? 0 : f->breaks;
		f->space = f->item = false;
		f->bars++;
	}
	if (row != NULL)
		row->cell = true;
}

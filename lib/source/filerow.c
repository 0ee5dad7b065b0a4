/* SPDX-License-Identifier: MIT */
/* CSV and TSV: rows to objects of strings. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "source/fileread.h"

struct table {
	struct fileread *f;
	struct csv csv;
	struct buf names;       /* "name": of each column, as JSON */
	size_t *end;
	size_t n;               /* columns; 0: not known yet */
	size_t id[ITEM_ID_FIELDS];
	size_t timestamp;       /* n: none */
	struct buf doc;
};

static struct span
name_of(const struct table *t, size_t i)
{
	size_t from = i ? t->end[i - 1] : 0;

	return (struct span){ t->names.p + from, t->end[i] - from };
}

static void
set_names(struct table *t, bool header)
{
	t->n = t->csv.n;
	t->end = xrealloc(t->end, t->n, sizeof *t->end);
	buf_clear(&t->names);
	for (size_t i = 0; i < t->n; i++) {
		struct span name = csv_field(&t->csv, i);
		char number[32];

		if (!header || name.n == 0) {
			snprintf(number, sizeof number, "c%zu", i + 1);
			name = span_of(number);
		}
		json_put_string(&t->names, name);
		buf_putc(&t->names, ':');
		t->end[i] = t->names.n;
	}
}

static int
compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int r = memcmp(x->p, y->p, n);

	return r != 0 ? r : (x->n > y->n) - (x->n < y->n);
}

static bool
has_twins(const struct table *t)
{
	struct span *all = xcalloc(t->n, sizeof *all);
	bool found = false;

	for (size_t i = 0; i < t->n; i++)
		all[i] = name_of(t, i);
	qsort(all, t->n, sizeof *all, compare);
	for (size_t i = 1; i < t->n; i++)
		found |= span_eq(all[i - 1], all[i]);
	free(all);
	return found;
}

/* The column of that name, n if there is none. */
static size_t
find_column(struct table *t, const char *name)
{
	size_t i = 0;

	buf_clear(&t->doc);
	json_put_cstring(&t->doc, name);
	buf_putc(&t->doc, ':');
	while (i < t->n && !span_eq(name_of(t, i), buf_span(&t->doc)))
		i++;
	return i;
}

/* NULL, or what is wrong with the first row. */
static const char *
begin(struct table *t)
{
	struct items *it = &t->f->items;

	set_names(t, t->f->header);
	if (has_twins(t))
		return "two columns have the same name";
	for (size_t i = 0; i < it->nid; i++) {
		t->id[i] = find_column(t, it->id[i]);
		if (t->id[i] == t->n)
			return "there is no column of the name in id";
	}
	t->timestamp = it->timestamp ? find_column(t, it->timestamp) : t->n;
	return NULL;
}

static struct span
make_id(struct table *t)
{
	struct items *it = &t->f->items;

	items_id_begin(it);
	for (size_t i = 0; i < it->nid; i++) {
		if (i > 0)
			buf_putc(&it->key, '/');
		items_id_part(it, csv_field(&t->csv, t->id[i]));
	}
	return buf_span(&it->key);
}

static void
put_row(struct table *t, struct buf *b)
{
	buf_putc(b, '{');
	for (size_t i = 0; i < t->n; i++) {
		if (i > 0)
			buf_putc(b, ',');
		buf_add_span(b, name_of(t, i));
		json_put_string(b, csv_field(&t->csv, i));
	}
	buf_putc(b, '}');
}

static void
row(struct table *t)
{
	struct items *it = &t->f->items;
	struct span id, time = { 0 };

	if (t->csv.n != t->n) {
		items_bad(it, "bad_line", t->csv.n < t->n ?
		    "fewer columns than the first row" :
		    "more columns than the first row");
		return;
	}
	if (it->look != NULL) {
		buf_clear(&t->doc);
		put_row(t, &t->doc);
		buf_pad(&t->doc);
		items_object(it, buf_span(&t->doc));
		return;
	}
	id = make_id(t);
	if (id.n == 0) {
		items_bad(it, "bad_line", "the id is empty");
		return;
	}
	if (t->timestamp < t->n)
		time = csv_field(&t->csv, t->timestamp);
	if (it->wrong != NULL)
		return;
	if (it->slim) {
		emit_doc(id, time, NULL, (struct span){ 0 });
		return;
	}
	put_row(t, emit_begin(id, time, NULL));
	emit_end();
}

/* One result of the reader; false: nothing more of this file. */
static bool
step(struct table *t, enum csv_result r)
{
	struct items *it = &t->f->items;
	const char *why;

	it->line = t->csv.line;
	if (r == CSV_BAD)
		items_bad(it, "bad_line", t->csv.what);
	if (r == CSV_LONG)
		items_bad(it, "too_long", "over 64 MiB");
	if (r != CSV_ROW)
		return t->n > 0;
	if (t->n > 0) {
		row(t);
		return true;
	}
	why = begin(t);
	if (why != NULL)
		items_bad(it, "bad_line", why);
	else if (!t->f->header)
		row(t);
	return why == NULL;
}

bool
fileread_rows(struct fileread *f, struct lines *in, char delimiter)
{
	struct table t = { .f = f };
	enum csv_result r = CSV_END;

	csv_init(&t.csv, in, delimiter);
	while (fileread_more(f) &&
	    (r = csv_next(&t.csv)) != CSV_END && r != CSV_ERROR)
		if (!step(&t, r))
			break;
	csv_release(&t.csv);
	buf_release(&t.names);
	buf_release(&t.doc);
	free(t.end);
	return r != CSV_ERROR;
}

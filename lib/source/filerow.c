/* SPDX-License-Identifier: MIT */
/* CSV and TSV: rows to objects of strings. */
#include "source/csvnames.h"
#include "source/fileread.h"

struct table {
	struct fileread *f;
	struct csv csv;
	struct csvnames names;  /* none: not known yet */
	size_t id[ITEM_ID_FIELDS];
	size_t timestamp;       /* as many as there are names: none */
	struct buf doc;
};

/* NULL, or what is wrong with the first row. */
static const char *
begin(struct table *t)
{
	struct items *it = &t->f->items;

	if (!csvnames_set(&t->names, &t->csv, t->f->header))
		return "two columns have the same name";
	for (size_t i = 0; i < it->nid; i++) {
		t->id[i] = csvnames_find(&t->names, it->id[i]);
		if (t->id[i] == t->names.n)
			return "there is no column of the name in id";
	}
	t->timestamp = it->timestamp ?
	    csvnames_find(&t->names, it->timestamp) : t->names.n;
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
row(struct table *t)
{
	struct items *it = &t->f->items;
	struct span id, time = { 0 };
	const char *why = csvnames_check(&t->names, &t->csv);

	if (why != NULL) {
		items_bad(it, "bad_line", why);
		return;
	}
	if (it->look != NULL) {
		buf_clear(&t->doc);
		csvnames_put(&t->names, &t->csv, &t->doc);
		buf_pad(&t->doc);
		items_object(it, buf_span(&t->doc));
		return;
	}
	id = make_id(t);
	if (id.n == 0) {
		items_bad(it, "bad_line", "the id is empty");
		return;
	}
	if (t->timestamp < t->names.n)
		time = csv_field(&t->csv, t->timestamp);
	if (it->wrong != NULL)
		return;
	if (it->slim) {
		emit_doc(id, time, NULL, (struct span){ 0 });
		return;
	}
	csvnames_put(&t->names, &t->csv, emit_begin(id, time, NULL));
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
		return t->names.n > 0;
	if (t->names.n > 0) {
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
	enum csv_result r = CSV_ROW;

	csv_init(&t.csv, in, delimiter);
	while (fileread_more(f) &&
	    (r = csv_next(&t.csv)) != CSV_END && r != CSV_ERROR)
		if (!step(&t, r))
			break;
	f->items.line = 1;
	if (r == CSV_END && f->header && t.csv.line == 0)
		items_bad(&f->items, "bad_line",
		    "no row that names the columns");
	csv_release(&t.csv);
	csvnames_release(&t.names);
	buf_release(&t.doc);
	return r != CSV_ERROR;
}

/* SPDX-License-Identifier: MIT */
#include "source/csvnames.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/text.h"

void
csvnames_release(struct csvnames *t)
{
	buf_release(&t->text);
	buf_release(&t->scratch);
	free(t->end);
}

static struct span
name_of(const struct csvnames *t, size_t i)
{
	size_t from = i ? t->end[i - 1] : 0;

	return (struct span){ t->text.p + from, t->end[i] - from };
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
has_twins(const struct csvnames *t)
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

bool
csvnames_set(struct csvnames *t, const struct csv *row, bool header)
{
	t->n = row->n;
	t->end = xrealloc(t->end, t->n, sizeof *t->end);
	buf_clear(&t->text);
	for (size_t i = 0; i < t->n; i++) {
		struct span name = csv_field(row, i);
		char number[32];

		if (!header || name.n == 0) {
			snprintf(number, sizeof number, "c%zu", i + 1);
			name = span_of(number);
		}
		json_put_string(&t->text, name);
		buf_putc(&t->text, ':');
		t->end[i] = t->text.n;
	}
	return !has_twins(t);
}

size_t
csvnames_find(struct csvnames *t, const char *name)
{
	size_t i = 0;

	buf_clear(&t->scratch);
	json_put_cstring(&t->scratch, name);
	buf_putc(&t->scratch, ':');
	while (i < t->n && !span_eq(name_of(t, i), buf_span(&t->scratch)))
		i++;
	return i;
}

const char *
csvnames_check(const struct csvnames *t, const struct csv *row)
{
	if (row->n == t->n)
		return NULL;
	return row->n < t->n ? "fewer columns than the first row" :
	    "more columns than the first row";
}

void
csvnames_put(const struct csvnames *t, const struct csv *row, struct buf *out)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < t->n; i++) {
		if (i > 0)
			buf_putc(out, ',');
		buf_add_span(out, name_of(t, i));
		json_put_string(out, csv_field(row, i));
	}
	buf_putc(out, '}');
}

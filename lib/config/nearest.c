/* SPDX-License-Identifier: MIT */
#include "config/schema.h"

enum { NAME_MAX_LEN = 48 };

static size_t
min3(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Edits between two names: insert, delete, replace, swap two neighbours. */
static size_t
distance(struct span a, struct span b)
{
	size_t d[3][NAME_MAX_LEN + 1];
	size_t *before = d[0], *last = d[1], *row = d[2];

	for (size_t j = 0; j <= b.n; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = a.p[i - 1] == b.p[j - 1];

			row[j] = min3(last[j] + 1, row[j - 1] + 1,
			    last[j - 1] + !same);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[b.n];
}

/* How far a name may be from what was meant: a third of it, at most 3. */
static size_t
tolerance(size_t n)
{
	return n < 3 ? 0 : n < 6 ? 1 : n < 9 ? 2 : 3;
}

const char *
schema_nearest(const struct val *schema, struct span key)
{
	const struct val *props = val_get(schema, "properties");
	size_t best = tolerance(key.n) + 1;
	const char *name = NULL;

	if (props == NULL || key.n > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < props->n; i++) {
		struct span s = props->members[i].key;
		size_t d;

		if (s.n > NAME_MAX_LEN)
			continue;
		d = distance(key, s);
		if (d < best) {
			best = d;
			name = s.p;
		}
	}
	return name;
}

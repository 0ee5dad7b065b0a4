/* SPDX-License-Identifier: MIT */
#include "source/sqlkeys.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { DECIMAL_MOST = 1000, INTEGER_MOST = 20 };

bool
sqlkeys_any(const struct sqltable *t, const struct val *ids)
{
	struct buf prefix = { 0 };
	bool found = false;

	sqlstream_put_prefix(&prefix, t->s.name);
	for (size_t i = 0; i < ids->n && !found; i++)
		found = span_starts(val_str(ids->items[i]), buf_span(&prefix));
	buf_release(&prefix);
	return found;
}

void
sqlkeys_init(struct sqlkeys *k, const struct sqltable *t,
    const struct val *ids)
{
	*k = (struct sqlkeys){ .ids = ids, .n = t->s.nid };
	sqlstream_put_prefix(&k->prefix, t->s.name);
}

void
sqlkeys_release(struct sqlkeys *k)
{
	buf_release(&k->prefix);
	for (size_t i = 0; i < k->n; i++)
		buf_release(&k->part[i]);
}

/* ---- ids ---- */

/* first: 'A' or 'a' */
static int
digit(char c, char first)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= first && c <= first + 5 ? c - first + 10 : -1;
}

/* What id_part made it of. */
static bool
unescape(struct buf *out, struct span s)
{
	buf_clear(out);
	for (size_t i = 0; i < s.n; i++) {
		int hi, lo;

		if (s.p[i] != '%') {
			buf_putc(out, s.p[i]);
			continue;
		}
		if (i + 2 >= s.n || (hi = digit(s.p[i + 1], 'A')) < 0 ||
		    (lo = digit(s.p[i + 2], 'A')) < 0)
			return false;
		buf_putc(out, (char)(hi << 4 | lo));
		i += 2;
	}
	return true;
}

/* Its parts, as many as there are columns. */
static bool
split(struct sqlkeys *k, struct span s)
{
	for (size_t i = 0; i < k->n; i++) {
		const char *slash = s.n > 0 ? memchr(s.p, '/', s.n) : NULL;
		size_t n = slash != NULL ? (size_t)(slash - s.p) : s.n;

		if ((slash != NULL) != (i + 1 < k->n) ||
		    !unescape(&k->part[i], (struct span){ s.p, n }))
			return false;
		n += slash != NULL;
		s = (struct span){ s.p + n, s.n - n };
	}
	return true;
}

bool
sqlkeys_next(struct sqlkeys *k)
{
	while (k->at < k->ids->n) {
		struct span id = val_str(k->ids->items[k->at++]);

		if (span_starts(id, buf_span(&k->prefix)) &&
		    split(k, (struct span){ id.p + k->prefix.n,
		    id.n - k->prefix.n }))
			return true;
	}
	return false;
}

bool
sqlkeys_indexed(const struct sqltable *t)
{
	bool keyed = false;

	for (size_t i = 0; i < t->ncolumns; i++) {
		bool named = false;

		if (t->column[i].key == 0)
			continue;
		keyed = true;
		for (size_t k = 0; k < t->s.nid; k++)
			named = named ||
			    sqltable_find(t, t->s.id[k]) == (int)i;
		if (!named)
			return false;
	}
	return keyed;
}

/* ---- values ---- */

bool
sqlkeys_is_integer(struct span s, int64_t *out)
{
	char text[INTEGER_MOST + 1], *end;

	if (s.n == 0 || s.n > INTEGER_MOST ||
	    (s.p[0] != '-' && (s.p[0] < '0' || s.p[0] > '9')))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	errno = 0;
	*out = strtoll(text, &end, 10);
	return end == text + s.n && errno == 0;
}

bool
sqlkeys_is_decimal(struct span s)
{
	return s.n <= DECIMAL_MOST && json_is_number(s) &&
	    memchr(s.p, 'e', s.n) == NULL && memchr(s.p, 'E', s.n) == NULL;
}

bool
sqlkeys_is_real(struct buf *part, double *out)
{
	struct span s = buf_span(part);

	if (span_is(s, "Infinity") || span_is(s, "-Infinity"))
		*out = *s.p == '-' ? -INFINITY : INFINITY;
	else if (json_is_number(s))
		*out = strtod(buf_cstr(part), NULL);
	else
		return false;
	return true;
}

bool
sqlkeys_is_hex(struct buf *out, struct span s)
{
	if (s.n % 2 != 0)
		return false;
	for (size_t i = 0; i < s.n; i += 2) {
		int hi = digit(s.p[i], 'a'), lo = digit(s.p[i + 1], 'a');

		if (hi < 0 || lo < 0)
			return false;
		buf_putc(out, (char)(hi << 4 | lo));
	}
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "source/myids.h"

#include <mysqld_error.h>

#include "base/utf8.h"
#include "source/sqlkeys.h"

/* Ids in one statement: of 512 bytes, they are less than any server takes. */
enum { AT_ONCE = 500 };

enum fit { FITS, NO_ROW, UNKNOWN };

/* The column of part i of an id; -1: it is not compared. */
static int
compared(const struct mystream *p, size_t i)
{
	int at = sqltable_find(&p->t, p->t.s.id[i]);

	return at >= 0 && p->compared[at] ? at : -1;
}

/* Does the server find a row by its key? */
static bool
is_found_by_key(const struct mystream *p)
{
	if (!p->base_table || !sqlkeys_indexed(&p->t))
		return false;
	for (size_t i = 0; i < p->t.s.nid; i++) {
		int at = sqltable_find(&p->t, p->t.s.id[i]);

		if (at >= 0 && p->t.column[at].key > 0 && !p->compared[at])
			return false;
	}
	return true;
}

/* Can it be in such a column? Bytes that are no text cannot be asked for. */
static enum fit
fits(enum mykind k, struct span part, struct buf *scratch)
{
	buf_clear(scratch);
	switch (k) {
	case MY_INT:
	case MY_DECIMAL:
		return sqlkeys_is_decimal(part) ? FITS : NO_ROW;
	case MY_BINARY:
		return sqlkeys_is_hex(scratch, part) ? FITS : NO_ROW;
	default:
		return utf8_valid(part.p, part.n) ? FITS : UNKNOWN;
	}
}

static enum fit
fits_all(const struct mystream *p, const struct sqlkeys *k,
    struct buf *scratch)
{
	enum fit worst = FITS;

	for (size_t i = 0; i < k->n && worst != NO_ROW; i++) {
		int at = compared(p, i);
		enum fit one = at < 0 ? FITS : fits(p->base[at],
		    buf_span(&k->part[i]), scratch);

		worst = one != FITS ? one : worst;
	}
	return worst;
}

static void
put_value(struct buf *sql, struct myconn *g, enum mykind k, struct span part)
{
	if (k == MY_INT || k == MY_DECIMAL) {
		buf_add_span(sql, part);
	} else if (k == MY_BINARY) {
		buf_puts(sql, "X'");
		buf_add_span(sql, part);
		buf_putc(sql, '\'');
	} else {
		myconn_put_text(sql, g, part);
	}
}

static void
put_id(struct buf *sql, const struct mystream *p, struct myconn *g,
    const struct sqlkeys *k)
{
	const char *before = sql->n > 0 ? " OR (" : "(";

	for (size_t i = 0; i < k->n; i++) {
		int at = compared(p, i);

		if (at < 0)
			continue;
		buf_puts(sql, before);
		sqltable_put_name(sql, p->t.s.id[i], '`');
		buf_puts(sql, " = ");
		put_value(sql, g, p->base[at], buf_span(&k->part[i]));
		before = " AND ";
	}
	buf_putc(sql, ')');
}

/* The next ids; false: there are none left. */
static bool
next_ids(struct buf *where, const struct mystream *p, struct myconn *g,
    struct sqlkeys *k)
{
	struct buf scratch = { 0 };

	buf_clear(where);
	for (int n = 0; n < AT_ONCE && sqlkeys_next(k);)
		if (fits_all(p, k, &scratch) == FITS) {
			put_id(where, p, g, k);
			n++;
		}
	buf_release(&scratch);
	return where->n > 0;
}

static bool
all_known(const struct mystream *p, const struct val *ids)
{
	struct buf scratch = { 0 };
	struct sqlkeys k;
	bool known = true;

	sqlkeys_init(&k, &p->t, ids);
	while (known && sqlkeys_next(&k))
		known = fits_all(p, &k, &scratch) != UNKNOWN;
	sqlkeys_release(&k);
	buf_release(&scratch);
	return known;
}

static int
read_some(struct mystream *p, struct myconn *g, const struct mypart *part,
    const struct val *ids, struct err *e)
{
	struct mypart some = *part;
	struct buf where = { 0 };
	struct sqlkeys k;
	int r = 0;

	sqlkeys_init(&k, &p->t, ids);
	while (r == 0 && !p->t.unread && next_ids(&where, p, g, &k)) {
		some.where = buf_cstr(&where);
		r = mystream_read(p, g, &some, e);
	}
	sqlkeys_release(&k);
	buf_release(&where);
	return r;
}

/* A text with characters that a column's character set lacks cannot be
 * compared with it. */
int
myids_read(struct mystream *p, struct myconn *g, const struct mypart *part,
    const struct val *ids, struct err *e)
{
	static const unsigned codes[] = { ER_CANT_AGGREGATE_2COLLATIONS, 0 };
	struct err told = { 0 };

	if (is_found_by_key(p) && all_known(p, ids)) {
		if (read_some(p, g, part, ids, &told) == 0)
			return 0;
		if (!myconn_is(g, codes)) {
			*e = told;
			return -1;
		}
	}
	return mystream_read(p, g, part, e);
}

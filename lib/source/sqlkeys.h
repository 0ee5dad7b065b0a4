/* SPDX-License-Identifier: MIT */
/* The ids that a request asks for, as the values of a stream's id columns. */
#ifndef CONN_SOURCE_SQLKEYS_H
#define CONN_SOURCE_SQLKEYS_H

#include "source/sqltable.h"

struct sqlkeys {
	const struct val *ids;
	size_t at;              /* the next one */
	struct buf prefix;
	size_t n;               /* of the columns */
	struct buf part[SQL_ID_COLUMNS]; /* of the last id, unescaped */
};

/* Is one of them of this stream? */
bool sqlkeys_any(const struct sqltable *t, const struct val *ids);

void sqlkeys_init(struct sqlkeys *k, const struct sqltable *t,
    const struct val *ids);
/* The next that may be of the stream; false: no more. */
bool sqlkeys_next(struct sqlkeys *k);
void sqlkeys_release(struct sqlkeys *k);

/* Does the id hold all columns of the table's primary key, so that its index
 * finds a row? */
bool sqlkeys_indexed(const struct sqltable *t);

/* Digits with a sign perhaps, of 64 bits; a number without exponent. */
bool sqlkeys_is_integer(struct span s, int64_t *out);
bool sqlkeys_is_decimal(struct span s);
/* A JSON number, or an infinity. */
bool sqlkeys_is_real(struct buf *part, double *out);
/* Pairs of hexadecimal digits; adds the bytes. */
bool sqlkeys_is_hex(struct buf *out, struct span s);

#endif

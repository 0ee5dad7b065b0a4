/* SPDX-License-Identifier: MIT */
/* What JSON the values of a SQL column are, for the schema of a stream. */
#ifndef CONN_SOURCE_SQLFORM_H
#define CONN_SOURCE_SQLFORM_H

#include <stdbool.h>

#include "base/buf.h"

enum sqlform {
	SQLFORM_ANY,
	SQLFORM_BOOL,
	SQLFORM_INT,
	SQLFORM_BIG,            /* a string of digits beyond 2^53 */
	SQLFORM_DOUBLE,         /* finite */
	SQLFORM_FLOAT,          /* or a string: an infinity, NaN */
	SQLFORM_DECIMAL,        /* or a string where a double would round */
	SQLFORM_SCALAR,         /* a number or a string */
	SQLFORM_TEXT,
	SQLFORM_BASE64,
	SQLFORM_DATE,
	SQLFORM_TIME,           /* with its zone */
	SQLFORM_ARRAY, SQLFORM_OBJECT
};

/* Adds the JSON Schema of such values; null: or null. */
void sqlform_put(struct buf *out, enum sqlform form, bool null);

#endif

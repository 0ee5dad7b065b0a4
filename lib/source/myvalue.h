/* SPDX-License-Identifier: MIT */
/*
 * Values of MySQL and MariaDB, from the text form that a server gives under
 * the settings of myconn.h (utf8mb4, UTC), as JSON, as parts of ids and as
 * times.
 */
#ifndef CONN_SOURCE_MYVALUE_H
#define CONN_SOURCE_MYVALUE_H

#include "json/text.h"
#include "source/when.h"

enum mykind {
	MY_TEXT,                /* a string, whatever it is */
	MY_INT,                 /* of any size, with leading zeros perhaps */
	MY_DECIMAL, MY_DOUBLE,
	MY_FLOAT,               /* given as the double that it is */
	MY_BIT,                 /* the bytes of a number, the highest first */
	MY_JSON, MY_BINARY,
	MY_DATE, MY_DATETIME,
	MY_TIMESTAMP,           /* in UTC */
	MY_GEOMETRY             /* bytes of the server's own form */
};

/*
 * Integers beyond 2^53 and decimals of more than 15 digits are strings, bit
 * is a number, binary is base64, timestamps are RFC 3339, json stands as it
 * is. A date that is zero is null.
 */
void myvalue_put(struct buf *out, enum mykind k, struct span text);
/* As a part of an id, escaped: binary in hexadecimal digits, numbers never in
 * quotes, zero dates as the server has them. */
void myvalue_put_id(struct buf *out, enum mykind k, struct span text);
/* The text of a timestamp, in scratch or as it is; p NULL: a zero date. */
struct span myvalue_stamp(struct buf *scratch, enum mykind k,
    struct span text);
/* What sqlvalue_time says of it. */
bool myvalue_time(enum mykind k, struct span text, struct when *out);

#endif

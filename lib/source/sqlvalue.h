/* SPDX-License-Identifier: MIT */
/* Values that SQL drivers write in the same way. */
#ifndef CONN_SOURCE_SQLVALUE_H
#define CONN_SOURCE_SQLVALUE_H

#include <time.h>

#include "json/text.h"
#include "source/when.h"

/* An integer's digits: in quotes beyond 2^53, where readers of JSON round. What
 * is no number is a string. */
void sqlvalue_put_integer(struct buf *out, struct span digits);
/* A decimal's digits, exactly as they are: a number where readers of JSON
 * keep it (up to 15 digits, or an integer up to 2^53), else in quotes. What is
 * no number (NaN) is a string. */
void sqlvalue_put_decimal(struct buf *out, struct span digits);
/* A text that reads back as the double it shows; the infinities and NaN are
 * strings. */
void sqlvalue_put_float(struct buf *out, struct span text);
/* A text that should be JSON: as it is, line breaks aside, or as a string. */
void sqlvalue_put_json(struct buf *out, struct span text);
/* At `at` there is a quote, and behind it the text of a string, as it is: makes
 * a JSON string of it. */
void sqlvalue_end_string(struct buf *out, size_t at);
void sqlvalue_put_base64(struct buf *out, struct span bytes); /* no quotes */
void sqlvalue_put_hex(struct buf *out, struct span bytes);

/* A number of seconds since 1970, from 1e11 on of milliseconds, from 1e14 on
 * of microseconds, from 1e17 on of nanoseconds. false: before 1980, which is
 * taken for a number of another kind. */
bool sqlvalue_epoch(int64_t v, struct timespec *out);
/* The text of any timestamp: RFC 3339, a date, or such a number, whose fraction
 * is cut. */
bool sqlvalue_time(struct span text, struct when *out);

#endif

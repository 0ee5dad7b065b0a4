/* SPDX-License-Identifier: MIT */
/* Texts of single values of BSON, without quotes; what documents and ids have
 * in common. */
#ifndef CONN_SOURCE_BSONTEXT_H
#define CONN_SOURCE_BSONTEXT_H

#include <bson/bson.h>

#include "base/buf.h"

void bsontext_int(struct buf *out, int64_t v);
/* NaN, Infinity or -Infinity; NULL: a number that has digits. */
const char *bsontext_name(double v);
/* Milliseconds since 1970. false: RFC 3339 has no such year. */
bool bsontext_date(struct buf *out, int64_t ms);
void bsontext_timestamp(struct buf *out, const bson_iter_t *i);
void bsontext_hex(struct buf *out, const uint8_t *p, size_t n);
bool bsontext_is_uuid(bson_subtype_t type, uint32_t n);
void bsontext_uuid(struct buf *out, const uint8_t *p);
void bsontext_oid(struct buf *out, const bson_oid_t *oid);
void bsontext_decimal(struct buf *out, const bson_iter_t *i);
/* Of a string, code or symbol; a view. */
struct span bsontext_of(const bson_iter_t *i);

#endif

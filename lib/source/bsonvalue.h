/* SPDX-License-Identifier: MIT */
/* Values of BSON as JSON and as parts of ids: the tables of
 * conn-source-mongodb(7). */
#ifndef CONN_SOURCE_BSONVALUE_H
#define CONN_SOURCE_BSONVALUE_H

#include <bson/bson.h>

#include "base/buf.h"

enum bsonfault { BSONVALUE_GOOD, BSONVALUE_DEEP, BSONVALUE_DAMAGED };

/* Adds the document as a JSON object. After a fault what was added is of no
 * use. */
enum bsonfault bsonvalue_document(struct buf *out, const bson_t *document);

/* Adds the text of an _id, which no _id with another value has; not escaped
 * yet (id_part). What is equal to MongoDB (1 and 1.0) gives one text. */
void bsonvalue_id(struct buf *out, const bson_iter_t *value);
/* Appends to out the value that has this text. false: it is of none, or of
 * one that cannot be had back. */
bool bsonvalue_from_id(bson_t *out, const char *key, struct span text);

/* Adds the text of a field that tells when a document was changed. false:
 * it is of a type that tells no time. */
bool bsonvalue_stamp(struct buf *out, const bson_iter_t *value);

#endif

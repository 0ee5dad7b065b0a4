/* SPDX-License-Identifier: MIT */
/* Entries of streams of MongoDB, and Elastic's advanced rules as such. */
#ifndef CONN_SOURCE_MONGOSTREAM_H
#define CONN_SOURCE_MONGOSTREAM_H

#include <bson/bson.h>

#include "source/source.h"

struct mongostream {
	const char *name, *collection;
	const char *timestamp;          /* field; NULL: none */
	/* each may be NULL */
	bson_t *filter, *projection, *sort;     /* of a find */
	bson_t *pipeline;               /* an array: it is an aggregate */
	bson_t *opts;                   /* further ones of the command */
	bool part;              /* skip or limit: which part it is depends on
	                           all documents */
	bool wavers;            /* the answer changes without a change */
	/* what the server tells */
	bool plain;             /* a collection, not a view or such */
	char *uuid;             /* of the collection; NULL: not told */
	bool unread;            /* not permitted: */
	char why[200];
	struct buf place;       /* in the change stream, mongochange_place;
	                           empty: */
	char none[200];         /* why there is none */
};

/* The JSON Schema of an entry, and the property of a source's. */
#define MONGOSTREAM_TEXT "{\"type\":\"string\",\"minLength\":1,"
#define MONGOSTREAM_SCHEMA "{\"type\":\"object\",\"required\":[\"name\"]," \
	"\"additionalProperties\":false,\"properties\":{" \
	"\"name\":" MONGOSTREAM_TEXT "\"title\":\"Name\",\"description\":" \
	"\"Ids begin with it.\"}," \
	"\"collection\":" MONGOSTREAM_TEXT "\"title\":\"Collection\"," \
	"\"description\":\"A collection or view; without it the stream's " \
	"name.\"}," \
	"\"filter\":{\"type\":\"object\",\"title\":\"Filter\"," \
	"\"description\":\"Which documents, in extended JSON.\"}," \
	"\"projection\":{\"oneOf\":[{\"type\":\"object\"},{\"type\":" \
	"\"array\",\"items\":" MONGOSTREAM_TEXT "\"title\":\"Field\"}}]," \
	"\"title\":\"Projection\",\"description\":\"Which fields; _id has " \
	"to stay.\"}," \
	"\"sort\":{\"type\":\"object\",\"title\":\"Order\"," \
	"\"description\":\"In place of the order of _id.\"}," \
	"\"no_cursor_timeout\":{\"type\":\"boolean\"," \
	"\"title\":\"Cursors without a time limit\",\"description\":" \
	"\"On, unless it is false: for a server that refuses it.\"}," \
	"\"pipeline\":{\"type\":\"array\",\"minItems\":1,\"items\":" \
	"{\"type\":\"object\"},\"title\":\"Pipeline\",\"description\":" \
	"\"Stages of an aggregate, in place of filter, projection and " \
	"sort.\"}," \
	"\"timestamp\":" MONGOSTREAM_TEXT "\"title\":\"Timestamp\"," \
	"\"description\":\"The field that tells when a document was " \
	"changed; polls go by it, else by the change stream.\"}}}"
#define MONGOSTREAM_RULES "\"advanced_rules\":{\"type\":\"object\"," \
	"\"title\":\"Advanced rules\",\"description\":\"Elastic's advanced " \
	"sync rules, find or aggregate, for the collection.\"}"

/* Makes entries of `collection` and `advanced_rules`, if there. A `ready` of
 * struct source. */
int mongostream_ready(struct arena *a, struct request *rq, struct err *e);
/* Entry i of the request's streams. Release in any case. */
int mongostream_read(struct mongostream *s, const struct request *rq,
    size_t i, struct err *e);
void mongostream_release(struct mongostream *s);
/* Status 2 "streams.NAME: WHAT". */
int mongostream_wrong(const struct mongostream *s, struct err *e,
    const char *fmt, ...) MSG_PRINTF(3, 4);

#endif

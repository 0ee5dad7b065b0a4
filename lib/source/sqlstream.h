/* SPDX-License-Identifier: MIT */
/* Entries of streams of a SQL source: the settings, without the database. */
#ifndef CONN_SOURCE_SQLSTREAM_H
#define CONN_SOURCE_SQLSTREAM_H

#include "source/source.h"

enum { SQL_ID_COLUMNS = 64, SQL_STREAMS = 10000 };

struct sqlstream {
	const char *name;
	const char *place;      /* in the config; NULL: streams.NAME */
	const char *table;      /* NULL: query is set */
	const char *query;
	const struct val *tables;       /* of an advanced rule's query: names
	                                   of tables that have to be there */
	const char *id[SQL_ID_COLUMNS]; /* nid 0: the primary key; of a query
	                                   those of tables */
	size_t nid;
	const char *timestamp;  /* NULL: none */
};

/* The JSON Schema of an entry, for specs. */
#define SQLSTREAM_SCHEMA "{\"type\":\"object\",\"required\":[\"name\"]," \
	"\"additionalProperties\":false,\"properties\":{" \
	"\"name\":{\"type\":\"string\",\"minLength\":1," \
	"\"title\":\"Name\",\"description\":\"Ids begin with it.\"}," \
	"\"table\":{\"type\":\"string\",\"minLength\":1," \
	"\"title\":\"Table\",\"description\":\"A table or view; without it " \
	"and without query the stream's name.\"}," \
	"\"query\":{\"type\":\"string\",\"minLength\":1," \
	"\"title\":\"Query\",\"description\":\"A SELECT, in place of a " \
	"table.\"}," \
	"\"id\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64," \
	"\"items\":{\"type\":\"string\",\"minLength\":1}," \
	"\"title\":\"Id\",\"description\":\"The columns that name a row; " \
	"without it the primary key. A query needs it.\"}," \
	"\"timestamp\":{\"type\":\"string\",\"minLength\":1," \
	"\"title\":\"Timestamp\",\"description\":\"The column that tells " \
	"when a row was changed. Polls need it.\"}}}"

/* Calls each for all of these, until it fails. */
int sqlstream_each(const struct request *rq, int (*each)(void *ctx,
    const struct sqlstream *s, struct err *e), void *ctx, struct err *e);
/* Adds what the ids of the stream of that name begin with. */
void sqlstream_put_prefix(struct buf *out, const char *name);
/* The query without what ends it. */
struct span sqlstream_query(const struct sqlstream *s);
/* Status 2 "streams.NAME: WHAT", or with another place. */
int sqlstream_wrong(const struct sqlstream *s, struct err *e, const char *fmt,
    ...) MSG_PRINTF(3, 4);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Elastic's advanced rules of a SQL source, as entries of streams. Each query
 * is a stream. Its name is that of its tables, joined by +; the second of the
 * same name gets #2 behind it, and so on. Ids begin with it, so the rules
 * for it must stay as they are.
 */
#ifndef CONN_SOURCE_SQLADVANCED_H
#define CONN_SOURCE_SQLADVANCED_H

#include "source/source.h"

/* The property of a source's schema. */
#define SQLADVANCED_SCHEMA "\"advanced_rules\":{\"title\":\"Advanced rules\"," \
	"\"description\":\"Elastic's advanced sync rules, in place of " \
	"streams: queries, each with its tables and the columns that name " \
	"a row.\",\"oneOf\":[{\"type\":\"array\",\"maxItems\":1000," \
	"\"items\":{\"type\":\"object\",\"additionalProperties\":false," \
	"\"required\":[\"tables\",\"query\"],\"properties\":{" \
	"\"tables\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64," \
	"\"items\":{\"type\":\"string\",\"minLength\":1}}," \
	"\"query\":{\"type\":\"string\",\"minLength\":1}," \
	"\"id_columns\":{\"type\":\"array\",\"minItems\":1," \
	"\"maxItems\":64,\"items\":{\"type\":\"string\"," \
	"\"minLength\":1}}}}},{\"type\":\"object\"," \
	"\"additionalProperties\":{\"type\":\"object\"," \
	"\"additionalProperties\":{\"type\":\"string\"," \
	"\"minLength\":1}}}]}"

/*
 * If the source has advanced rules, rq->streams becomes their entries, all or
 * those that it names: {"name","place","tables","query","id"}, without "id"
 * where the rule has no id_columns. Rules that are empty are none. database:
 * what the older form {DATABASE:{TABLE:QUERY}} has to name. A `ready` of
 * struct source, but for that. Status 2 if they do not fit.
 */
int sqladvanced_ready(struct arena *a, struct request *rq,
    const char *database, struct err *e);

#endif

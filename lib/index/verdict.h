/* SPDX-License-Identifier: MIT */
/*
 * The table of what Elasticsearch and OpenSearch answer: verdicts.txt, which
 * explains it, in C. Private to elasticsearch_verdict.c and its tests.
 */
#ifndef CONN_INDEX_VERDICT_H
#define CONN_INDEX_VERDICT_H

#include "base/span.h"
#include "index/elasticsearch.h"

enum verdict_op { OP_ANY, OP_INDEX, OP_DELETE };
enum verdict_store { STORE_ANY, STORE_NO, STORE_USED };

struct verdict_row {
	enum verdict_op op;
	enum verdict_store store;
	int from, to;           /* status */
	/* p NULL: any; n 0: none. Type of the error; result of an item. */
	struct span error, result;
	enum es_answer answer;
	const char *code;       /* of a fail record; NULL: the error's type */
};

/* An answer; error and result are empty where there is none. */
struct verdict_key {
	enum verdict_op op;
	enum verdict_store store;
	int status;             /* 0: none */
	struct span error, result;
};

extern const struct verdict_row verdict_items[], verdict_requests[];
extern const size_t verdict_nitems, verdict_nrequests;

/* The first of the rows that fits; one must. */
const struct verdict_row *verdict_find(const struct verdict_row *rows,
    const struct verdict_key *k);

#endif

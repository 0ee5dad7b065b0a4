/* SPDX-License-Identifier: MIT */
/* A request as it is sent, and what the next one of its listing is. */
#ifndef CONN_SOURCE_REST_ASKED_H
#define CONN_SOURCE_REST_ASKED_H

#include "base/hash.h"
#include "source/rest/run.h"

struct asked {
	struct arena arena;
	const struct ask *ask;
	struct val *parts;      /* {path,query,headers,body,form} */
	char *raw;              /* the URL, where an answer gave it */
	struct buf url, body;
	struct http_field *fields;
	struct fetch_request request;   /* after asked_make */
};
void asked_release(struct asked *a);

/* The first request of a listing. *own: its programs are to blame. */
int asked_start(struct run *r, const struct ask *ask, const struct vars *v,
    struct asked *out, bool *own, struct err *e);
/* What `next` gave: a URL, or members that are merged. base: the URL that
 * answered. */
int asked_next(struct run *r, const struct asked *a, const char *base,
    const struct val *next, struct asked *out, struct err *e);
/* The query that was sent, as JSON. */
void asked_query(const struct asked *a, struct buf *out);
/* Equal for equal requests. */
struct h128 asked_hash(const struct asked *a);

#endif

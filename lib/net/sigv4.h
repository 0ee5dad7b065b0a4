/* SPDX-License-Identifier: MIT */
/*
 * AWS Signature Version 4 of one request, as the headers that carry it. Pure
 * functions: the same request at the same time has the same signature.
 *
 * libcurl has its own (CURLOPT_AWS_SIGV4). It is not used: that of 7.88 signs
 * path and query as they stand, unsorted, commas and stars unescaped, so that
 * the server computes another signature.
 */
#ifndef CONN_NET_SIGV4_H
#define CONN_NET_SIGV4_H

#include <time.h>

#include "base/buf.h"

enum { SIGV4_DATE = 17, SIGV4_HASH = 65 };

struct sigv4_keys {
	const char *region, *service, *key, *secret;
	const char *token;      /* of a session; NULL: none */
};

struct sigv4_header {
	const char *name, *value;       /* name in lower case */
};

struct sigv4_request {
	const char *method, *url;       /* as they are sent */
	const char *date;               /* of the header x-amz-date */
	const struct sigv4_header *headers;     /* signed; no name twice */
	size_t n;
	struct span body;               /* as it is sent, compressed or not */
};

/* The value of the header Authorization, added to out. */
void sigv4_authorization(const struct sigv4_keys *k,
    const struct sigv4_request *rq, struct buf *out);

/* All headers of a request that is sent now: Host, the time, the body's hash,
 * the session's token, the signature. type: media type of the body, or NULL.
 * Values live until the call of each ends. */
typedef void sigv4_each(void *ctx, const char *name, const char *value);
void sigv4_sign(const struct sigv4_keys *k, const char *method,
    const char *url, const char *type, struct span body, time_t now,
    sigv4_each *each, void *ctx);

/* What libcurl sends as Host: without the port if it is the scheme's own. */
void sigv4_host(const char *url, struct buf *out);
/* SHA-256 in lower-case hex. */
void sigv4_hash(struct span s, char out[SIGV4_HASH]);

#endif

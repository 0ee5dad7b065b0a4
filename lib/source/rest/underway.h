/* SPDX-License-Identifier: MIT */
/*
 * The inside of a fetch, and its requests under way, which are such as are
 * asked for and such as are foreseen. Private to fetch.c and underway.c.
 */
#ifndef CONN_SOURCE_REST_UNDERWAY_H
#define CONN_SOURCE_REST_UNDERWAY_H

#include "source/rest/auth.h"
#include "source/rest/rate.h"

struct fetch {
	struct fetch_options o;
	char *origin;
	struct http *http;
	struct auth *auth;
	struct jobs jobs;
	struct rate rate;
	struct retry retry;
	struct retry_try try;   /* of the request asked for last */
	bool again;             /* fetch_again was called for it */
	bool needed;            /* a request is waited for: no guesses now */
};

/* Is that URL on the connector's origin? Else e, status 3. */
int underway_origin(const struct fetch *f, const char *url, struct err *e);
/* May this request be sent at all? */
int underway_check(const struct fetch *f, const struct fetch_request *rq,
    struct err *e);
/* A request is made, or the foreseen one of its kind waited for. The caller
 * drops it. NULL: e. */
struct job *underway_answer(struct fetch *f, const struct fetch_request *rq,
    struct err *e);
/* Starts what was foreseen, as far as there is room now. */
void underway_guess(struct fetch *f);

#endif

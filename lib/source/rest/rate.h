/* SPDX-License-Identifier: MIT */
/*
 * When the next request may be sent: at most N in any window of time (so more
 * strictly than a bucket, which lets 2 N through in its first), and not before
 * a server's limit is over.
 */
#ifndef CONN_SOURCE_REST_RATE_H
#define CONN_SOURCE_REST_RATE_H

#include "net/http.h"

struct rate {
	double window;          /* seconds */
	size_t n;               /* requests in it; 0: any number */
	double *sent;           /* a ring: when the last n were */
	size_t at;              /* the oldest of them */
	double blocked;         /* until then */
};

/* Times are those of clock_mono. */

/* "3" a second, "3/s", "900/15m"; NULL: no limit. false: none of that. */
bool rate_init(struct rate *r, const char *text);
void rate_release(struct rate *r);
/* Seconds from now until a request may be sent. */
double rate_delay(const struct rate *r, double now);
void rate_sent(struct rate *r, double now);
void rate_block(struct rate *r, double until);

/* What a reply says of its server's limits. */
struct rate_signal {
	bool limited;           /* it was refused for a limit */
	double wait;            /* seconds until it may be asked again; 0: not
	                           told, or no need */
};
struct rate_signal rate_read(const struct http_reply *r);

#endif

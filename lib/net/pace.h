/* SPDX-License-Identifier: MIT */
/*
 * How much a server bears: requests under way at once, and bytes of a request.
 * Both grow a little after a row of good answers and are halved by trouble
 * (additive increase, multiplicative decrease, as TCP does it).
 */
#ifndef CONN_NET_PACE_H
#define CONN_NET_PACE_H

#include <stdbool.h>
#include <stddef.h>

struct pace {
	unsigned window, window_max;    /* requests under way at once */
	size_t bytes, bytes_max;        /* of a request */
	unsigned good;                  /* answers in a row */
	double quickest;                /* seconds of a good answer, about */
	bool steady;                    /* there was trouble: grow slowly */
};

/* Starts with one request of the full size. */
void pace_init(struct pace *p, unsigned window, size_t bytes);
/* A request of so many bytes was answered well after so many seconds. */
void pace_good(struct pace *p, size_t bytes, double seconds);
/* The server could not bear it: 429, 503, no answer in time. alone: nothing
 * else was under way, so that its size may be the reason. true: requests are
 * shorter from now on, so that the next is another attempt. */
bool pace_trouble(struct pace *p, size_t bytes, bool alone);
/* A request of so many bytes is too long, now and later (413). */
void pace_too_long(struct pace *p, size_t bytes);

#endif

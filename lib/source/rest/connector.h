/* SPDX-License-Identifier: MIT */
/*
 * What a connector's file, or a source section of type rest, says: its
 * streams with all defaults and overrides merged, checked, parents before
 * their children. Lives in the request's arena.
 */
#ifndef CONN_SOURCE_REST_CONNECTOR_H
#define CONN_SOURCE_REST_CONNECTOR_H

#include "source/source.h"

/* Load and slim list the same; in a poll other keys may stand. */
enum mode { MODE_LOAD, MODE_SLIM, MODE_POLL, MODES };

enum { CONNECTOR_STREAMS = 1000, CONNECTOR_NONE = -1 };

struct definition {
	const char *name;
	const struct val *at;           /* its mapping, for places */
	const struct val *keys[MODES];  /* defaults and overrides merged */
	int parent[MODES];              /* the stream it is for, or NONE */
	int as;                         /* whose ids these are */
	bool feeds;                     /* doc: false */
	bool only_poll;
	bool shared;                    /* another one has these ids, too */
	bool selected;
};

struct connector {
	struct arena *arena;
	const char *file;       /* NULL: the source section is it */
	const struct val *root;
	const struct val *settings;     /* $c */
	const struct val *plain;        /* the same without secrets */
	const struct val *sub;  /* defaults of requests inside a stream */
	struct definition *v;   /* parents first */
	size_t n;
};

int connector_read(struct connector *c, struct arena *a,
    const struct request *rq, struct err *e);
int connector_find(const struct connector *c, struct span name);

/* err_set, status 2, "FILE:LINE:COL: KEY: WHAT", or "source.KEY: WHAT" where
 * the section is all there is. Returns -1. */
int connector_wrong(const struct connector *c, const struct val *at,
    const char *key, struct err *e, const char *fmt, ...) MSG_PRINTF(5, 6);
/* base with what over has: maps key by key, null takes a key out. */
struct val *connector_merge(struct arena *a, const struct val *base,
    const struct val *over);

#endif

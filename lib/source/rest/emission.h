/* SPDX-License-Identifier: MIT */
/* Items of a stream to lines of conn-driver(7), in any mode. */
#ifndef CONN_SOURCE_REST_EMISSION_H
#define CONN_SOURCE_REST_EMISSION_H

#include "run/ids.h"
#include "source/position.h"
#include "source/rest/visit.h"

/* Sees each id, or each document; for checks. */
typedef void emission_see(void *ctx, struct span text);

struct emission {
	struct run *run;
	const struct view *view;
	bool slim;              /* ids only */
	bool poll;              /* what left the index is a delete */
	bool one;               /* answers to `one`: no listing of parents */
	struct window window;   /* times that are wanted */
	struct ids *wanted;     /* bare ids, sorted; NULL: all */
	struct span scope;      /* JSON: of an item that does not tell its
	                           own */
	emission_see *see;      /* NULL: lines are written */
	emission_see *look;     /* sees each document in place of stdout, or
	                           NULL */
	void *see_ctx;
	/* of the page under work */
	struct pending *v;
	size_t n, cap, ahead;
	struct buf ids, times, docs, made, time;
	bool newer, dated;      /* an item in the window; one with a time */
	bool skipped;           /* a scope, by the name that its parent gives */
	bool renamed;           /* an item named its scope otherwise */
	struct h128 *now;       /* ids that this scope keeps, and others may
	                           leave out: run->kept has theirs */
	size_t nnow, nowcap;
};
void emission_release(struct emission *m);

/* A visit_page: ctx is the emission. */
int emission_page(void *ctx, const struct scope *s, struct items *t,
    bool *stop, struct err *e);
/* A scope is over. */
void emission_scope_end(struct emission *m);
/* A fail for all ids of a scope; or of the stream, if it has no name. */
void emission_unread(struct emission *m, const struct scope *s,
    const char *code, const char *why);
/* The stream whose ids are given. */
const char *emission_name(const struct run *r, const struct view *v);

#endif

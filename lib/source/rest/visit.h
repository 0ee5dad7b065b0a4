/* SPDX-License-Identifier: MIT */
/*
 * The one enumerator: every parent of a stream, every page of each. Parents
 * are listed page by page while their children are read, and once a run
 * whoever needs them: what is needed again is kept in a file without a name.
 */
#ifndef CONN_SOURCE_REST_VISIT_H
#define CONN_SOURCE_REST_VISIT_H

#include "source/rest/listing.h"

/* What is read at the moment: a stream under one parent. */
struct scope {
	struct run *run;
	const struct view *view;
	struct vars vars;       /* $p and what the walk was given */
	struct buf name;        /* what `scope` gives without an item */
	bool named;             /* it gives something */
};

/* Of each page of a walk. *stop: no further page of this scope. */
typedef int visit_page(void *ctx, const struct scope *s, struct items *t,
    bool *stop, struct err *e);
/* Of each scope, in place of listing it. */
typedef int visit_scope(void *ctx, struct scope *s, struct err *e);

/* Is a scope asked for in another way than the visit tells? */
typedef bool visit_other(void *ctx, const struct scope *s);

struct visit {
	struct run *run;
	const struct view *view;
	visit_scope *scope;
	void *ctx;
	const char *since, *until;      /* what programs see; NULL: null */
	bool eager;             /* the first requests of the scopes to come
	                           may be made ahead */
	visit_other *other;     /* not those; NULL: there are none */
};

/* Parents that were kept, for a view: entries of run.parents. */
struct parents {
	unsigned uses;          /* how many want them */
	int fd;                 /* -1: no file yet */
	uint64_t end;           /* of what was written */
	bool complete;          /* all are in the file */
	bool partial;           /* something of the stream was not read */
};

/* Calls w->scope for every parent. */
int visit_run(struct visit *w, struct err *e);
/* Lists a scope as its view says. */
int visit_list(struct scope *s, const struct ask *ask, visit_page *page,
    void *ctx, struct listing *out, struct err *e);
/* Was anything of the stream's parents not read? */
bool visit_partial(const struct run *r, const struct view *v);
/* Says that something of the view was not read, for those it is parent of. */
void visit_set_partial(struct run *r, const struct view *v);

/* Counts what is needed, so that walks keep it: for a view that is read. */
void visit_need(struct run *r, const struct view *v);
/* Keeps an item of a view that is read for itself, if others need it; then
 * that they all were kept. */
int visit_keep(struct run *r, const struct view *v, struct span item,
    struct err *e);
void visit_kept(struct run *r, const struct view *v);
void visit_release(struct run *r);

/* Is the item one of the stream's: kept, and not gone? *wrong: it cannot be
 * told. */
bool visit_wanted(const struct item *t, bool *gone, bool *wrong);

#endif

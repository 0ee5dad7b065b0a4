/* SPDX-License-Identifier: MIT */
/*
 * One listing: request after request until `next` gives none. A page that is
 * shorter than the others ends nothing, and a request that was made before is
 * an error, as are pages that all came before.
 */
#ifndef CONN_SOURCE_REST_LISTING_H
#define CONN_SOURCE_REST_LISTING_H

#include "source/rest/items.h"

enum listing_end {
	LISTING_DONE,           /* to its last page, or stopped by its page */
	LISTING_SHORT,          /* fewer items than the server told: why */
	LISTING_SKIPPED,        /* not read: code and why */
	LISTING_RESET           /* the mark is refused */
};

/* A page, which is the callee's to keep or change until it returns. *stop:
 * no further one is wanted. */
typedef int listing_page(void *ctx, struct items *t, bool *stop,
    struct err *e);

struct listing {
	struct run *run;
	const struct ask *ask;
	const struct vars *vars;
	enum answer_use use;
	bool eager;             /* the next page may be asked for ahead */
	listing_page *page;
	void *ctx;

	enum listing_end end;   /* from here on: what came of it */
	char code[16], why[MSG_MAX];
	uint64_t seen, total, pages;
	unsigned again;         /* pages in a row that came before */
	double foreseen, stride;        /* where `next` counts: how far, in
	                                   which steps */
	struct buf mark;        /* JSON; n 0: none */
	bool own;               /* -1 because of what was answered, or of our
	                           programs: what else is read is fine */
};

/* 0, see end; -1 with e. Release in any case. */
int listing_run(struct listing *l, struct err *e);
void listing_release(struct listing *l);

#endif

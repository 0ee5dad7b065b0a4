/* SPDX-License-Identifier: MIT */
/* The answer to one request: asked until its status says what it means. */
#ifndef CONN_SOURCE_REST_ANSWER_H
#define CONN_SOURCE_REST_ANSWER_H

#include "source/rest/asked.h"
#include "source/rest/status.h"

/* What is to be done about a code that nobody gave a rule for: an item's own
 * request that is refused concerns that item alone. Of `one`, 404 and 410 say
 * that the item is no more: EMPTY. */
enum answer_use { ANSWER_LIST, ANSWER_ITEM, ANSWER_ONE };

struct answer {
	enum action action;     /* OK, EMPTY, SKIP, RESET */
	struct fetch_reply reply;
	struct buf json;        /* the body, if OK; n 0: there was none */
	char why[MSG_MAX];      /* of SKIP: "URL: HTTP 403: WORDS" */
	char code[16];          /* of SKIP: "http_403" */
};
void answer_release(struct answer *a);

/* 0, or -1 with e: 2 or 3 for `stop`, 75 when tries are used up. v: what the
 * programs see. */
int answer_get(struct run *r, const struct asked *asked, const struct vars *v,
    enum answer_use use, struct answer *out, struct err *e);
/* Variables and, as {"status":...}, $r and $q for programs over the answer;
 * without the closing }. */
void answer_vars(struct buf *out, const struct vars *v,
    const struct asked *asked, const struct answer *a);

#endif

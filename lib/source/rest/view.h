/* SPDX-License-Identifier: MIT */
/* A stream as one mode reads it, with its programs. */
#ifndef CONN_SOURCE_REST_VIEW_H
#define CONN_SOURCE_REST_VIEW_H

#include "source/rest/program.h"

enum { SLOTS = 8 };

/* What to do about the status of an answer. */
struct status_rule {
	int from, to;           /* codes */
	const char *action;     /* NULL: program says it */
	int program;
};

/* A request, and how its answer is read. */
struct ask {
	const char *where;      /* "streams.pages" for messages */
	bool post;
	int request;            /* gives {path,query,headers,body,form} */
	const char *format;     /* NULL: as the answer says */
	struct expr items, next, total, mark;
	/* of each item, in this order */
	const struct expr *slots[SLOTS];
	size_t nslots;
	bool cut;               /* items are cut out without libjq */
	int page;               /* gives a list of the slots for each item, and
	                           the item behind them unless cut; < 0: all
	                           are plain */
	struct status_rule *status;
	size_t nstatus;
	int guess;              /* next is pages() or offset(): see below */
	const char *guess_key;
};
enum { GUESS_NONE, GUESS_PAGES, GUESS_OFFSET };

/* A sub-request. */
struct sub {
	const char *name;
	struct ask ask;
	struct expr when, keep, again;
};

enum for_kind { FOR_ONCE, FOR_STREAM, FOR_JQ, FOR_LIST };

struct view {
	const struct definition *stream;
	enum mode mode;
	struct ask ask;
	struct expr id, time, keep, gone, scope, doc;
	int docs;               /* of a list of items: [DOC] or null of each */
	enum for_kind kind;
	int for_program;
	const struct val *for_list;
	struct sub *subs;
	size_t nsubs;
	struct ask *one, *before;       /* NULL: none */
	size_t nones;           /* of `one`, asked in turn */
	bool newest_first;
	bool one_parent;        /* `one` asks with it */
	double step;            /* seconds; 0: none */
	bool marked;
};

/* Slots of a view, and of a sub. */
enum { SLOT_ID, SLOT_TIME, SLOT_KEEP, SLOT_GONE, SLOT_SCOPE };
enum { SLOT_SUB_KEEP, SLOT_SUB_AGAIN };

/* A sub-request whose name for messages is where.NAME. */
int view_sub(struct sub *sub, struct programs *p, const struct val_member *m,
    const char *where, struct err *e);
int view_make(struct view *v, struct programs *p,
    const struct definition *d, enum mode mode, struct err *e);

#endif

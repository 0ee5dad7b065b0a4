/* SPDX-License-Identifier: MIT */
/* One run of the driver: its connection and its streams. */
#ifndef CONN_SOURCE_MONGORUN_H
#define CONN_SOURCE_MONGORUN_H

#include "source/mongochange.h"
#include "source/mongolist.h"
#include "source/mongoread.h"

struct mongorun {
	const struct request *rq;
	struct mongoconn g;
	struct mongolist list;
	struct mongostream *v;
	size_t n, cap;
	bool no_changes;        /* the server has no change streams */
	char why[200];
};

/* Connects and looks at all streams; those that are not there: status 3.
 * Release in any case. */
int mongorun_open(struct mongorun *r, const struct request *rq,
    struct err *e);
void mongorun_release(struct mongorun *r);
/* Where the stream's changes stand now, before it is read: s->place, or why
 * there is none in s->none. */
int mongorun_place(struct mongorun *r, struct mongostream *s, struct err *e);
/* Why there may be collections that are no streams here; NULL: there are none,
 * or the streams are named. */
const char *mongorun_partial(const struct mongorun *r);
/* Are all collections still those that were opened? Status 75 if not; status
 * 3 if none of the streams could be read. Some may be missing: a fail. */
int mongorun_finish(struct mongorun *r, struct err *e);
/* The states, if there is something to tell. */
void mongorun_states(const struct mongorun *r);

/* Changes of one stream since its state: mongobatch.c. */
int mongobatch_changes(struct mongorun *r, struct mongostream *s,
    const struct val *state, struct err *e);
/* Those that the request names, of all streams. */
int mongobatch_ids(struct mongorun *r, struct err *e);

/* Verbs poll and changed: mongopoll.c. */
int mongopoll_all(struct mongorun *r, struct err *e);
int mongopoll_changed(struct mongorun *r, struct err *e);

/* Verb check: mongocheck.c. */
int mongocheck_all(struct mongorun *r, struct err *e);
int mongocheck_discover(struct mongoconn *g, const struct mongolist *l,
    struct err *e);

#endif

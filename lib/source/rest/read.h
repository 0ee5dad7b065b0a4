/* SPDX-License-Identifier: MIT */
/* The verbs load, slim and poll over all streams that are asked for. */
#ifndef CONN_SOURCE_REST_READ_H
#define CONN_SOURCE_REST_READ_H

#include "source/rest/emission.h"
#include "source/rest/marks.h"

/* A stream being read. */
struct reading {
	struct emission m;
	const struct view *load;        /* of scopes without a mark */
	/* those of the state, and the new; of a stream without marks: since
	 * when which scopes were not read, "" is ever */
	struct marks old, marks;
	bool marked;            /* old were given */
	bool positions;         /* marks are wanted */
	const char *since, *until;      /* of programs; NULL: no end */
	struct timespec from;           /* since, or the start of the step */
};

/* One stream in one mode, to stdout. Release in any case. */
int reading_run(struct reading *g, struct err *e);
void reading_release(struct reading *g);

int read_all(struct run *r, struct err *e);
int read_poll(struct run *r, struct err *e);
/* Some documents by their ids. */
int read_ids(struct run *r, struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Requests with the memory that they need, on their way from a hint or a
 * question to a reply: queued, under way, done. For fetch.c alone.
 */
#ifndef CONN_SOURCE_REST_JOB_H
#define CONN_SOURCE_REST_JOB_H

#include "source/rest/fetch.h"

enum { JOB_HINTS = 256 };       /* more that wait are not taken */

enum job_state { JOB_QUEUED, JOB_ACTIVE, JOB_DONE };

struct job {
	struct http_reply reply;        /* first: it is what http_done gives */
	struct job *next;
	enum job_state state;
	bool hint;              /* nobody has asked for it yet */
	struct buf text;        /* what identifies the request, in pieces */
	struct http_request rq; /* views of text; fields: an array of its own,
	                           with room for the credentials */
	size_t own;             /* of rq.fields: the request's, not ours */
	char *credentials;      /* a value of the others, malloc'd */
	unsigned renewal;       /* of the credentials it was sent with */
	size_t token;           /* which of a list */
};

/* In the order they came. */
struct jobs {
	struct job *head, **tail;
	unsigned queued, active, done;
};

void jobs_init(struct jobs *js);
void jobs_release(struct jobs *js);     /* none is under way any more */
/* A new one, last in the queue. */
struct job *jobs_add(struct jobs *js, const struct fetch_request *rq);
/* The one of an identical request, NULL: none. */
struct job *jobs_find(const struct jobs *js, const struct fetch_request *rq);
/* The first in that state, NULL: none. */
struct job *jobs_first(const struct jobs *js, enum job_state state);
void jobs_move(struct jobs *js, struct job *j, enum job_state state);
/* Not one that is under way. */
void jobs_drop(struct jobs *js, struct job *j);

/* A header that the request is sent with this time; value is copied. Those of
 * an earlier time are gone after job_bare. */
void job_bare(struct job *j);
void job_credentials(struct job *j, const char *name, const char *value);

#endif

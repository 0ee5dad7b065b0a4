/* SPDX-License-Identifier: MIT */
/* One run of a driver for the kit, and all that was seen of it. */
#ifndef CONN_RUN_KIT_RUN_H
#define CONN_RUN_KIT_RUN_H

#include "run/driver-line.h"
#include "run/driver-proc.h"
#include "run/kit-set.h"
#include "run/kit.h"

enum { KIT_EXAMPLE = 160 };

struct kit_run {                /* zero-initialised is ready */
	struct kit_set docs, fails;
	struct kit_set prefixes;        /* of fail and of keep */
	bool open;              /* a fail without id or prefix */
	struct arena arena;
	struct val *states;     /* object; NULL: none came */
	struct val *early;      /* object; the streams whose last state came
	                           before any document: true if one of
	                           theirs came after it */
	uint64_t lines;
	/* faults; "" if there was none */
	char form[MSG_MAX];     /* what broke the form, the line's number too */
	bool form_of_state;     /* and that line was a state */
	char ending[MSG_MAX];   /* how it ended, if not with status 0 */
	char late[MSG_MAX];     /* it outlived its output, or left processes */
	char unknown[KIT_EXAMPLE];      /* a member that nobody knows */
	char rounded[KIT_EXAMPLE];      /* an integer as a double prints it */
	char leak[KIT_EXAMPLE];         /* where a secret showed up */
};

/* The values that the schema calls secret. */
struct kit_secrets {
	const char **v;
	size_t n, cap;
};

struct kit_request {
	const char *verb;
	const struct val *state;
	char *const *ids;
	size_t nids;
	const char *extra;      /* members added to the request, or NULL */
};

/* Runs it to its end. 0, or -1: could not be started, or a signal to us. */
int kit_exec(const struct kit_subject *s, const struct kit_secrets *secrets,
    const struct kit_request *rq, struct kit_run *r, struct err *e);
void kit_run_release(struct kit_run *r);
/* "" or the first fault of form or ending. */
const char *kit_run_fault(const struct kit_run *r);

/* What is wrong in a spec of the right form, or NULL. */
const char *kit_spec_fault(const struct val *spec, char what[MSG_MAX]);

/* How it lives and dies; what: "" or the fault. -1 as kit_exec. */
int kit_arguments(const struct kit_subject *s, char *what, struct err *e);
int kit_killed(const struct kit_subject *s, char *what, struct err *e);

/* Living processes of the group but its leader, after a moment. */
size_t kit_leftovers(pid_t group);

#endif

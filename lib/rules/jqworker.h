/* SPDX-License-Identifier: MIT */
/*
 * The process that runs a set of jq programs. Parent and child are the same
 * program image, so frames are plain structs. After its start the worker sends
 * one frame: READY, or BROKEN with "LINE MESSAGE". Then each RUN (variables
 * and input, JSON texts) is answered by DONE (the results, each ended by \n),
 * ERROR with libjq's message, HALT or LONG.
 */
#ifndef CONN_RULES_JQWORKER_H
#define CONN_RULES_JQWORKER_H

#include "rules/jqset.h"

enum jqframe_kind {
	JQFRAME_READY, JQFRAME_BROKEN, JQFRAME_RUN, JQFRAME_DONE,
	JQFRAME_ERROR, JQFRAME_HALT, JQFRAME_LONG
};

struct jqframe {
	enum jqframe_kind kind;
	int program;            /* of RUN */
	size_t vars;            /* of n, those of the variables, which are
	                           first */
	size_t n;               /* bytes that follow */
};

struct jqworker_constant {
	const char *name, *json;
};

struct jqworker_function {
	const char *name;
	jqset_function *f;
};

/* The input of text is [PROGRAM, VARIABLES, INPUT]; its debug takes
 * [NAME, STRING] for a call, and its input gives what came of it. */
struct jqworker_setup {
	const char *text;
	const struct jqworker_constant *constants;
	const struct jqworker_function *functions;
	size_t nconstants, nfunctions;
	size_t most;            /* results of a run */
};

/* In a child, fd: the socket to the parent. Ends with the process. */
_Noreturn void jqworker_main(int fd, const struct jqworker_setup *setup);

#endif

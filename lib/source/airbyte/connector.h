/* SPDX-License-Identifier: MIT */
/* A connector: where its files lie, its process, what it said of itself. */
#ifndef CONN_SOURCE_AIRBYTE_CONNECTOR_H
#define CONN_SOURCE_AIRBYTE_CONNECTOR_H

#include "source/airbyte/message.h"
#include "source/airbyte/settings.h"
#include "source/airbyte/trouble.h"
#include "source/tap/control.h"
#include "source/tap/folder.h"
#include "source/tap/process.h"

struct connector {
	const struct request *rq;
	struct arena arena;
	struct settings settings;
	struct control control;
	struct folder folder;
	struct tap tap;
	char *config_path;
	const struct val *spec; /* its connectionSpecification */
	struct json_object object;      /* scratch, as is text */
	struct buf text;
	struct trouble trouble; /* the first of none of its streams; status 0:
	                           none */
};

/* Settings, tokens, its folder; runs `spec`, whose answer it gives, in the
 * arena. NULL: e. Either way connector_close is due. */
const struct val *connector_begin(struct connector *c,
    const struct request *rq, struct err *e);
/* The same, and what the spec says is secret is masked and in its place. */
int connector_open(struct connector *c, const struct request *rq,
    struct err *e);
void connector_close(struct connector *c);

/* Runs a verb to its end for the one answer that it is for; val in the arena.
 * NULL: e. */
const struct val *connector_ask(struct connector *c, const char *verb,
    enum message_kind wanted, struct err *e);

/* In pieces: words are the verb and its options, up to a NULL. */
int connector_start(struct connector *c, const char *const words[],
    struct err *e);
/* What every verb may print: logs, errors, changed settings, noise. 0, or -1:
 * the run must end. */
int connector_hear(struct connector *c, const struct message *m,
    struct err *e);
/* Why it failed, out of what it said; what: of its exit, or why it is wrong
 * without one. Returns -1. */
int connector_failed(const struct connector *c, const char *verb, int status,
    const char *what, struct err *e);

#endif

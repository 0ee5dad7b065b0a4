/* SPDX-License-Identifier: MIT */
/*
 * What conn-load, conn-poll and conn-slim share: from a config to a stream.
 *
 * front_open reads everything that can be wrong before the first record;
 * front_begin writes begin; front_read runs the driver once and turns its
 * lines into records; front_end writes the states of a load and end, and
 * returns the exit status. front_refuse is for what fails before begin.
 */
#ifndef CONN_RUN_FRONT_H
#define CONN_RUN_FRONT_H

#include "run/document.h"
#include "run/ids.h"
#include "stream/state.h"
#include "stream/writer.h"

enum { FRONT_IDS = 10000 };     /* ids in one request */

struct front_options {
	enum mode mode;
	int verbose;
	bool explain, raw;
	bool validate;          /* each document against its stream's schema */
	const char *patches;    /* ... and a folder for what it takes; NULL */
	bool part;              /* scope part for a reason of the caller's */
	uint64_t limit;         /* documents; 0: none */
	const char *since, *until;
	char **streams;         /* -s */
	size_t nstreams;
};

struct front {
	struct front_options opt;
	struct config config;
	struct arena arena;
	const char *driver;     /* path */
	struct val *spec;
	const struct val *source, *streams;
	const char *digest;
	struct state state;
	struct document_maker maker;
	struct out out;
	struct writer writer;
	bool bodies;            /* slim runs the verb load */
	bool looks_inside;      /* slim, for rules on what is in doc */
	bool incomplete, limited, full;
	int status;
	uint64_t excluded, failed, shown;
	uint64_t told, taken;   /* the limit that the driver knows of, and what
	                           came of it */
	char message[256];      /* the first failure, for end */
	struct val *rest;       /* what end has besides; NULL: nothing */
	struct state pending;   /* load: only its streams, until the end */
	struct ids *wanted;     /* only these; others are dropped */
};

/* -1: e; call front_refuse. */
int front_open(struct front *f, const char *config, struct err *e);
/* more: members to add or replace (an object), or NULL. */
void front_begin(struct front *f, const struct val *more);
/* Runs the driver's verb; 0, or -1 when the run cannot go on (recorded in f;
 * the message was printed). verb NULL: the mode's own. */
int front_read(struct front *f, const char *verb, char *const *ids,
    size_t nids);
/* Loads the documents of these ids (bare), as many requests as it takes; what
 * was answered is marked in them. 0 or -1 as front_read. */
int front_fetch(struct front *f, struct ids *ids);
/* After front_fetch, which went well: a delete of what was refused as one and
 * was not answered, unless less than the whole source was asked. */
void front_gone(struct front *f, const struct ids *ids);
/* Takes the prefix off an id of this source and adds it. */
void front_want(struct front *f, struct ids *ids, struct span id);
/* Records a failure of the run: message printed, end will say so. */
void front_fault(struct front *f, const struct err *e);
/* Writes a fail record, shows the first few, counts. */
void front_fail(struct front *f, struct span id, struct span prefix,
    const char *code, const char *message);
/* Ends the stream; dies of the signal if one stopped us. */
int front_end(struct front *f);

/* Before begin: an end record alone (not on a terminal, not if raw). */
void front_refuse(bool raw, int status, const char *message);
/* The same for an error, which is printed; returns its status. If a signal
 * stopped us, that is why: nothing is said, and we die of it. */
int front_failed(struct front *f, const struct err *e);

void front_add_stream(struct front_options *o, char *name);

/* The members that every begin has. uuid: NULL or "": left out. */
struct val *front_begin_record(struct arena *a, enum mode mode, bool all,
    const struct config *c, const struct state *state, const char *uuid);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A driver in C: fill in one struct source and call source_main. It reads the
 * request, dispatches the verb, writes conn-driver(7) lines, and exits.
 */
#ifndef CONN_SOURCE_SOURCE_H
#define CONN_SOURCE_SOURCE_H

#include "base/msg.h"
#include "base/out.h"
#include "json/text.h"
#include "json/val.h"

struct request {
	const char *verb;
	bool slim;              /* verb is slim: no bodies needed */
	int verbose;
	const struct val *source, *streams, *state;
	const char *since, *until;      /* NULL: absent */
	const struct val *ids;          /* NULL: all */
};

struct source {
	const char *type;
	const char *spec;       /* JSON text, conn-driver(7) */
	int (*check)(const struct request *, struct err *);
	int (*discover)(const struct request *, struct err *);
	/* load and slim are one enumerator; poll may be NULL */
	int (*read)(const struct request *, struct err *);
	int (*poll)(const struct request *, struct err *);
};

int source_main(const struct source *s, int argc, char **argv);

/* Output, checked; to stdout. doc: JSON text of an object, n = 0 for none;
 * timestamp: p NULL if absent. */
void emit_doc(struct span id, struct span timestamp, const char *stream,
    struct span doc);
/* The same in pieces, without a copy: begin, then add the object's bytes to
 * the returned buffer, then end. */
struct buf *emit_begin(struct span id, struct span timestamp,
    const char *stream);
void emit_end(void);
void emit_fail(struct span id, const char *code, const char *message);
void emit_fail_prefix(struct span prefix, const char *code,
    const char *message);
void emit_fail_all(const char *code, const char *message);
void emit_state(const char *stream, struct span value);
void emit_delete(struct span id);
void emit_raw(struct span line);

/* Adds a part of a composed id: % and / as %XX. */
void id_part(struct buf *out, struct span part);

#endif

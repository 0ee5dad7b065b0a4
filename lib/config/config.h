/* SPDX-License-Identifier: MIT */
/*
 * conn-config(5): one strict YAML or JSON file to checked values.
 *
 * config_load checks what belongs to us (top level, index, rules' shape);
 * config_source checks the source section against its driver's spec, which
 * only the programs that start the driver have. Every error is one line with
 * FILE:LINE:COLUMN and status 2.
 */
#ifndef CONN_CONFIG_CONFIG_H
#define CONN_CONFIG_CONFIG_H

#include "base/file.h"
#include "config/patches.h"

enum { CONFIG_MAX = 1 << 20, CONFIG_DEPTH = 64 };

enum index_type { INDEX_SQLITE, INDEX_ELASTICSEARCH };

/* A limit of deletes: a number, or a share of the known ids. */
struct max_delete {
	bool set, percent;
	uint64_t n;
};
bool max_delete_parse(struct span s, struct max_delete *out);

/* N a second, or N/DURATION; the duration's number may be left out: 3/s. */
bool rate_parse(struct span s, double *out);
#define RATE_WORDS "must be a number of requests a second, or " \
    "NUMBER/DURATION, such as 900/15m"
#define DURATION_WORDS \
    "must be a number and a unit (ms s m h d), such as 10m"

struct config {
	struct arena arena;
	const char *file;       /* as in messages; "-" for stdin */
	const char *dir;        /* absolute; relative paths start here */
	bool exposed;           /* others may read the file (mode & 0044) */
	const char *name;
	const char *owner;      /* the file, absolute, if it gave its own name;
	                           NULL: name was set */
	const char *type;       /* source.type */
	const char *connector;  /* set by driver_config: the file that type
	                           names; NULL: it names a program */
	const char *connector_digest;   /* of what it makes of a source */
	const struct val *root, *source, *streams, *rules, *map;
	const struct val *index; /* NULL: none given */
	struct patches *patches; /* NULL: none */
	struct val *own_schema; /* with patches: the driver's, set by
	                           driver_config */
	bool offered;           /* streams are all that the source offers */
	struct val *mapped;     /* with patches: root, but with the source as
	                           the driver is given it */
	double timeout, overlap, retry, interval;       /* seconds */
	double rate;            /* requests a second; 0: none */
	struct max_delete max_delete;
	enum index_type index_type;
	const char *index_id;   /* "sqlite:/abs/wiki.db",
	                           "elasticsearch:https://es:9200/wiki" */
	const char *index_path; /* sqlite: absolute */
	const char *state_dir;  /* absolute */
	const char *state_path, *lock_path, *known_path, *token_path;
	const char *rebuild_path;       /* there: a rebuild began */
	const char *unproven_path;
};

/* operand: a file, or "-" for stdin. Makes no folder. */
int config_load(struct config *c, const char *operand, struct err *e);
void config_release(struct config *c);
/* owner: the file that gave its name to what is kept under ours; NULL: none.
 * -1: it is another one and still there, status 2. */
int config_owns(const struct config *c, const char *owner, struct err *e);
/* Makes the state folder (0700) if it is missing. */
int config_state_dir(const struct config *c, struct err *e);

/*
 * The source section checked against spec.schema, each entry of streams
 * against spec.streams (if the spec has it), and made ready for the driver:
 * defaults filled in, paths absolute, secrets resolved (and registered with
 * msg_secret). The result lives in c's arena.
 * resolve false: secrets are checked for form but not fetched (dry runs).
 */
int config_source(struct config *c, const struct val *spec, bool resolve,
    const struct val **source, struct err *e);
/* Digest of rules, map, streams and the source keys that are neither secret
 * nor tuning. 32 hex digits in c's arena. */
const char *config_digest(struct config *c, const struct val *spec);

/* A secret value S*: a string or {env|file|cred|cmd}. NULL ref: *out NULL, 0.
 * The text lives in c's arena and is registered with msg_secret. */
int config_secret(struct config *c, const struct val *ref, const char **out,
    struct err *e);

/* A message about a value of the config, "source.a.b: WHAT" or, of the byte at
 * an offset of a string, "source.a.b+17: WHAT", with its place before it. Where
 * a mapping lacks the key, that is looked for in those around it. false, out
 * is as it was: it is no such message. */
bool config_locate(const struct config *c, struct span message,
    struct buf *out);

/* err_set with "FILE:LINE:COL: WHAT" of a value, status 2. Returns -1. */
int config_err(const struct config *c, const struct val *at, struct err *e,
    const char *fmt, ...) MSG_PRINTF(4, 5);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Finds, starts and supervises a driver, conn-driver(7): a program that reads
 * one type of source and prints one JSON object a line.
 */
#ifndef CONN_RUN_DRIVER_H
#define CONN_RUN_DRIVER_H

#include "base/line.h"
#include "config/config.h"
#include "stream/record.h"

enum { DRIVER_LINE_MAX = STREAM_LINE_MAX + (64 << 10) };

/* Absolute path of conn-source-TYPE, in the arena: our libexec folder, then
 * CONN_DRIVER_PATH (default /usr/local/lib/conn). Unknown type: status 2;
 * a folder or file that others may write: 3. */
int driver_find(struct arena *a, const char *type, const char **path,
    struct err *e);
/* Runs `spec`; checks its form ("type", "schema" an object, "verbs"). */
int driver_spec(struct arena *a, const char *path, const char *type,
    struct val **spec, struct err *e);
bool spec_has_verb(const struct val *spec, const char *verb);
/* Every folder that is searched, in order; NULL past the last. */
const char *driver_folder(size_t i);

struct driver_request {
	const char *verb;       /* check discover load poll slim changed */
	const struct val *source;  /* with its secrets */
	const struct val *streams; /* array; NULL: [] */
	const struct val *state;   /* object; NULL: null */
	const struct val *rules;   /* check: array; NULL: left out */
	const char *since, *until; /* NULL: left out */
	char *const *ids;       /* nids of them, bare; NULL: left out */
	size_t nids;
	int verbose;
	const char *token;      /* path of the token file */
	double timeout;         /* seconds without a line; stands still while
	                           *blocked grows */
	const double *blocked;  /* out.blocked of our stdout, or NULL */
};

enum driver_kind {
	DRV_DOC,        /* id, timestamp?, stream?, doc? (none in a bare slim) */
	DRV_FAIL,       /* id or prefix or neither, code, message? */
	DRV_DELETE,     /* id */
	DRV_STATE,      /* stream, value (raw JSON text) */
	DRV_KEEP,       /* prefix */
	DRV_RESET,
	DRV_CHECK,      /* name, good, message */
	DRV_CHANGED,    /* good: true or null; else certainly not changed */
	DRV_RAW         /* discover: line is passed on after its form is checked */
};

/* Views until the next driver_next. Strings are decoded. A document that is
 * past a limit comes as DRV_FAIL with code too_long, too_deep, bad_id or
 * bad_timestamp; id is then what could be had of it: the id itself, or, where
 * that is bad, "#" and its digest. */
struct driver_line {
	enum driver_kind kind;
	struct span line;
	struct span id, prefix, stream, timestamp;  /* p NULL: absent */
	struct span doc;        /* the object as written; p NULL: absent */
	struct span value;
	struct span code, message, name;
	bool good;
	bool lone_surrogate;    /* somewhere in the line */
};

struct driver;

/* Starts it in its own process group, with a watchdog that kills the group
 * when this process dies; writes the request to its stdin. */
int driver_start(struct driver **out, const char *path, const char *type,
    const struct driver_request *rq, struct err *e);
/* 1 a line, 0 its output ended (call driver_finish), -1: e; the driver was
 * killed (form: 3, timeout: 75). A signal to us: 0 with sig_stop set. */
int driver_next(struct driver *d, struct driver_line *l, struct err *e);
/* Waits for its end and gives its status: 0, 2, 3 or 75 (anything else,
 * signals too, is 3, with a message in e). */
int driver_finish(struct driver *d, struct err *e);
/* TERM, then KILL, the whole group; and frees. Fine after finish, too. */
void driver_free(struct driver *d);

#endif

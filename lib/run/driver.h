/* SPDX-License-Identifier: MIT */
/*
 * Finds, starts and supervises a driver, conn-driver(7): a program that reads
 * one type of source and prints one JSON object a line.
 */
#ifndef CONN_RUN_DRIVER_H
#define CONN_RUN_DRIVER_H

#include "base/line.h"
#include "config/config.h"
#include "run/connector-file.h"
#include "stream/record.h"

enum {
	DRIVER_LINE_MAX = STREAM_LINE_MAX + (64 << 10),
	DRIVER_TYPE_MAX = 64,
	DRIVER_SPEC_MAX = 4 << 20,
	DRIVER_CODE_MAX = 64,           /* of a fail; longer is a bad form */
	DRIVER_MESSAGE_MAX = 1000       /* of a fail; the rest is cut */
};

/* [a-z][a-z0-9-]* */
bool driver_type_ok(const char *type);
/* What reads a type of source, in the arena. */
struct driver_found {
	const char *path;       /* of a program; absolute, links resolved */
	const char *spec;       /* of the file that has what its `spec` said
	                           when it was made; NULL: it is asked */
	struct connector_file connector;        /* file NULL: none */
};
/* In our libexec folder and its connectors, then in CONN_DRIVER_PATH (default
 * /usr/local/lib/conn): conn-source-TYPE, or TYPE.yml or TYPE/connector.yml,
 * whose own `type` names the program. Unknown type: status 2; a folder or file
 * that others may write: 3. A fault of a connector that was found: its file is
 * set. */
int driver_find(struct arena *a, const char *type, struct driver_found *f,
    struct err *e);
/* What it says for `spec`; checks its form: "type", "schema" an object,
 * "verbs" with load; "title", "slim_fields", "confirm", "ids" and "streams"
 * (the schema of one entry of the config's streams) if they are there. Of a
 * connector: what connector_file_spec makes of it. */
int driver_spec(struct arena *a, const struct driver_found *f,
    const char *type, struct val **spec, struct err *e);
/* Both for source.type of a config, in its arena; sets what a config knows of
 * its connector. path: the program's. */
int driver_config(struct config *c, const char **path, struct val **spec,
    struct err *e);
bool spec_has_verb(const struct val *spec, const char *verb);
/* config_source's result as a driver is given it: overlap is a number of
 * seconds. In the config's arena. */
const struct val *driver_source(struct config *c, const struct val *source);
/* Every folder that is searched, in order; NULL past the last. Valid until
 * the next call. */
const char *driver_folder(size_t i);

/* The types in all of them, sorted, each once. The names live in the arena;
 * v is malloc'd, the caller's to free. */
struct driver_types {
	const char **v;
	size_t n, cap;
};
int driver_types(struct arena *a, struct driver_types *t, struct err *e);

struct driver_request {
	const char *verb;       /* check discover settings load poll slim
	                           changed */
	const struct val *source;  /* driver_source's, with its secrets */
	const struct val *streams; /* array; NULL: [] */
	const struct val *state;   /* object; NULL: null */
	const struct val *rules;   /* check: array; NULL: left out */
	const char *since, *until; /* NULL: left out */
	char *const *ids;       /* nids of them, bare; NULL: left out */
	size_t nids;
	uint64_t limit;         /* more documents are of no use; 0: all are */
	bool bare;              /* slim: nothing of doc is of use */
	int verbose;
	const char *token;      /* path of the token file */
	const char *connector;  /* path; NULL: left out */
	const struct config *config;    /* not sent: messages about a value
	                           of source are shown with its place */
	double timeout;         /* seconds without a line; only the time spent
	                           inside driver_next counts, so it stands still
	                           while our own stdout is blocked */
};

enum driver_kind {
	DRV_DOC,        /* id, timestamp?, stream?, doc? (none if bare slim) */
	DRV_FAIL,       /* id or prefix or neither, code, message? */
	DRV_DELETE,     /* id */
	DRV_STATE,      /* stream, value (raw JSON text) */
	DRV_KEEP,       /* prefix */
	DRV_RESET,
	DRV_CHECK,      /* name, good, message */
	DRV_CHANGED,    /* good: true or null; else certainly not changed */
	DRV_RAW         /* discover, settings: a line whose form is right */
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
	const struct json_object *members;      /* of doc, or NULL: not known */
	struct span value;
	struct span code, message, name;
	bool good;
	bool lone_surrogate;    /* somewhere in the line */
};

struct driver;

/* Starts it in its own process group, with a watchdog that kills the group
 * when this process dies; the request is its stdin. path, type and rq->verb
 * must outlive the driver. */
int driver_start(struct driver **out, const char *path, const char *type,
    const struct driver_request *rq, struct err *e);
/* 1 a line, 0 its output ended (call driver_finish), -1: e; the driver was
 * killed (form: 3, timeout: 75). A signal to us: 0 with sig_stop set. */
int driver_next(struct driver *d, struct driver_line *l, struct err *e);
/* After driver_next gave 0: waits for its end {5 s} and gives its status: 0,
 * 2, 3 or 75; anything else, signals too, is 3; not ended in time or stopped
 * by a signal to us: 75. e->status is the same; e->text is empty where there
 * is nothing to print: the driver said on stderr what is wrong. */
int driver_finish(struct driver *d, struct err *e);
/* The last line of its stderr, as shown; "" if there was none. */
const char *driver_said(const struct driver *d);
/* TERM, then KILL, the whole group; and frees. Fine after finish, too. */
void driver_free(struct driver *d);

#endif

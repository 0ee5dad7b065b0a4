/* SPDX-License-Identifier: MIT */
/* A connection to MongoDB, its errors, and what the server is. */
#ifndef CONN_SOURCE_MONGOCONN_H
#define CONN_SOURCE_MONGOCONN_H

#include <mongoc/mongoc.h>

#include "source/source.h"

/* Codes of the server that are looked for. */
enum { MONGO_FORBIDDEN = 13, MONGO_NO_COMMAND = 59 };

struct mongoconn {
	mongoc_client_t *client;
	mongoc_client_session_t *session;       /* NULL: it has none */
	const char *database, *user;            /* user may be NULL */
	uint32_t server;        /* all goes to the same one */
	bool router;            /* mongos: several shards behind it */
	struct timespec now;    /* by the server's clock */
	struct timespec since;  /* what is not seen yet has at least this
	                           time */
	int32_t code;           /* of the last error; 0: not the server's */
	double refreshed;       /* the session, when ... */
	double refresh;         /* ... and after how many seconds again */
	int pem;                /* certificate and key; -1: none */
};

/* Tries for `retry` seconds. Close in any case. */
int mongoconn_open(struct mongoconn *g, const struct request *rq,
    struct err *e);
void mongoconn_close(struct mongoconn *g);

/* On the database, in the session. reply is initialised in any case. */
int mongoconn_command(struct mongoconn *g, const bson_t *command,
    bson_t *reply, struct err *e);
/* Adds session and server to the options of a cursor. */
void mongoconn_options(const struct mongoconn *g, bson_t *opts);
/* The server forgets a session that is not used for as long as it says (half
 * an hour), and its cursors with it, whatever their own time limit: call this
 * now and then while one is read. */
int mongoconn_refresh(struct mongoconn *g, struct err *e);

/* Returns -1 with "WHAT: MESSAGE": status 75 for what may pass, else 3. */
int mongoconn_failed(struct mongoconn *g, const bson_error_t *error,
    const char *what, struct err *e);

#endif

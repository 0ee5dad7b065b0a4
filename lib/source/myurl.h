/* SPDX-License-Identifier: MIT */
/* Where a MySQL server is: mysql://USER@HOST:PORT/DATABASE?OPTION=VALUE */
#ifndef CONN_SOURCE_MYURL_H
#define CONN_SOURCE_MYURL_H

#include "source/source.h"

enum mytls {
	MYTLS_NONE,
	MYTLS_REQUIRED,         /* encrypted, whoever the server is */
	MYTLS_VERIFIED          /* by a certificate for its host name */
};

struct myurl {
	const char *user;       /* NULL: none is given */
	const char *host, *database;
	const char *socket;     /* NULL: TCP */
	unsigned port;
	enum mytls tls;
};

/*
 * Its texts are the arena's. secured: the config has certificates. Without
 * ssl-mode what goes to another machine is verified. Status 2 if it is not of
 * that form.
 */
int myurl_read(struct myurl *u, struct arena *a, const char *url,
    bool secured, struct err *e);

#endif

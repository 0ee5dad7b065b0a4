/* SPDX-License-Identifier: MIT */
/* Which index it is, for a program that is to start fast: what talks to a
 * cluster is asked, as a program of its own (cmd/conn-slim-index.c), which
 * answers with one line: "0 UUID", or "STATUS MESSAGE". */
#ifndef CONN_INDEX_WHICH_H
#define CONN_INDEX_WHICH_H

#include "index/index.h"

/* As index_uuid. */
int which_uuid(struct config *c, char uuid[INDEX_UUID_MAX], struct err *e);
/* Lines of --version: versions_all of that program; "" if it is not there. */
const char *which_versions(void);

#endif

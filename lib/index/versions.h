/* SPDX-License-Identifier: MIT */
/* Lines of --version: the libraries of what talks to an index, too. */
#ifndef CONN_INDEX_VERSIONS_H
#define CONN_INDEX_VERSIONS_H

const char *versions_all(void);         /* and those of run/versions.h */

#endif

/* SPDX-License-Identifier: MIT */
/* Lines of --version: the libraries of what reads a config, and maps. */
#ifndef CONN_RUN_VERSIONS_H
#define CONN_RUN_VERSIONS_H

const char *versions_map(void);         /* libyaml, libjq, oniguruma, xxhash */
const char *versions_config(void);      /* the same without libjq */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What programs of connectors may call that is written in jq. It stands on
 * the functions of source/rest/functions.h; offset and pages read $q, the
 * query just sent, and $n, the items of the page.
 */
#ifndef CONN_SOURCE_REST_PRELUDE_H
#define CONN_SOURCE_REST_PRELUDE_H

/* jq definitions, as a person reads them too. */
const char *prelude_text(void);

#endif

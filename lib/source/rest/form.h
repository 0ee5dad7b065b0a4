/* SPDX-License-Identifier: MIT */
/*
 * The form of conn-rest(5) as JSON Schema: what keys there are and of what
 * types. A connector's file and a source section in place have the same keys.
 */
#ifndef CONN_SOURCE_REST_FORM_H
#define CONN_SOURCE_REST_FORM_H

#include "json/val.h"

/* The driver's spec, on one line: its schema is that of the source section. */
const char *form_spec(void);
/* The schema of a connector's file, in the arena. */
struct val *form_file(struct arena *a);
/* Keys of the source section that are the program's own, not settings. */
bool form_common(struct span key);

#endif

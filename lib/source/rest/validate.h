/* SPDX-License-Identifier: MIT */
/* A connector's own checks of settings and rules: its key `checks`. */
#ifndef CONN_SOURCE_REST_VALIDATE_H
#define CONN_SOURCE_REST_VALIDATE_H

#include "source/rest/run.h"

/* Adds their programs. */
int validate_make(struct run *r, struct err *e);
/* Writes a check line for each; 0 although one is bad. */
int validate_run(struct run *r, struct err *e);

#endif

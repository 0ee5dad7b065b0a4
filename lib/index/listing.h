/* SPDX-License-Identifier: MIT */
/* conn-slim --index: what the index has of a source, complete or an error. */
#ifndef CONN_INDEX_LISTING_H
#define CONN_INDEX_LISTING_H

#include "base/msg.h"

/* The exit status, or -1: e, before anything was written. */
int listing_write(const char *config, int verbose, struct err *e);

#endif

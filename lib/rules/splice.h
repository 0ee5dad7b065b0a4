/* SPDX-License-Identifier: MIT */
/* A document on its way into a jq program and out of it. */
#ifndef CONN_RULES_SPLICE_H
#define CONN_RULES_SPLICE_H

#include "base/buf.h"

/* Adds the valid JSON text with each number that a double does not give back as
 * a string. false: there is none, and nothing was added. */
bool splice_rounded_numbers(struct buf *out, struct span text);

/* Adds the object `made` with _id, _timestamp and _stream of the document
 * `line` in front; its own are dropped. NULL, or what (static) forbids it.
 * BUF_PAD bytes follow both texts. */
const char *splice_head(struct buf *out, struct span line, struct span made);

#endif

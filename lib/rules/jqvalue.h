/* SPDX-License-Identifier: MIT */
/*
 * JSON texts to libjq's values and back, by our scanner and writer: libjq 1.6
 * takes longer to read and to write a document than to run a program over it.
 */
#ifndef CONN_RULES_JQVALUE_H
#define CONN_RULES_JQVALUE_H

#include <jv.h>

#include "base/buf.h"

/* text: BUF_PAD zeroes follow it, or another text. Numbers that a double does
 * not give back become strings. What the scanner does not take is left to
 * libjq, which may make an invalid value of it, with a message; n 0: null. */
jv jqvalue_read(struct span text);
/* Adds v, which is freed, as libjq writes it. false: it is longer than max,
 * and out holds a part of it. */
bool jqvalue_write(struct buf *out, jv v, size_t max);

#endif

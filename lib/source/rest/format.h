/* SPDX-License-Identifier: MIT */
/*
 * Bodies of replies to JSON text in UTF-8, as jq programs get it:
 *
 *   json    as it is; a lone surrogate escape becomes \ufffd
 *   jsonl   an array of the values of its lines; empty lines are passed over
 *   csv     an array of objects of strings, named by the header row; what
 *           separates the columns is the first , ; or tab of that row
 *   xml     an object, see source/rest/xml.h
 *   text    a string
 *
 * The encoding is that of a byte order mark, else of the charset, else UTF-8
 * (XML: what its declaration says). A text with characters beyond ASCII that
 * is UTF-8 is taken for it whatever the charset: servers name their default.
 * Without a charset, one in which no such character is UTF-8 is Windows-1252.
 */
#ifndef CONN_SOURCE_REST_FORMAT_H
#define CONN_SOURCE_REST_FORMAT_H

#include "base/buf.h"
#include "base/msg.h"

enum { FORMAT_DEPTH = 1000 };   /* levels of JSON */

/*
 * Replaces out, which is padded. format NULL: the one that type, a content
 * type with or without parameters, stands for; none, and those that stand
 * for nothing in particular: json; text/plain: json if it is an object or
 * an array, else text. charset and type may be NULL or empty. BUF_PAD
 * readable bytes follow the body.
 *
 * -1: e (status 3) says what is wrong, without a place and without content:
 * the caller knows the request. A web page in place of the format is named as
 * one, and so is one that asks to log in. An empty body is no JSON and no XML
 * (after a 204 there is nothing to ask for), but it is [] of jsonl and csv and
 * "" of text.
 */
int format_json(const char *format, const char *type, const char *charset,
    struct span body, struct buf *out, struct err *e);

/* A line for --version, for what this folder needs. */
const char *format_libraries(void);

#endif

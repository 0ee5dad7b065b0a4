/* SPDX-License-Identifier: MIT */
/* Ids and URLs of files, made from their paths. */
#ifndef CONN_SOURCE_FILEID_H
#define CONN_SOURCE_FILEID_H

#include <stdbool.h>

#include "base/buf.h"

/* The path with %, control bytes (C0 and DEL) and bytes that are not UTF-8 as
 * %XX, hex in capitals. */
void fileid_put(struct buf *out, struct span path);
/* The path of such an id. false if it is the id of no file: not encoded so,
 * absolute, or with an empty name, . or .. in it. */
bool fileid_path(struct buf *out, struct span id);

/* Adds the path with all but letters, digits and -._~/ as %XX. */
void fileid_put_url(struct buf *out, struct span path);

/* Adds the beginning of all ids below the folder: its own with a slash, or
 * the part of that which fits into max bytes. */
void fileid_put_prefix(struct buf *out, struct span folder, size_t max);

#endif

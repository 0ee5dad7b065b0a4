/* SPDX-License-Identifier: MIT */
/* Bytes of any encoding that iconv(3) knows to UTF-8. */
#ifndef CONN_SOURCE_REST_CHARSET_H
#define CONN_SOURCE_REST_CHARSET_H

#include "base/buf.h"
#include "base/msg.h"

/* *out views body or scratch (replaced, padded), without a byte order mark.
 * Where neither a mark nor a charset (NULL, "") names another encoding, body
 * stays as it is and may not be UTF-8; *named tells if one did. The rules are
 * those of source/rest/format.h. -1: e (status 3). */
int charset_utf8(const char *charset, struct span body, struct buf *scratch,
    struct span *out, bool *named, struct err *e);

/* A text whose bytes beyond ASCII are nowhere UTF-8 is taken for what browsers
 * take it for, Windows-1252; *text then views scratch. */
int charset_guess(struct span *text, struct buf *scratch, struct err *e);

#endif

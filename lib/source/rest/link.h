/* SPDX-License-Identifier: MIT */
/* What the headers of a reply say, as JSON for programs. */
#ifndef CONN_SOURCE_REST_LINK_H
#define CONN_SOURCE_REST_LINK_H

#include "net/http.h"

/* An object: names in lower case, Set-Cookie left out, several of a name
 * joined by ", ". Replaces what out holds. */
void link_headers(const struct http_reply *r, struct buf *out);
/* An object: each relation of the Link headers (RFC 8288), in lower case, with
 * its absolute URL; the first one counts, what is no URL is left out. url: that
 * of the request. Replaces what out holds. */
void link_relations(const struct http_reply *r, const char *url,
    struct buf *out);
/* The charset of the Content-Type, lower case; "": none. */
void link_charset(const struct http_reply *r, char *out, size_t size);

#endif

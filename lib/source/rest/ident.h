/* SPDX-License-Identifier: MIT */
/* Ids: STREAM/[SCOPE/]ID, with % and / inside a part as %XX. */
#ifndef CONN_SOURCE_REST_IDENT_H
#define CONN_SOURCE_REST_IDENT_H

#include "base/buf.h"
#include "json/text.h"

/* Adds the text of a JSON string or integer. false: it is neither, or empty. */
bool ident_text(struct span json, struct buf *out);
/* Adds STREAM/ or, with a scope (p not NULL), STREAM/SCOPE/. */
void ident_prefix(struct buf *out, const char *stream, struct span scope);

/* The parts of an id, decoded: 2, or 3 with a scope. 0: it is none of ours. */
struct ident {
	struct buf parts[3];
	size_t n;
};
bool ident_parse(struct ident *i, struct span id);
void ident_release(struct ident *i);

#endif

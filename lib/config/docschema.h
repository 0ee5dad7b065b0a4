/* SPDX-License-Identifier: MIT */
/*
 * Documents against the JSON Schema of their stream (draft 7): every violated
 * place, and the merge patch of the schema that allows what was found there.
 * Settings have config/schema.h, which also completes them and stops at the
 * first fault.
 *
 * All assertions of draft 7 count; of formats: date-time date time ipv4 ipv6
 * uuid. With "airbyte_type":"timestamp_without_timezone" a date-time needs no
 * zone. $ref finds what is in the same schema. Unknown keywords and formats
 * pass. Numbers are compared as they are written. Patterns have limits
 * (config/regex.h); a document that takes too many steps passes.
 */
#ifndef CONN_CONFIG_DOCSCHEMA_H
#define CONN_CONFIG_DOCSCHEMA_H

#include "json/val.h"

struct docschema;
struct docrule;                 /* a keyword somewhere in the schema */

/* A violated place. Views until the callback returns, but for rule. */
struct docfault {
	const struct docrule *rule;
	const char *type;       /* what the value is: "null", "integer" ... */
	struct span name;       /* of the member that is missing; n 0: none */
	struct span path;       /* of the value, a JSON Pointer; * for what the
	                           schema does not tell apart by name */
};
typedef void docschema_each(void *ctx, const struct docfault *f);

/* The schema's val must outlive it. NULL: what is wrong with it, with its
 * place, is in why. */
struct docschema *docschema_new(const struct val *schema, char *why,
    size_t size);
void docschema_free(struct docschema *s);
/* The i-th $ref that leads out of the schema, which is not followed; NULL
 * past the last. */
const char *docschema_foreign(const struct docschema *s, size_t i);

/* doc: a validated JSON text. Calls each (NULL: only the result counts) for
 * every violated place; true: there is none. */
bool docschema_check(struct docschema *s, struct span doc,
    docschema_each *each, void *ctx);
/* Did a document take too many steps so far? */
bool docschema_gave_up(const struct docschema *s);

/* What a violation is in words, for one document or for several: "is null, not
 * string", "have no zip". Keywords and names of fields, no values. */
void docfault_words(struct buf *out, const struct docfault *f, bool one);
/* Changes copy, a copy of the schema, so that it allows such values there. */
void docschema_allow(const struct docschema *s, struct arena *a,
    struct val *copy, const struct docfault *f);
/* The JSON Merge Patch (RFC 7396) that makes `to` of `from`, two objects; an
 * empty object if they are the same. */
struct val *docschema_diff(struct arena *a, const struct val *from,
    const struct val *to);

#endif

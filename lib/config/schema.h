/* SPDX-License-Identifier: MIT */
/*
 * JSON Schema, the part that settings use (draft 2020-12): type (or a list),
 * properties, required, additionalProperties, items, enum, const, minimum,
 * maximum, minLength, maxLength, minItems, maxItems, pattern (Oniguruma),
 * oneOf, anyOf, default, and the annotations title, description, secret,
 * format. An unknown keyword is ignored.
 *
 * Schemas and values are trees of bounded depth (json/val.h), and every call
 * that goes down goes one level down in the schema.
 */
#ifndef CONN_CONFIG_SCHEMA_H
#define CONN_CONFIG_SCHEMA_H

#include "base/msg.h"
#include "json/val.h"

enum { SCHEMA_PATH = 256 };     /* longer ones are cut */

/* The first violation: which value (or, for an unknown or missing key, which
 * mapping and key), and what is wrong with it. */
struct schema_fault {
	const struct val *at;
	unsigned line, col;     /* of the key for unknown keys, else of at */
	char path[SCHEMA_PATH];         /* "source.path" */
	char what[512];         /* "unknown key, did you mean path" */
};

/* err_set with "FILE:LINE:COL: PATH: WHAT", status 2; line 0 and an empty path
 * are left out. Return -1. */
int schema_err(const char *file, const struct schema_fault *f, struct err *e);
int schema_err_at(const char *file, const struct val *at, const char *path,
    struct err *e, const char *fmt, ...) MSG_PRINTF(5, 6);

/* path: name of the value for messages ("source"; "" for the whole). A plain
 * number or boolean where the schema wants a string is that string, as
 * written. A property with "secret":true takes a string or one of {env}
 * {file} {cred} {cmd}. 0, or -1 with the fault. */
int schema_check(const struct val *schema, const struct val *value,
    const char *path, struct schema_fault *f);
/* A copy of value with the defaults of absent properties filled in and
 * scalars turned to strings where the schema wants them. Copies keep their
 * places; defaults have line 0. */
struct val *schema_complete(struct arena *a, const struct val *schema,
    const struct val *value);

/* Calls each for every value in the tree that the schema describes, containers
 * before what is in them; each may replace *slot, which is not gone into then.
 * Of oneOf and anyOf the first that fits counts. Stops at the first non-zero,
 * and returns it. */
typedef int schema_each(void *ctx, const struct val *schema,
    struct val **slot, const char *path);
int schema_visit(const struct val *schema, struct val **slot,
    const char *path, schema_each *each, void *ctx);

/* The nearest of the schema's property names to key, or NULL. */
const char *schema_nearest(const struct val *schema, struct span key);
/* Does this schema (of a property) say "secret":true? */
bool schema_secret(const struct val *schema);
/* "format":"lines": may such a secret have several, as a key in PEM has? */
bool schema_lines(const struct val *schema);

/* The path of a member or of an item. */
void schema_path_key(char out[SCHEMA_PATH], const char *path, const char *key);
void schema_path_item(char out[SCHEMA_PATH], const char *path, size_t i);

#endif

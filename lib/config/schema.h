/* SPDX-License-Identifier: MIT */
/*
 * JSON Schema, the part that settings use (draft 2020-12): type (or a list),
 * properties, required, additionalProperties, items, enum, const, minimum,
 * maximum, minLength, maxLength, minItems, maxItems, pattern (Oniguruma), oneOf, anyOf, default,
 * and the annotations title, description, secret, format. An unknown keyword
 * is ignored.
 */
#ifndef CONN_CONFIG_SCHEMA_H
#define CONN_CONFIG_SCHEMA_H

#include "base/msg.h"
#include "json/val.h"

/* The first violation: which value (or, for an unknown or missing key, which
 * mapping and key), and what is wrong with it. */
struct schema_fault {
	const struct val *at;
	unsigned line, col;     /* of the key for unknown keys, else of at */
	char path[256];         /* "source.path" */
	char what[512];         /* "unknown key, did you mean path" */
};

/* path: name of the value for messages ("source"). A plain number or boolean
 * where the schema wants a string is that string, as written. A property with
 * "secret":true takes a string or one of {env} {file} {cred} {cmd}. */
int schema_check(const struct val *schema, const struct val *value,
    const char *path, struct schema_fault *f);
/* A copy of value with the defaults of absent properties filled in and
 * scalars turned to strings where the schema wants them. */
struct val *schema_complete(struct arena *a, const struct val *schema,
    const struct val *value);
/* The nearest of the schema's property names to key, or NULL. */
const char *schema_nearest(const struct val *schema, struct span key);

#endif

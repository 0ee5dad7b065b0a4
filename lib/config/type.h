/* SPDX-License-Identifier: MIT */
/* Types as schemas name them, and in the words of messages. */
#ifndef CONN_CONFIG_TYPE_H
#define CONN_CONFIG_TYPE_H

#include "config/schema.h"

enum type_fit {
	TYPE_WRONG, TYPE_OK,
	TYPE_AS_STRING  /* a number or boolean that stands for a string */
};
/* A schema without a type takes every value. */
enum type_fit type_fits(const struct val *schema, const struct val *v);
/* The text of a string, or of a number or boolean as written. */
/* Is it a string, or a plain value that is one as it is written? */
bool type_is_text(const struct val *v);
struct span type_text(const struct val *v);

/* "a string", "true or false" */
const char *type_word(const struct val *v);
/* Adds what the schema takes to words: "a string or a list". */
void type_words(const struct val *schema, char *words, size_t size);

/* The schema of a key: its property, additionalProperties, the value false
 * (not allowed), or NULL (anything). */
const struct val *type_property(const struct val *schema, struct span key);

/* {env: S}, {file: S}, {cred: S} or {cmd: [S]}, nothing else. */
int type_secret_form(const struct val *v, const char *path,
    struct schema_fault *f);

#endif

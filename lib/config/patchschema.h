/* SPDX-License-Identifier: MIT */
/* What patches make of the JSON Schema of a stream's documents. */
#ifndef CONN_CONFIG_PATCHSCHEMA_H
#define CONN_CONFIG_PATCHSCHEMA_H

#include "json/patch.h"

/* Takes away, wherever a schema stands in it, what is no JSON Schema but
 * Airbyte's own, formats that are types of numbers, and lists of values, for
 * which their types come where there is none. */
void patchschema_clean(struct arena *a, struct val *schema);

/* Every date is to be a date and time. */
void patchschema_datetime(struct arena *a, struct val *schema);

enum patchschema_key {
	KEY_SET,        /* required and not null now, at all levels */
	KEY_OPEN,       /* the schema does not tell whether it is there */
	KEY_NOWHERE     /* the schema does not have it */
};
/* Could documents have what it points at? KEY_SET: the schema has it; * and -
 * stand for the items of a list. */
enum patchschema_key patchschema_find(struct arena *a, struct val *schema,
    const struct pointer *at);
enum patchschema_key patchschema_key(struct arena *a, struct val *schema,
    const struct pointer *at);

#endif

/* SPDX-License-Identifier: MIT */
/* Basic sync rules (Elastic's JSON): may this document enter the index? */
#ifndef CONN_RULES_RULES_H
#define CONN_RULES_RULES_H

#include "base/msg.h"
#include "json/scan.h"
#include "json/val.h"

struct rules;

/* list: the config's rules (NULL: none; *out is NULL then). file: for
 * messages. Errors are status 2 with their place, "rules[2] (id r3).value". */
int rules_new(struct rules **out, const struct val *list, const char *file,
    struct err *e);
void rules_free(struct rules *r);
/* The same errors, each bad rule's first one. Returns how many. */
typedef void rules_fault(void *ctx, const struct err *e);
size_t rules_check(const struct val *list, const char *file,
    rules_fault *each, void *ctx);

/* true: include. *by (may be NULL): id of the rule that decided, or NULL if
 * none matched. doc: the final top-level members, _id and _timestamp too. */
bool rules_include(struct rules *r, const struct json_object *doc,
    const char **by);
/* Every field that the rules look at; NULL at i past the last. */
const char *rules_field(const struct rules *r, size_t i);

#endif

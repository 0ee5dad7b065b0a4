/* SPDX-License-Identifier: MIT */
/* The requests of `with`: their items become members of an item. */
#ifndef CONN_SOURCE_REST_SUBS_H
#define CONN_SOURCE_REST_SUBS_H

#include "source/rest/listing.h"

enum { SUBS_DEPTH = 16 };       /* of `again` */

/* Why an item is not to be had. */
struct trouble {
	const char *code;       /* NULL: there is none */
	char codes[16], why[MSG_MAX];
};

/* Adds the list of what one sub gives for an item; [] unless `when`. 0, see
 * t; -1: the run ends, e. */
int subs_one(struct run *r, const struct sub *s, struct span item,
    struct buf *out, struct trouble *t, struct err *e);
/* Adds the item, an object, with what all subs of the view gave, to out. 0,
 * see t; -1: the run ends, e. */
int subs_fetch(struct run *r, const struct view *v, struct span item,
    struct buf *out, struct trouble *t, struct err *e);
/* Foresees the first requests for an item. */
void subs_ahead(struct run *r, const struct view *v, struct span item);

#endif

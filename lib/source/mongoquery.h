/* SPDX-License-Identifier: MIT */
/* What a part of a stream is to the server. All add to an initialised b. */
#ifndef CONN_SOURCE_MONGOQUERY_H
#define CONN_SOURCE_MONGOQUERY_H

#include "source/mongoread.h"

/* Of a find. */
void mongoquery_filter(bson_t *b, const struct mongostream *s,
    const struct mongopart *part);
/* The values of an array: all types but those of times, as of $type. */
void mongoquery_types(bson_t *b);
/* Of an aggregate. */
void mongoquery_stages(bson_t *b, const struct mongostream *s,
    const struct mongopart *part);
/* Of either. */
void mongoquery_options(bson_t *b, const struct mongostream *s,
    const struct mongopart *part);

#endif

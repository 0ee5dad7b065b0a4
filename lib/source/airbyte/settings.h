/* SPDX-License-Identifier: MIT */
/* What a connector's spec says of its settings. */
#ifndef CONN_SOURCE_AIRBYTE_SETTINGS_H
#define CONN_SOURCE_AIRBYTE_SETTINGS_H

#include "source/source.h"

/* What the connector itself says is secret: its values are masked. */
void settings_mask(const struct val *spec, const struct val *config);
/* A secret that stands among the settings where anybody may read it: its
 * path, e. 0: none. */
int settings_exposed(const struct val *spec, const struct request *rq,
    struct err *e);

#endif

/* SPDX-License-Identifier: MIT */
/* What `discover` prints of a stream. */
#ifndef CONN_SOURCE_TAP_TELL_H
#define CONN_SOURCE_TAP_TELL_H

#include "source/tap/path.h"

/* schema: the JSON schema of its records, or NULL. */
void tap_tell(struct arena *a, const char *label, const struct tap_paths *id,
    const struct tap_path *timestamp, const struct val *schema);

#endif

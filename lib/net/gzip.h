/* SPDX-License-Identifier: MIT */
/* One gzip member of some bytes, for a request body. */
#ifndef CONN_NET_GZIP_H
#define CONN_NET_GZIP_H

#include "base/buf.h"

/* Replaces what out holds. Dies if what was packed does not unpack to in. */
void gzip_pack(struct buf *out, struct span in);
const char *gzip_version(void);         /* "libdeflate/1.14" */

#endif

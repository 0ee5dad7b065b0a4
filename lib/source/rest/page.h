/* SPDX-License-Identifier: MIT */
/* Web pages that come in place of data. */
#ifndef CONN_SOURCE_REST_PAGE_H
#define CONN_SOURCE_REST_PAGE_H

#include "base/span.h"

/* "a login page", "a web page", or NULL: text does not look like one. */
const char *page_kind(struct span text);

#endif

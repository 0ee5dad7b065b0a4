/* SPDX-License-Identifier: MIT */
/* check and discover. */
#ifndef CONN_SOURCE_SINGER_CHECK_H
#define CONN_SOURCE_SINGER_CHECK_H

#include "source/singer/program.h"

int singer_check(struct singer *s, struct err *e);
int singer_tell(struct singer *s, struct err *e);

#endif

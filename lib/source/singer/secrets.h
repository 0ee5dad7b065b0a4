/* SPDX-License-Identifier: MIT */
/* Settings of a tap that are called as secrets are: no tap tells which are. */
#ifndef CONN_SOURCE_SINGER_SECRETS_H
#define CONN_SOURCE_SINGER_SECRETS_H

#include "source/source.h"

/* Their values are masked. */
void singer_secrets_mask(const struct val *config);
/* Prints a warning for each that stands among the settings. */
void singer_secrets_tell(const struct request *rq);

#endif

/* SPDX-License-Identifier: MIT */
/* check and discover. */
#ifndef CONN_SOURCE_AIRBYTE_CHECK_H
#define CONN_SOURCE_AIRBYTE_CHECK_H

#include "source/airbyte/connector.h"

int airbyte_check(struct connector *c, struct err *e);
/* In place of connector_open. */
int airbyte_settings(struct connector *c, const struct request *rq,
    struct err *e);
int airbyte_discover(struct connector *c, struct err *e);

#endif

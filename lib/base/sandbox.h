/* SPDX-License-Identifier: MIT */
/* What a program gives up, for itself and for what it starts. */
#ifndef CONN_BASE_SANDBOX_H
#define CONN_BASE_SANDBOX_H

/* No core file from now on: memory holds secrets and documents. */
void sandbox_no_core(void);

#endif

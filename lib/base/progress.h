/* SPDX-License-Identifier: MIT */
/*
 * One line of progress on stderr, twice a second, only on a terminal that is
 * not dumb, erased at the end; and the same line once on SIGUSR1 anywhere.
 */
#ifndef CONN_BASE_PROGRESS_H
#define CONN_BASE_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

extern volatile sig_atomic_t progress_asked;    /* set by SIGUSR1 */

/* text writes the status (no program name, no newline) into out. */
void progress_start(void (*text)(char *out, size_t size));
bool progress_active(void);     /* on a terminal and started */
/* Cheap enough to call for every record. */
void progress_tick(void);
void progress_yield(void);      /* before stdout: it may be that terminal */
void progress_erase(void);      /* before anything else is written to stderr */

#endif

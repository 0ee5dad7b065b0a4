/* SPDX-License-Identifier: MIT */
/* A program that prints a secret: run without a shell, within limits. */
#ifndef CONN_CONFIG_COMMAND_H
#define CONN_CONFIG_COMMAND_H

#include "base/buf.h"

/* Runs argv (NULL-terminated) in the folder dir: no input, the environment and
 * stderr as they are, stdout added to out. Killed, with its group, after
 * `seconds` or more than max bytes. 0 if it ended with status 0; else -1 and
 * why (size bytes): "ended with status 3". */
int command_run(char *const argv[], const char *dir, double seconds,
    size_t max, struct buf *out, char *why, size_t size);

#endif

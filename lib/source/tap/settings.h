/* SPDX-License-Identifier: MIT */
/* What the config says of such a program: its argv, its environment, its own
 * settings, its secrets. */
#ifndef CONN_SOURCE_TAP_SETTINGS_H
#define CONN_SOURCE_TAP_SETTINGS_H

#include "source/source.h"

struct settings {
	struct arena *arena;
	char **argv;            /* of the program, without a verb */
	size_t argc;
	char **env;
	struct val *config;     /* its own, secrets in it */
	const struct val *given; /* the same before tokens were taken over */
};

/* Masks the secrets in messages. Status 2. */
int settings_read(struct settings *s, struct arena *a,
    const struct request *rq, struct err *e);
/* argv for one start, in the arena: FOLDER stands for {folder}; after it the
 * words of more, up to its NULL. */
char **settings_argv(const struct settings *s, const char *folder,
    const char *const more[]);

#endif

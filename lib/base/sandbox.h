/* SPDX-License-Identifier: MIT */
/*
 * What a program gives up, for itself and for what it starts.
 *
 * What reads the bytes of others can be taken over by them. So it is told
 * what such a program never does, and the kernel holds it to that: by seccomp
 * it starts no program, opens no socket, looks into no other process, and
 * changes neither the machine nor its own view of it; by Landlock it writes
 * no file, but below some folders. A kernel that has one of them, or none,
 * guards so much less; nothing else changes.
 */
#ifndef CONN_BASE_SANDBOX_H
#define CONN_BASE_SANDBOX_H

#include <stddef.h>

/* No core file from now on: memory holds secrets and documents. */
void sandbox_no_core(void);

enum {
	SANDBOX_EXEC = 1,       /* it starts programs: nothing is given up */
	SANDBOX_NET = 2,        /* it talks to servers */
	SANDBOX_FILES = 4       /* it writes files, who knows where */
};

struct sandbox {
	unsigned needs;
	const char *writes[2];  /* folders below which it writes; NULL: none */
	const char *reads;      /* reads only what is below; NULL: anything */
};

/* From now on; a second one gives up more. What is open stays so. */
void sandbox_enter(const struct sandbox *s);

enum { SANDBOX_TEXT = 64 };
/* What there is of it here: "landlock 7, seccomp". */
void sandbox_describe(char out[SANDBOX_TEXT]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Messages on stderr and the errors that become messages.
 *
 * A line is "PROGRAM: TEXT", at most 1000 bytes; control bytes, DEL, C1, what
 * ends a line or turns the direction of writing in Unicode, and bytes that are
 * not UTF-8 are shown as \xNN, registered secrets as ***.
 * Library code above this layer does not print: it fills a struct err and
 * returns -1, and the program prints and exits. A broken environment
 * (no memory, unwritable stdout) dies on the spot.
 */
#ifndef CONN_BASE_MSG_H
#define CONN_BASE_MSG_H

#include <stdbool.h>

#include "base/span.h"
#include "base/status.h"

enum { MSG_MAX = 1000 };

struct err {
	int status;             /* 0: no error */
	char text[MSG_MAX + 1]; /* "PLACE: WHAT", raw: escaped when printed */
};

#define MSG_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* A string literal or argv[0]'s end; "": lines without it, for drivers. */
void msg_program(const char *name);
const char *msg_name(void);
/* Where messages go, stderr at first; gives where they went. */
int msg_to(int fd);
void msg(const char *fmt, ...) MSG_PRINTF(1, 2);
void warn(const char *fmt, ...) MSG_PRINTF(1, 2);       /* "warning: ..." */
/* How often --verbose was given; from 2 on, detail tells what is done, request
 * by request. Any layer may call it: it says nothing unless asked. */
void msg_verbosity(int level);
bool msg_detailed(void);
void detail(const char *fmt, ...) MSG_PRINTF(1, 2);
_Noreturn void die(int status, const char *fmt, ...) MSG_PRINTF(2, 3);

/* Always returns -1, so that "return err_set(...)" reads well. */
int err_set(struct err *e, int status, const char *fmt, ...) MSG_PRINTF(3, 4);
void err_print(const struct err *e);
/* Dies of the signal, without a word, if one stopped us. */
_Noreturn void err_die(const struct err *e);

/* From now on every message shows *** in place of these bytes (n >= 3), also
 * where they are escaped; base/mask.h. */
void msg_secret(struct span secret);
/* Escapes and masks like a message, without the program's name; for what
 * else is shown to a person. out is NUL-terminated, cut to size. */
void msg_clean(char *out, size_t size, struct span text);

#endif

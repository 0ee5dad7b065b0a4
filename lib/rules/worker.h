/* SPDX-License-Identifier: MIT */
/*
 * The process that runs jq programs. Parent and child are the same program
 * image, so frames are plain structs. After its start the worker sends one
 * frame: READY, or BROKEN with "LINE MESSAGE". Then each FRAME_RUN (the
 * document) is answered by one of DOC (an object), EMPTY, or FAILED (one byte:
 * enum failure).
 */
#ifndef CONN_RULES_WORKER_H
#define CONN_RULES_WORKER_H

#include <stddef.h>

enum frame_kind {
	FRAME_READY, FRAME_BROKEN, FRAME_RUN, FRAME_DOC, FRAME_EMPTY,
	FRAME_FAILED
};

struct frame {
	enum frame_kind kind;
	size_t n;               /* bytes that follow */
};

enum failure {
	FAILED_ERROR, FAILED_HALT, FAILED_TWO, FAILED_TYPE, FAILED_LONG
};

/* In a child, fd: the socket to the parent. Ends with the process. */
_Noreturn void worker_main(int fd, const char *program);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Signals as values. SIGINT and SIGTERM set sig_stop and interrupt system
 * calls; who waits uses sig_poll, which cannot miss one. SIGUSR1 asks for a
 * status line. SIGPIPE and SIGXFSZ are ignored: who writes sees EPIPE and
 * EFBIG.
 */
#ifndef CONN_BASE_SIG_H
#define CONN_BASE_SIG_H

#include <poll.h>
#include <signal.h>

extern volatile sig_atomic_t sig_stop;  /* 0, SIGINT or SIGTERM */

void sig_install(void);
/* poll(2) that also returns (-1, EINTR) when a signal stopped the program,
 * before or during the wait; keeps the progress line going meanwhile.
 * timeout in milliseconds, -1: none. */
int sig_poll(struct pollfd *fds, nfds_t n, int timeout);
/* Dies of the signal, as a program that never caught it. */
_Noreturn void sig_die(int signo);
/* In a child, before exec: default actions, nothing blocked. */
void sig_child(void);

#endif

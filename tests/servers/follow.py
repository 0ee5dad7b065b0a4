#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""follow OWNER COMMAND...: runs the command, and ends it and all that it
started at a signal, at the end of the process OWNER ('' for none), or when the
command itself ends."""
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

GRACE = 20
PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG = 36, 1

prctl = ctypes.CDLL(None, use_errno=True).prctl


def child_setup():
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def children():
    with open(f"/proc/self/task/{os.getpid()}/children") as f:
        return [int(pid) for pid in f.read().split()]


def reap():
    """Waits for those that have ended; is one left?"""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def end(group, wake):
    """Ends the group and what came to us when its parents ended."""
    poll = select.poll()
    poll.register(wake, select.POLLIN)
    for number, wait in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 5)):
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            pass
        last = time.monotonic() + wait
        while reap():
            left = last - time.monotonic()
            if left <= 0:
                break
            for pid in children():
                if pid != group:
                    os.kill(pid, number)
            if poll.poll(left * 1000):
                os.read(wake, 4096)
        else:
            return


def main():
    owner, command = sys.argv[1], sys.argv[2:]
    wake, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP,
                   signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    poll = select.poll()
    poll.register(wake, select.POLLIN)
    if owner:
        try:
            poll.register(os.pidfd_open(int(owner)), select.POLLIN)
        except ProcessLookupError:
            sys.exit("follow: its owner has ended")
    child = subprocess.Popen(command, start_new_session=True,
                             stdin=subprocess.DEVNULL,
                             preexec_fn=child_setup)
    group = os.pidfd_open(child.pid)
    poll.register(group, select.POLLIN)
    while {fd for fd, _ in poll.poll()} == {wake}:
        if any(n != signal.SIGCHLD for n in os.read(wake, 4096)):
            break
    end(child.pid, wake)


main()

# SPDX-License-Identifier: MIT
"""What histories.py and call-sweep.py share: the tools run with files for
pipes, the embedded index read, work shared by two processes."""
import ctypes
import json
import os
import signal
import sqlite3
import tempfile
import traceback

LONGEST = 60    # seconds of a program
DEATHSIG = 1    # of prctl(2)


class Violation(Exception):
    pass


def spawn(argv, stdin=None, stdout=None):
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, stdin or "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout or "/dev/null",
         os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, "said", os.O_WRONLY | os.O_CREAT |
         os.O_APPEND, 0o600)]
    return os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions,
                           setpgroup=0)


def call(argv, stdin=None, stdout=None, longest=LONGEST):
    """Its status, negative for a signal; it and what it started are killed if
    it does not end."""
    pid = spawn(argv, stdin, stdout)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(pid, signal.SIGKILL))
    signal.alarm(longest)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if signal.alarm(0) == 0:
        raise Violation(f"{argv[0]} does not end")
    return status


def documents():
    """{id: document} of the index of source w, in the folder state."""
    if not os.path.exists("state/w.db"):
        return {}
    db = sqlite3.connect("state/w.db")
    # killed while it was made, it is there and has no table
    made = db.execute("select 1 from sqlite_master where name = 'documents'")
    rows = made.fetchall() and db.execute(
        "select id, document from documents").fetchall()
    db.close()
    return {i: json.loads(d) for i, d in rows}


def folder():
    """A temporary one, in memory if there is such."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.TemporaryDirectory(dir=base)


def both(work, top):
    """work(0) and work(1), each in a process and an empty folder of its own;
    what they return, None for one that broke."""
    parts = []
    for part in 0, 1:
        out, write = os.pipe()
        if os.fork() == 0:
            status = 1
            try:
                ctypes.CDLL(None).prctl(DEATHSIG, signal.SIGKILL)
                os.mkdir(f"{top}/{part}")
                os.chdir(f"{top}/{part}")
                os.write(write, json.dumps(work(part)).encode())
                status = 0
            except BaseException:
                traceback.print_exc()
            os._exit(status)
        os.close(write)
        parts.append(out)
    results = []
    for out in parts:
        with os.fdopen(out) as f:
            text = f.read()
        results.append(json.loads(text) if text else None)
        os.wait()
    return results

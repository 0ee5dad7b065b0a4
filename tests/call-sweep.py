#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""call-sweep.py kill|group|errno|short POINTS SEED LINES:SIZE...
call-sweep.py ahead
call-sweep.py kill|group|errno|short point SCENARIO SIZE STAGE WHO CALL N
                                           [ERRNO]

At every system call of every program of a line, from its start to its end: it
is killed there, or with all of the line (group, of conn-sync alone); the call
fails, or moves fewer bytes than it was asked to. Of all such points, of these
lines (pipes, syncs, cluster, or the name of one) with sources of these sizes,
as many as POINTS (0: all) are tried, evenly spread from SEED on; or the one
that is named: at the Nth call of number CALL of WHO of the stage. A line, a
size, a stage, WHO, and what must hold: see sweep.py.

ahead: a state that is ahead of its index must be seen, at once and by the line
that is run again.

Processes that run beside each other do not always make the same calls: a point
that did not come is not counted as tried. CONN_CLUSTER: URL of a real cluster,
for the lines into one; without it they meet a fake-es.py.
"""
import collections
import errno
import os
import sys
import traceback

sys.dont_write_bytecode = True
from clusters import Fake, Real  # noqa: E402
from pipes import Violation, both, folder  # noqa: E402
from sweep import (BUILD, SCENARIOS, Sweep, choose, install,  # noqa: E402
                   read, server, whos, write)

FAULTTOOL = f"{BUILD}/tests/faulttool"
FCNTL, PRLIMIT, EXECVE, READ = 72, 302, 59, 0
SCRIPT = 10     # or more: where a shell has its script open
MOVES = {0, 1, 17, 18}
F_SETLKW, F_SETLK, F_DUPFD, F_DUPFD_CLOEXEC = 7, 6, 0, 1030
LOCK_NB, WNOHANG = 4, 1
# What may be wrong with a call, by its number on x86-64; what depends on its
# arguments is in `errors`. Not here: what cannot fail but by a mistake of its
# caller (close, lseek, kill, sigaction), or tells it otherwise (brk).
ERRORS = {
    0: ("EIO", "EINTR"), 1: ("ENOSPC", "EIO", "EINTR", "EPIPE"),
    2: ("EMFILE", "EACCES"), 4: ("EACCES",), 5: ("EIO",), 9: ("ENOMEM",),
    10: ("ENOMEM",), 17: ("EIO",), 18: ("ENOSPC", "EIO"),
    20: ("ENOSPC", "EINTR"), 21: ("EACCES", "EIO"), 22: ("EMFILE",),
    25: ("ENOMEM",), 40: ("EIO",), 41: ("EMFILE",), 53: ("EMFILE",),
    56: ("EAGAIN", "ENOMEM"), 57: ("EAGAIN",), 58: ("EAGAIN",),
    59: ("ENOMEM", "EACCES"), 74: ("EIO", "ENOSPC"), 75: ("EIO", "ENOSPC"),
    76: ("EIO",), 77: ("EIO", "ENOSPC"), 82: ("EIO", "ENOSPC"),
    83: ("ENOSPC",), 84: ("EIO",), 87: ("EIO", "EACCES"),
    89: ("EIO", "EACCES"), 91: ("EIO", "EPERM"), 93: ("EIO", "EPERM"),
    133: ("ENOSPC", "EPERM"), 217: ("EIO", "ENOMEM"),
    257: ("EMFILE", "ENFILE", "ENOMEM", "EACCES", "EINTR", "EIO"),
    258: ("ENOSPC", "EIO"), 259: ("ENOSPC", "EPERM"),
    262: ("EIO", "EACCES", "ENOMEM"), 263: ("EIO",), 264: ("EIO", "ENOSPC"),
    267: ("EIO", "EACCES"), 269: ("EACCES", "EIO"),
    285: ("ENOSPC", "EIO", "EINTR"),
    293: ("EMFILE", "ENFILE"), 332: ("EIO", "EACCES"), 435: ("EAGAIN",),
    437: ("EMFILE", "ENOMEM", "EACCES"), 439: ("EACCES", "EIO"),
}


def errors(number, args):
    if number == 72:            # fcntl
        return {F_SETLKW: ("EINTR", "ENOLCK"), F_SETLK: ("EAGAIN", "ENOLCK"),
                F_DUPFD: ("EMFILE",), F_DUPFD_CLOEXEC: ("EMFILE",)}.get(
                    args[1], ())
    if number == 73:            # flock
        return ("ENOLCK",) if args[1] & LOCK_NB else ("EINTR", "ENOLCK")
    if number == 61:            # wait4
        return () if args[2] & WNOHANG else ("EINTR",)
    if number == 7:             # poll
        return ("ENOMEM",) if args[2] == 0 else ("EINTR", "ENOMEM")
    return ERRORS.get(number, ())


def traced(path, who):
    """[number, arguments] of each call, and may it be a point: not what the
    loader does, before our programs' first fcntl, of others after prlimit."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as f:
        calls = [[int(w) for w in line.split()] for line in f]
    os.remove(path)
    numbers = [c[0] for c in calls]
    first = FCNTL if "conn" in who and FCNTL in numbers else PRLIMIT
    loaded = False
    for call in calls:
        loaded = loaded or call[0] == first
        # what a shell makes of a script that it cannot read is not ours
        script = who == "sh" and call[0] == READ and call[1] >= SCRIPT
        yield call, loaded and not script
        loaded = loaded and call[0] != EXECVE


def calls(sweep, i, who):
    """(number, which of these, arguments) of all."""
    trace = f"{sweep.here}/trace"
    program = sweep.stages[i][0][0] if who == "self" else who
    sweep.fresh(i)
    sweep.run(sweep.stages[i], who, [FAULTTOOL, "trace", trace])
    if program == "conn-sync":
        program = "sh"
    seen = collections.Counter()
    for (number, *args), may in traced(trace, program):
        seen[number] += 1
        if may:
            yield number, seen[number], args


def points(sweep, mode, scenario, size):
    if mode == "group" and "sync" not in scenario:
        return
    for i, (argv, _, _) in enumerate(sweep.stages):
        for who in whos(scenario, argv[0]):
            for number, nth, args in calls(sweep, i, who):
                names = [None]
                if mode == "errno":
                    names = errors(number, args)
                elif mode == "short" and number not in MOVES:
                    names = []
                for name in names:
                    yield scenario, size, i, who, number, nth, name


def named(lines):
    if lines in SCENARIOS:
        return [lines]
    kinds = {"es": "cluster", "sync": "syncs"}
    return [s for s in SCENARIOS
            if kinds.get(s.split("-")[0], "pipes") == lines]


def all_points(mode, top, server, lines):
    sweep = Sweep(top, server)
    for line in lines:
        names, size = line.split(":")
        for scenario in named(names):
            sweep.prepare(scenario, size)
            yield from points(sweep, mode, scenario, size)


def listed(mode, top, clusters, lines):
    """All points, found by a process that has no other children."""
    os.mkdir(f"{top}/look")
    found, _ = both(lambda part: [] if part else
                    list(all_points(mode, top, clusters[0], lines)),
                    f"{top}/look")
    return found


def work(mode, top, server, part, chosen):
    """Of the points every other one; prints violations; returns how many, how
    many were tried, and how many of these left all as it was."""
    sweep = Sweep(top, server)
    bad = tried = 0
    last = None
    for p in chosen[part::2]:
        scenario, size, i, who, number, nth, name = p
        fault = [FAULTTOOL, "-m", sweep.mark, mode, str(number), str(nth)]
        if name is not None:
            fault.append(str(getattr(errno, name)))
        try:
            if last != (scenario, size):
                sweep.prepare(scenario, size)
                last = scenario, size
            tried += sweep.point(i, who, fault)
        except Violation as v:
            bad += 1
            tried += 1
            print(mode, "point", *(w for w in p if w is not None),
                  f"({sweep.stages[i][0][0]}): {v}", flush=True)
        except Exception:
            print(mode, "point", *p, flush=True)
            traceback.print_exc()
            raise
    return bad, tried, sweep.same


def seen(judge, *args):
    try:
        judge(*args)
    except Violation as v:
        return f"{v}"
    return None


def ahead(top):
    """The state after a poll, the index before it."""
    os.mkdir(f"{top}/ahead")
    os.chdir(f"{top}/ahead")
    sweep = Sweep(top)
    sweep.prepare("poll", "8")
    state = read("state/w.state").decode()
    sweep.fresh(0)
    write("state/w.state", state)
    found = [seen(sweep.judge, 75, False)]
    status = [sweep.run(stage) for stage in sweep.stages][-1]
    found.append(seen(sweep.judge, status, True))
    os.chdir("/")
    print(f"ahead: {found}")
    return None not in found


def run(mode, top, clusters, wanted, *rest):
    if wanted == "point":
        scenario, size, i, who, number, nth, *name = rest
        every = chosen = [(scenario, size, int(i), who, int(number),
                           int(nth), *(name or [None]))]
        seed = "none"
    else:
        seed, *lines = rest
        every = listed(mode, top, clusters, lines)
        if every is None:
            return False
        chosen = choose(every, int(wanted), int(seed))
    results = both(lambda part: work(mode, top, clusters[part], part, chosen),
                   top)
    os.chdir("/")
    if None in results:
        return False
    bad, tried, same = map(sum, zip(*results))
    print(f"{mode}: {len(every)} points, {tried} tried from seed {seed} "
          f"({same} changed nothing), {len(chosen) - tried} did not come, "
          f"{bad} violations")
    return bad == 0 and (tried > 0 or not chosen)


def main(mode, *rest):
    os.environ["LC_ALL"] = "C"
    with folder() as top:
        install(top)
        if mode == "ahead":
            return ahead(top)
        url = os.environ.get("CONN_CLUSTER")
        if url:
            clusters = [Real(url, f"sweep-{os.getpid()}-{i}") for i in (0, 1)]
            try:
                return run(mode, top, clusters, *rest)
            finally:
                for cluster in clusters:
                    cluster.put(None)
        write(f"{top}/plan", "")
        servers = [server(f"{top}/es{i}", "fake-es.py", "../plan", "log")
                   for i in (0, 1)]
        try:
            return run(mode, top, [Fake(url) for _, url in servers], *rest)
        finally:
            for process, _ in servers:
                process.kill()
                process.stdout.close()


sys.exit(0 if main(*sys.argv[1:]) else 1)

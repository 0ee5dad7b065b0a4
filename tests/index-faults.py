#!/usr/bin/env python3
"""index-faults FAULT [EVERY]: conn-bulk into the embedded index, hit by FAULT
at each of its system calls that comes after it first sees the state folder,
then the same line again. FAULT: kill, full (no space from there on) or eio
(one call fails). EVERY: only so many of the points, evenly. Prints each
violation, then: points tried, violations."""
import concurrent.futures
import functools
import itertools
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys

CHANGING = set("openat write pwrite64 fsync fdatasync rename unlink ftruncate "
               "mkdir fallocate".split())
FAILING = {"full": "pwrite64 write ftruncate fallocate".split(),
           "eio": "pwrite64 write pread64 fsync fdatasync ftruncate".split()}
ENDS = {"kill": (-9, 137), "full": (0, 1, 3), "eio": (0, 1, 3, 75)}


def doc(n, title):
    return {"_id": f"wiki:{n}", "title": title, "body": f"the page {n} " * 90}


def gone(n):
    return {"_ctl": "delete", "id": f"wiki:{n}"}


def cursor(at):
    return {"_ctl": "state", "stream": "a", "value": {"at": at}}


OLD = {str(n): "old" for n in range(1, 9)}
# What the index holds once the cursor was committed: after 1 at least the
# first, after 2 all. None: the id must not be there.
EARLY = {"2": "new", "3": None, "10": "new"}
LATE = dict(EARLY, **{"11": "new", "4": None})
CHANGES = [doc(2, "new"), gone(3), doc(10, "new"), cursor("1"),
           doc(11, "new"), gone(4), cursor("2")]
LOAD = [doc(n, "old") for n in OLD] + [cursor("2")]
SCENES = {
    # name: records, options of the stream, is there an index before?
    "load": (LOAD, [], False),
    "diff": (CHANGES, ["-m", "diff", "-k", "8", "-c", "c0"], True),
    "poll": (CHANGES, ["-m", "poll", "-c", "c0"], True),
}


# One name for every folder, since the state repeats it.
HERE = "/proc/self/cwd/state"


def make_stream(records, base, run, options):
    text = "".join(json.dumps(r, separators=(",", ":")) + "\n"
                   for r in records)
    return subprocess.run(
        ["mkstream", "-i", f"sqlite:{HERE}/wiki.db", "-b", base or "null",
         "-r", run, *options],
        input=text, capture_output=True, text=True, check=True).stdout


@functools.cache
def stream(name, base, run):
    records, options, _ = SCENES[name]
    return make_stream(records, base, run, options)


def bulk(folder, text, before=()):
    return subprocess.run(
        [*before, "conn-bulk", "../wiki.yml"], input=text, text=True,
        capture_output=True, cwd=folder,
        env=dict(os.environ, CONN_STATE_DIR=HERE))


def start(name, folder):
    """The folder as it is before the run."""
    shutil.rmtree(folder, ignore_errors=True)
    if SCENES[name][2]:
        shutil.copytree("before", folder)
    else:
        os.mkdir(folder)


def saved(folder):
    try:
        with open(f"{folder}/state/wiki.state", encoding="utf-8") as f:
            state = json.load(f)
    except FileNotFoundError:
        return None, None
    return state["run"], state["streams"].get("a", {}).get("at")


def titles(db):
    return {i[5:]: json.loads(d)["title"] for i, d in
            db.execute("select id, document from documents")}


def holds(has, wanted):
    return all(has.get(i) == t for i, t in wanted.items())


def damage(folder):
    """What is wrong with the file itself; None if nothing."""
    db = sqlite3.connect(f"{folder}/state/wiki.db")
    try:
        said = db.execute("pragma integrity_check").fetchone()[0]
        if said != "ok":
            return said
        if not db.execute("select 1 from sqlite_master").fetchone():
            return None
        db.execute("insert into search(search, rank) "
                   "values('integrity-check', 1)")
        both = db.execute("select rowid, id from documents except "
                          "select rowid, id from search").fetchall()
        both += db.execute("select rowid, id from search except "
                           "select rowid, id from documents").fetchall()
        return f"documents and search differ: {both}" if both else None
    except sqlite3.Error as e:
        return f"{e}"
    finally:
        db.close()


def contents(folder):
    db = sqlite3.connect(f"{folder}/state/wiki.db")
    try:
        return titles(db)
    except sqlite3.OperationalError:
        return {}
    finally:
        db.close()


def ahead(name, before, folder):
    """Looks at a copy, so that conn-bulk itself finds what the fault left."""
    run, at = saved(folder)
    copy = folder + ".copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    if not os.path.exists(f"{copy}/state/wiki.db"):
        return "a state without an index" if run else None
    wrong = damage(copy)
    if wrong:
        return wrong
    has = contents(copy)
    if (run, at) == before:
        wanted = {}
    elif name == "load":
        wanted = OLD
    else:
        wanted = LATE if at == "2" else EARLY
    if not holds(has, wanted):
        return f"state {run} {at} is ahead of {has}"
    kept = {} if name == "load" else {i: OLD[i] for i in "15678"}
    return None if holds(has, kept) else f"lost: {has}"


def final(name):
    if name == "load":
        return OLD
    want = {**OLD, **LATE}
    return {i: t for i, t in want.items() if t is not None}


class Point:
    def __init__(self, fault, name, call, nth):
        self.fault, self.name, self.call, self.nth = fault, name, call, nth

    def __str__(self):
        return f"{self.fault} {self.name} {self.call} {self.nth}"

    def inject(self):
        if self.fault == "kill":
            how = f"signal=KILL:when={self.nth}"
        elif self.fault == "full":
            how = f"error=ENOSPC:when={self.nth}+"
        else:
            how = f"error=EIO:when={self.nth}"
        return ["strace", "-f", "-qq", "-o", "/dev/null", "-e",
                f"trace={self.call}", "-e", f"inject={self.call}:{how}"]

    def violation(self, folder, texts):
        start(self.name, folder)
        before = saved(folder)
        r = bulk(folder, texts[self.name], self.inject())
        if r.returncode not in ENDS[self.fault] + (0,):
            return f"status {r.returncode}: {r.stderr}"
        if r.returncode in (3, 75) and len(r.stderr.splitlines()) > 1:
            return f"not one line: {r.stderr}"
        if os.path.isdir(f"{folder}/state"):
            wrong = ahead(self.name, before, folder)
            if wrong:
                return wrong
        run, at = saved(folder)
        again = stream(self.name, run, "r9")
        if r.returncode == 0 and at != "2":
            return f"status 0 and cursor {at}"
        r = bulk(folder, again)
        if r.returncode != 0:
            return f"again: status {r.returncode}: {r.stderr}"
        if contents(folder) != final(self.name):
            return f"again: {contents(folder)}"
        if saved(folder) != ("r9", "2"):
            return f"again: state {saved(folder)}"
        return damage(folder)


def points(fault, texts):
    """From a run that is only watched."""
    for name in SCENES:
        folder = f"watched.{name}"
        start(name, folder)
        r = bulk(folder, texts[name], ["strace", "-f", "-qq", "-y",
                                       "-o", "../trace"])
        if r.returncode != 0:
            sys.exit(f"index-faults: {name}: {r.stderr}")
        seen, met = {}, False
        with open("trace", encoding="utf-8", errors="replace") as f:
            lines = f.read().splitlines()
        for line in lines:
            m = re.match(r"\d+ +(\w+)\(", line)
            if not m:
                continue
            call = m[1]
            seen[call] = seen.get(call, 0) + 1
            met = met or f"/{folder}/state" in line or HERE in line
            if met and call != "exit_group" and (
                    fault == "kill" or call in FAILING[fault]):
                yield Point(fault, name, call, seen[call])


def chosen(every, limit):
    """Those that change something come first, the rest evenly."""
    if limit is None or limit >= len(every):
        return every
    some = []
    for part in ([p for p in every if p.call in CHANGING],
                 [p for p in every if p.call not in CHANGING]):
        n = min(limit - len(some), len(part))
        some += [part[i * len(part) // n] for i in range(n)]
    return some


def prepare():
    """An index whose log was not taken back into the file, as after a kill:
    while another has it open no one does that."""
    os.mkdir("filled")
    docs = [doc(n, "old") for n in OLD]
    for base, run in (None, "r0"), ("r0", "r1"):
        r = bulk("filled", make_stream(docs, base, run, ["-c", "c0"]))
        if r.returncode != 0:
            sys.exit(f"index-faults: {r.stderr}")
        if run == "r0":
            reader = sqlite3.connect("filled/state/wiki.db")
            reader.execute("select * from documents").fetchone()
    shutil.copytree("filled", "before")
    reader.close()


def main(fault, limit=None):
    prepare()
    base, _ = saved("before")
    texts = {n: stream(n, base if s[2] else None, "r2")
             for n, s in SCENES.items()}
    todo = chosen(list(points(fault, texts)), limit and int(limit))
    number = itertools.count()
    violations = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for p, wrong in pool.map(
                lambda p: (p, p.violation(f"at.{next(number)}", texts)),
                todo):
            if wrong:
                violations += 1
                print(f"{p}: {wrong}")
    print(f"{fault}: {len(todo)} points tried, {violations} violations")
    return violations > 0 or not todo


sys.exit(main(*sys.argv[1:]))

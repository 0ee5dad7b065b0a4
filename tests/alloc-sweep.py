#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""alloc-sweep.py POINTS SEED [TYPE=CONFIG]...
alloc-sweep.py point once|on LINE STAGE WHO N [TYPE=CONFIG]...

At every allocation of every program of a line (see sweep.py), of each driver
that needs no server, of rest, of conn-check and conn-spec: that one fails, or
that and all after it. Of these as many as POINTS (0: all) are tried, as
many of each program, evenly spread from SEED on; or the one that is named.
Where nothing was allocated after the one that failed, the run in which all
after it fail is the same, and not run again.

A line: what sweep.py says must hold. Another command: its status is not 0, or
what it wrote is what it writes when nothing fails. None dies of a signal, but a
driver in a library that does not look at what it got; that is printed.
"""
import itertools
import os
import re
import sqlite3
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
from pipes import Violation, both, folder  # noqa: E402
from sweep import (BUILD, DRIVER, SCENARIOS, Sweep, choose,  # noqa: E402
                   install, read, server, write)

FAULTTOOL = f"{BUILD}/tests/faulttool"
LIBRARY = f"{BUILD}/tests/allocfault.so"
NONE = "999"        # a call that no program makes
RULES = """
rules:
  - {id: a, policy: exclude, field: title, rule: regex, value: "z+", order: 1}
  - {id: DEFAULT, policy: include, field: _id, rule: regex, value: ".*",
     order: 9}
map: '.tags = [.title | ascii_upcase]'
"""
LINES = {
    "first": ["conn-load", "conn-bulk", f"{DRIVER}:load", f"{DRIVER}:spec"],
    "full": ["conn-slim", "conn-load", "conn-diff", "conn-bulk"],
    "poll": ["conn-poll", "conn-bulk", f"{DRIVER}:poll"],
    "prune": ["conn-slim", "conn-diff", "conn-bulk", f"{DRIVER}:slim"],
    "rebuild": ["conn-bulk"],
    "sync": ["conn-sync-helper:options", "conn-sync-helper:begin",
             "conn-sync-helper:end"],
    "sync-poll": ["conn-sync-helper:begin", "conn-sync-helper:watch"],
}
# name: (command, the programs that are hit)
COMMANDS = {
    "csv": (["conn-load", "csv.yml"], ["conn-source-file:load"]),
    "json": (["conn-load", "json.yml"], ["conn-source-file:load"]),
    "gz": (["conn-load", "gz.yml"], ["conn-source-file:load"]),
    "sqlite": (["conn-load", "sqlite.yml"],
               ["conn-source-sqlite:load", "conn-source-sqlite:spec"]),
    "sqlite-slim": (["conn-slim", "sqlite.yml"], ["conn-source-sqlite:slim"]),
    "rest": (["conn-load", "rest.yml"],
             ["conn-source-rest:load", "conn-source-rest:spec"]),
    "check": (["conn-check", "sqlite.yml"],
              ["self", "conn-source-sqlite:check"]),
    "discover": (["conn-spec", "-D", "sqlite.yml"],
                 ["self", "conn-source-sqlite:discover"]),
    "spec": (["conn-spec", "file"], ["self"]),
    "template": (["conn-spec", "-t", "rest"], ["self"]),
    "form": (["conn-spec", "-H", "file"], ["self"]),
}
FILES = {
    "a.csv": "id,title\n1,one\n2,two\n3,three\n",
    "a.json": '{"items":[{"id":1,"title":"one"},{"id":2,"title":"two"}]}',
    "csv.yml": "name: w\nsource: {type: file, path: a.csv, id: id}" + RULES,
    "json.yml": "name: w\nsource: {type: file, path: a.json, items: .items, "
                "id: id}\n",
    "gz.yml": "name: w\nsource: {type: file, path: a.csv.gz, id: id}\n",
    "sqlite.yml": "name: w\nsource: {type: sqlite, path: a.db}\n",
    "plan": '{"on":"GET /p","body":{"results":[{"id":1,"title":"one"},'
            '{"id":2,"title":"two"}]}}\n',
}
REST = """name: w
source:
  type: rest
  url: %s
  streams: {p: {get: /p, items: '.results[]', id: .id, doc: '{title}'}}
"""


class Alloc(Sweep):
    config = Sweep.config + RULES
    longest = 15    # there is nothing to wait for

    def __init__(self, top, url):
        super().__init__(top)
        self.url = url
        self.count = f"{self.here}/count"
        self.at = self.ended = None

    # ---- both kinds ----

    def preload(self, n, on):
        write(self.count, "\0" * 24)
        return [FAULTTOOL, "-m", self.mark, "kill", NONE, "1", "env",
                f"LD_PRELOAD={LIBRARY}", f"ALLOC_COUNT={self.count}",
                f"ALLOC_AT={n}",
                *(["ALLOC_ON=yes"] if on else [])]

    def counted(self):
        """Allocations, how many of them failed, deaths in a library."""
        return struct.unpack("QQQ", read(self.count))

    def marks(self):
        """As of Sweep: of a fault that came."""
        return [*(["struck"] if self.counted()[1] else []), *super().marks()]

    def prepare(self, name, size="3"):
        if self.at == name:
            return
        self.at = name
        if name in SCENARIOS:
            super().prepare(name, size)
            return
        self.enter()
        for path, text in dict(FILES, **{"rest.yml": REST % self.url}).items():
            write(path, text)
        subprocess.run(["gzip", "-k", "a.csv"], check=True)
        db = sqlite3.connect("a.db")
        db.executescript("create table t(id integer primary key, title);"
                         "insert into t values(1, 'one'), (2, 'two');")
        db.close()
        self.stages = [(COMMANDS[name][0], None, "out")]
        status = self.run(self.stages[0])
        if status != 0:
            raise Violation(f"{name}: status {status}: {read('said')}")
        self.outputs = {"out": self.content()}
        self.clean = {}

    @staticmethod
    def content():
        """What it wrote, but for the records that tell of time and run."""
        with open("out", "rb") as f:
            # where a program lies depends on which one is hit
            return sorted(re.sub(rb"/\S*/libexec/", b"/libexec/", line)
                          for line in f
                          if not line.startswith(b'{"_ctl":"')
                          or line.startswith(b'{"_ctl":"fail"'))

    def whos(self, name):
        """(stage, who): each of the line."""
        if name in COMMANDS:
            return [(0, who) for who in COMMANDS[name][1]]
        programs = [s[0][0] for s in self.stages]
        if name.startswith("sync"):
            return [(0, who) for who in LINES[name]]
        # the driver's part is where the source is read
        reader = [i for i, s in enumerate(self.stages)
                  if s[0][0] != "conn-diff" and s[2] == "stream"][0]
        return [(programs.index(w), "self") if w in programs else (reader, w)
                for w in LINES[name]]

    def allocations(self, i, who):
        self.fresh(i)
        self.run(self.stages[i], who, self.preload(0, False))
        return self.counted()[0]

    def all_points(self):
        for name in [*LINES, *COMMANDS]:
            self.prepare(name)
            for i, who in self.whos(name):
                for n in range(1, self.allocations(i, who) + 1):
                    for how in "once", "on":
                        yield how, name, i, who, n

    def attempt(self, how, *where):
        if how == "on" and where == self.ended:
            return True
        came = self.attempted(how, *where)
        self.ended = where if self.counted() == (where[-1], 1, 0) else None
        return came

    def attempted(self, how, name, i, who, n):
        fault = self.preload(n, how == "on")
        if name in SCENARIOS:
            return self.point(i, who, fault)
        self.fresh(0)
        status = self.run(self.stages[0], who, fault)
        marks = self.marks()
        if not marks:
            return False
        if len(marks) > 1 and status > 0 and self.counted()[2]:
            print("in a library:", name, who, n, how, flush=True)
            return True
        if len(marks) > 1:
            raise Violation(f"{marks[1]}: {read('said')}")
        if status < 0:
            raise Violation(f"signal {-status}: {read('said')}")
        if status == 0 and self.content() != self.outputs["out"]:
            raise Violation(f"status 0, but {self.content()}")
        return True


def drivers_only(words):
    """What is tried is what TYPE=CONFIG says."""
    LINES.clear()
    COMMANDS.clear()
    for kind, _, config in (w.partition("=") for w in words):
        FILES[f"{kind}.yml"] = read(config).decode()
        driver = f"conn-source-{kind}"
        COMMANDS[kind] = (["conn-load", f"{kind}.yml"],
                          [f"{driver}:load", f"{driver}:spec"])
        for verb, program in ("slim", "conn-slim"), ("check", "conn-check"):
            COMMANDS[f"{kind}-{verb}"] = ([program, f"{kind}.yml"],
                                          [f"{driver}:{verb}"])


def work(top, url, part, chosen):
    sweep = Alloc(top, url)
    bad = tried = 0
    for k, p in enumerate(chosen):
        if k // 2 % 2 != part:      # by pairs, of once and on
            continue
        try:
            sweep.prepare(p[1])
            tried += sweep.attempt(*p)
        except Violation as v:
            bad += 1
            tried += 1
            print("alloc point", *p, f"({sweep.stages[p[2]][0][0]}): {v}",
                  flush=True)
    return bad, tried


def listed(top, url):
    """All points, found by a process that has no other children."""
    os.mkdir(f"{top}/look")
    found, _ = both(lambda part: [] if part else
                    list(Alloc(top, url).all_points()), f"{top}/look")
    return found


def spread(every, wanted, seed):
    """As many of each program of a line, since some make a thousand times as
    many as others; all of those that make fewer."""
    groups = [list(g) for _, g in itertools.groupby(
        every, lambda p: (p[1], p[2], p[3]))]
    groups.sort(key=len)
    chosen = []
    for left in range(len(groups), 0, -1):
        group = groups[len(groups) - left]
        share = max((wanted - len(chosen)) // left, 1) if wanted else 0
        chosen += choose(group, share, seed)
    return sorted(chosen, key=lambda p: p[1:4])


def run(top, url, wanted, rest):
    words = [w for w in rest if "=" in w]
    rest = [w for w in rest if "=" not in w]
    if words:
        drivers_only(words)
    if wanted == "point":
        how, name, i, who, n = rest
        every = chosen = [(how, name, int(i), who, int(n))]
        seed = "none"
    else:
        seed, = rest
        every = listed(top, url)
        if every is None:
            return False
        chosen = spread(every, int(wanted), int(seed))
    results = both(lambda part: work(top, url, part, chosen), top)
    os.chdir("/")
    if None in results:
        return False
    bad, tried = map(sum, zip(*results))
    print(f"alloc: {len(every)} points, {tried} tried from seed {seed}, "
          f"{len(chosen) - tried} did not come, {bad} violations")
    return bad == 0 and tried > 0


def main(wanted, *rest):
    os.environ["LC_ALL"] = "C"
    with folder() as top:
        install(top)
        write(f"{top}/plan", FILES["plan"])
        process, url = server(f"{top}/api", "rest-server.py", "../plan", "log")
        try:
            return run(top, url, wanted, rest)
        finally:
            process.kill()
            process.stdout.close()


sys.exit(0 if main(*sys.argv[1:]) else 1)

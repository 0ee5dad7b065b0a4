#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""call-sweep.py kill|errno|short POINTS SEED
                 [SCENARIO STAGE WHO CALL N [ERRNO]]

At every system call of every program of a pipe, from its start to its end: it
is killed there, the call fails, or moves fewer bytes than it was asked to. Of
all such points as many as POINTS (0: all) are tried, evenly spread from SEED
on; or the one that is named: at the Nth call of number CALL of the program of
the stage (WHO is self) or of its driver (driver).

A point: the line is run with the fault, and looked at; then the same line is
run once more. After the first
  - each document that stayed in the source is in the index, old or new
  - if conn-bulk ended with 0, the index is the source
After the second, that is so and its status is 0. (After polls and a first fill
documents that the source has no more may be there.)
"""
import collections
import errno
import os
import random
import shutil
import sys

sys.dont_write_bytecode = True
from pipes import Violation, both, call, documents, folder  # noqa: E402

BUILD = os.environ["CONN_BUILD"]
FAULTTOOL = f"{BUILD}/tests/faulttool"
CONFIG = """name: w
source: {type: directory, path: docs}
"""
FCNTL = 72      # the first call of a program that is not its loader's
# what may be wrong with a call, by its number on x86-64
ERRORS = {
    0: ("EIO", "EINTR"), 1: ("ENOSPC", "EIO", "EINTR", "EPIPE"),
    2: ("EMFILE",), 4: ("EACCES",), 5: ("EIO",), 7: ("EINTR", "ENOMEM"),
    8: ("EIO",), 9: ("ENOMEM",), 17: ("EIO",),
    18: ("ENOSPC", "EIO"), 20: ("ENOSPC", "EINTR"), 22: ("EMFILE",),
    40: ("EIO",), 41: ("EMFILE",), 56: ("EAGAIN", "ENOMEM"),
    57: ("EAGAIN",), 58: ("EAGAIN",), 61: ("EINTR",), 72: ("EINTR",),
    73: ("EINTR", "ENOLCK"), 74: ("EIO", "ENOSPC"), 75: ("EIO",),
    76: ("EIO",), 77: ("EIO", "ENOSPC"), 82: ("EIO", "ENOSPC"),
    83: ("ENOSPC",), 87: ("EIO", "EACCES"), 217: ("EIO", "ENOMEM"),
    257: ("EMFILE", "ENOMEM", "EACCES", "EINTR", "EIO"),
    262: ("EIO", "EACCES", "ENOMEM"), 263: ("EIO",), 264: ("EIO", "ENOSPC"),
    293: ("EMFILE",), 332: ("EIO",), 437: ("EMFILE", "ENOMEM", "EACCES"),
}
MOVES = {0, 1, 17, 18}


# name: (stages, does the index become the source). A stage: program with its
# arguments, stdin, stdout.
KNOWN = (["conn-slim", "-I", "c.yml"], None, "known")
LOAD = (["conn-load", "c.yml"], None, "stream")
DIFF = (["conn-diff", "c.yml", "known"], "stream", "diff")
SCENARIOS = {
    "first": ([LOAD, (["conn-bulk", "c.yml"], "stream", "refused")], False),
    "full": ([KNOWN, LOAD, DIFF,
              (["conn-bulk", "c.yml"], "diff", "refused")], True),
    "poll": ([(["conn-poll", "c.yml"], None, "stream"),
              (["conn-bulk", "c.yml"], "stream", "refused")], False),
    "prune": ([KNOWN, (["conn-slim", "c.yml"], None, "stream"),
               (["conn-diff", "-p", "c.yml", "known"], "stream", "diff"),
               (["conn-bulk", "c.yml"], "diff", "refused")], None),
}


def texts():
    """{id: text}"""
    return {i: d["body"] for i, d in documents().items()}


class Sweep:
    def __init__(self, mode, top):
        self.mode, self.top = mode, top
        self.fault = f"{top}/fault"
        self.install()

    def install(self):
        """The programs, and a driver that does as the file `fault` says."""
        real = f"{BUILD}/libexec/conn"
        shutil.copytree(f"{BUILD}/bin", f"{self.top}/bin")
        os.makedirs(f"{self.top}/libexec/conn")
        for name in os.listdir(real):
            if os.path.isfile(f"{real}/{name}"):
                shutil.copy(f"{real}/{name}", f"{self.top}/libexec/conn")
        driver = f"{self.top}/libexec/conn/conn-source-directory"
        os.rename(driver, f"{self.top}/driver")
        with open(driver, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\ncase $1 in spec) exec {self.top}/driver spec"
                    f" ;; esac\nread -r fault <{self.fault}\n"
                    f"exec $fault {self.top}/driver \"$@\"\n")
        os.chmod(driver, 0o755)
        os.environ["PATH"] = f"{self.top}/bin:{os.environ['PATH']}"
        self.set_fault("")

    def set_fault(self, text):
        with open(self.fault, "w", encoding="utf-8") as f:
            f.write(text + "\n")

    # ---- one line of the shell ----

    def run(self, stage, fault):
        """fault: words of faulttool; []: none."""
        argv, stdin, stdout = stage
        return call([FAULTTOOL, *fault, *argv] if fault else argv, stdin,
                    stdout)

    def line(self, stages, at, fault):
        """Status of its last program."""
        status = None
        for i, stage in enumerate(stages):
            if at == (i, "driver"):
                self.set_fault(" ".join([FAULTTOOL, *fault]))
            status = self.run(stage, fault if at == (i, "self") else [])
            self.set_fault("")
        return status

    # ---- the source and the index ----

    def prepare(self, scenario):
        """The folder `clean`, before the line."""
        shutil.rmtree("clean", ignore_errors=True)
        shutil.rmtree("work", ignore_errors=True)
        os.makedirs("work/docs")        # whose path the state remembers
        self.enter("work")
        with open("c.yml", "w", encoding="utf-8") as f:
            f.write(CONFIG)
        for i in range(1, 9):
            self.write(i, "old")
        if scenario != "first":
            for stage in SCENARIOS["first"][0]:
                assert self.run(stage, []) == 0
            self.write(1, "new")
            self.write(9, "new")
            os.remove("docs/2.txt")
        os.chdir("..")
        os.rename("work", "clean")

    @staticmethod
    def write(i, text):
        with open(f"docs/{i}.txt", "w", encoding="utf-8") as f:
            f.write(f"{text} {i}\n")

    @staticmethod
    def source():
        found = {}
        for name in os.listdir("docs"):
            with open(f"docs/{name}", encoding="utf-8") as f:
                found[f"w:{name}"] = f.read()
        return found

    def judge(self, scenario, before, status, again):
        index, source = texts(), self.source()
        whole = SCENARIOS[scenario][1]
        for i, text in before.items():
            if i in source and index.get(i) not in (text, source[i]):
                raise Violation(f"{i} is {index.get(i)!r}")
        if again and status != 0:
            raise Violation(f"once more: status {status}")
        if status != 0:
            return
        if whole is None:       # a prune: no document is read
            gone = [i for i in index if i not in source]
            if gone:
                raise Violation(f"{gone} should be gone")
            return
        for i, text in source.items():
            if index.get(i) != text:
                raise Violation(f"status 0, but {i} is {index.get(i)!r}")
        if whole and len(index) != len(source):
            raise Violation("status 0, but more than the source")

    # ---- points ----

    def calls(self, scenario):
        """(stage, who, number of the call, which of these) of all."""
        stages = SCENARIOS[scenario][0]
        for i, stage in enumerate(stages):
            for who in "self", "driver":
                self.fresh()
                trace = os.path.abspath("trace")
                if os.path.exists(trace):
                    os.remove(trace)
                self.line(stages[:i], None, [])
                self.line([stage], (0, who), ["trace", trace])
                numbers = []
                if os.path.exists(trace):
                    with open(trace, encoding="utf-8") as f:
                        numbers = [int(n) for n in f]
                first = numbers.index(FCNTL) if FCNTL in numbers else 0
                seen = collections.Counter(numbers[:first])
                for call in numbers[first:]:
                    seen[call] += 1
                    yield i, who, call, seen[call]
                os.chdir("..")

    def points(self, scenario):
        for point in self.calls(scenario):
            call = point[2]
            if self.mode == "kill" or (self.mode == "short" and
                                       call in MOVES):
                yield scenario, *point, None
            elif self.mode == "errno":
                for name in ERRORS.get(call, ()):
                    yield scenario, *point, name

    @staticmethod
    def enter(folder):
        os.chdir(folder)
        os.environ["CONN_STATE_DIR"] = os.path.abspath("state")

    def fresh(self):
        shutil.rmtree("work", ignore_errors=True)
        shutil.copytree("clean", "work")
        self.enter("work")

    def point(self, scenario, i, who, call, at, name):
        stages = SCENARIOS[scenario][0]
        fault = [self.mode, str(call), str(at)]
        if name is not None:
            fault.append(str(getattr(errno, name)))
        self.fresh()
        try:
            before = texts()
            status = self.line(stages, (i, who), fault)
            self.judge(scenario, before, status, False)
            status = self.line(stages, None, [])
            self.judge(scenario, before, status, True)
        finally:
            os.chdir("..")


def title(scenario, i, who, call, at, name):
    program = SCENARIOS[scenario][0][i][0][0]
    return f"{scenario} {i} {who} {call} {at} {name or ''}".rstrip() + \
        f" ({program})"


def work(mode, part, points):
    """Of the points every other one; prints violations, returns how many."""
    sweep = Sweep(mode, os.getcwd())
    bad, last = 0, None
    for p in points[part::2]:
        if p[0] != last:
            sweep.prepare(p[0])
            last = p[0]
        try:
            sweep.point(*p)
        except Violation as v:
            bad += 1
            print(f"{mode} {title(*p)}: {v}", flush=True)
    return bad


def choose(points, wanted, seed):
    if not 0 < wanted < len(points):
        return points
    offset = random.Random(seed).random()
    return [points[int((k + offset) * len(points) / wanted)]
            for k in range(wanted)]


def all_points(mode, top):
    os.mkdir(f"{top}/look")
    os.chdir(f"{top}/look")
    sweep = Sweep(mode, f"{top}/look")
    points = []
    for scenario in SCENARIOS:
        sweep.prepare(scenario)
        points += sweep.points(scenario)
    return points


def main(mode, wanted, seed, *one):
    os.environ["LC_ALL"] = "C"
    with folder() as top:
        if one:
            scenario, i, who, call, at, *name = one
            points = [(scenario, int(i), who, int(call), int(at),
                       *(name or [None]))]
        else:
            points = all_points(mode, top)
        tried = choose(points, int(wanted), int(seed))
        results = both(lambda part: work(mode, part, tried), top)
        os.chdir("/")
    if None in results:
        return False
    bad = sum(results)
    print(f"{mode}: {len(points)} points, {len(tried)} tried from seed {seed},"
          f" {bad} violations")
    return bad == 0


sys.exit(0 if main(*sys.argv[1:]) else 1)

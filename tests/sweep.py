# SPDX-License-Identifier: MIT
"""What call-sweep.py and alloc-sweep.py share: lines of the shell with a fault
in one of their processes, and what must hold after it.

A SCENARIO is a line of the shell, its parts joined by files, or a conn-sync. A
source of N documents, or NxTIMES for long ones. WHO is `self`, the program of
the stage, or one that it starts, PROGRAM or PROGRAM:FIRST-ARGUMENT.

The line is run with the fault, and looked at; then the same line is run once
more. After the first
  - each document that stayed in the source is in the index, old or new
  - if the position in the state moved, each document of the source that is not
    in its list of those to try again is in the index as it is
  - if the last program ended with 0, the index is the source
After the second, that is so and its status is 0. (After polls and a first fill
documents that the source has no more may be there.) All that the line started
has ended; none of it crashed.

The second is left out if the first ended with another status and changed no
byte of what is kept: the line was run on just that before any fault. So are all
parts after the one that is hit if that changed nothing and left what it had
left with that status before, but for the time in it.
"""
import ctypes
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from pipes import LONGEST, Violation, call, documents

BUILD = os.path.abspath(os.environ["CONN_BUILD"])
PATH = os.environ["PATH"]
HERE = os.path.dirname(os.path.abspath(__file__))
# no overlap, or a position that is ahead would be mended by the next poll
CONFIG = """name: w
source: {type: directory, path: docs, overlap: 0s}
"""
SUBREAPER = 36          # of prctl(2)
TIME = re.compile(rb'"time":"[^"]*"')   # of a stream's records
DOCS = "in the cluster" # among the files of the state

# name: (stages, does the index become the source, None: of a prune). A stage:
# program with its arguments, stdin, stdout.
KNOWN = (["conn-slim", "-I", "c.yml"], None, "known")
LOAD = (["conn-load", "c.yml"], None, "stream")
# no fuse that could hide a wrong delete; to a rebuild it means something else
ANY = ["-m", "100%"]
DIFF = (["conn-diff", *ANY, "c.yml", "known"], "stream", "diff")


def bulk(stream, *options):
    return ["conn-bulk", *options, "c.yml"], stream, "refused"


def sync(*options):
    return [(["conn-sync", *options, "c.yml"], None, "refused")]


SCENARIOS = {
    "first": ([LOAD, bulk("stream")], False),
    "full": ([KNOWN, LOAD, DIFF, bulk("diff")], True),
    "poll": ([(["conn-poll", "c.yml"], None, "stream"), bulk("stream")],
             False),
    "prune": ([KNOWN, (["conn-slim", "c.yml"], None, "stream"),
               (["conn-diff", "-p", *ANY, "c.yml", "known"],
                "stream", "diff"), bulk("diff")], None),
    "rebuild": ([LOAD, bulk("stream", "-R")], True),
    "sync": (sync(*ANY), True),
    "sync-poll": (sync("-P"), False),
    "sync-prune": (sync("-p", *ANY), None),
    "sync-rebuild": (sync("-R"), True),
}
# the same into a cluster, in several requests at a time; hit is what asks it
SCENARIOS.update({f"es-{s}": SCENARIOS[s] for s in
                  ("first", "full", "poll", "prune", "sync", "sync-poll")})
CLUSTER = CONFIG + """index: {type: elasticsearch, name: %s, url: "%s",
  batch: 1KiB, connections: 2}
"""
ASKS = ("conn-bulk", "conn-slim", "conn-slim:--index")
DRIVER = "conn-source-directory"
VERBS = ("spec", "changed", "load", "poll", "slim")
# whom a program may start
STARTS = {
    "conn-sync": [f"conn-sync-helper:{v}" for v in
                  ("options", "begin", "watch", "end")] +
    ["conn-slim:--index", "conn-slim:--", "conn-load", "conn-poll",
     "conn-diff", "conn-bulk", "mktemp", "mkfifo", "rm"],
}
WRAPPER = """#!/bin/sh
# the first that is started so has the fault
read -r first fault <{fault} 2>&- || exec {real} "$@"
[ "$first" = - ] || [ "$first" = "$1" ] || exec {real} "$@"
: >{fault}
exec $fault {real} "$@"
"""


def server(folder, name, *argv):
    """The process of a server of the tests, and its address."""
    os.mkdir(folder)
    process = subprocess.Popen([sys.executable, f"{HERE}/{name}", *argv],
                               cwd=folder, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def whos(scenario, program):
    """Who of a stage is hit."""
    every = ["self", *starts(program)]
    if not scenario.startswith("es-"):
        return every
    return [w for w in every if w in ASKS or
            (w == "self" and program in ASKS)]


def starts(program):
    return STARTS.get(program, []) + [f"{DRIVER}:{v}" for v in VERBS]


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def output_of(*argv):
    return subprocess.run(argv, check=True, capture_output=True,
                          text=True).stdout


def hollow(folder):
    """A libcrypto with nothing in it: the embedded index calls none of it, and
    it is half of what a start costs."""
    programs = [f"{BUILD}/bin/conn-bulk", f"{BUILD}/bin/conn-check",
                f"{BUILD}/libexec/conn/conn-slim-index"]
    os.mkdir(folder)
    names = {tuple(w.split("@")) for w in output_of(
        "nm", "-D", "--undefined-only", *programs).split() if "@OPENSSL" in w}
    write(f"{folder}/names.c", "".join(
        f"void {n}(void) {{ __builtin_trap(); }}\n" for n, _ in sorted(names)))
    write(f"{folder}/names.map", "".join(
        f"{v} {{ global: *; }};\n" for v in {v for _, v in names}))
    for needed in re.findall(r"\[(libcrypto\.so.*)\]",
                             output_of("readelf", "-d", programs[0])):
        output_of("cc", "-shared", "-fPIC", f"-Wl,-soname,{needed}",
                  f"-Wl,--version-script={folder}/names.map", "-o",
                  f"{folder}/{needed}", f"{folder}/names.c")


def install(top):
    """The programs, once for both workers."""
    shutil.copytree(f"{BUILD}/bin", f"{top}/plain/bin")
    os.makedirs(f"{top}/plain/libexec/conn")
    for name in os.listdir(f"{BUILD}/libexec/conn"):
        real = f"{BUILD}/libexec/conn/{name}"
        if os.path.isfile(real):
            shutil.copy(real, f"{top}/plain/libexec/conn")
    shutil.copytree(f"{BUILD}/libexec/conn/specs",
                    f"{top}/plain/libexec/conn/specs",
                    copy_function=shutil.copyfile)
    hollow(f"{top}/lib")


def choose(every, wanted, seed):
    if not 0 < wanted < len(every):
        return every
    offset = random.Random(seed).random()
    return [every[int((k + offset) * len(every) / wanted)]
            for k in range(wanted)]


class Sweep:
    """In the current folder, with the programs that lie in `top`."""
    config = CONFIG
    longest = LONGEST

    def __init__(self, top, server=None):
        """server: of clusters.py, for the lines into a cluster."""
        self.top, self.here, self.server = top, os.getcwd(), server
        self.fault, self.mark = f"{self.here}/fault", f"{self.here}/mark"
        self.scenario = self.stages = self.whole = None
        self.cluster = False
        self.before, self.clean, self.outputs = {}, {}, {}
        self.wanted, self.same = {}, 0
        self.seen = set()       # what a stage left that changed nothing
        write(self.fault, "")
        ctypes.CDLL(None).prctl(SUBREAPER, 1)
        os.makedirs("work")

    # ---- the programs ----

    def tree(self, program):
        """A folder of them, in which this one does as the file `fault` says;
        None: none."""
        if program is None:
            return f"{self.top}/plain"
        tree = f"{self.here}/trees/{program}"
        if os.path.exists(tree):
            return tree
        shutil.copytree(f"{self.top}/plain", tree, copy_function=os.link)
        where = f"bin/{program}"
        if os.path.exists(f"{tree}/libexec/conn/{program}"):
            where = f"libexec/conn/{program}"
        real = f"{self.top}/plain/{where}"
        if os.path.exists(f"{tree}/{where}"):
            os.remove(f"{tree}/{where}")
        else:
            real = shutil.which(program, path=PATH)
        write(f"{tree}/{where}", WRAPPER.format(real=real, fault=self.fault))
        os.chmod(f"{tree}/{where}", 0o755)
        return tree

    def run(self, stage, who=None, fault=()):
        """fault: words before the command of who."""
        argv, stdin, stdout = stage
        program, _, first = (who or "self").partition(":")
        tree = self.tree(None if program == "self" else program)
        os.environ["PATH"] = f"{tree}/bin:{PATH}"
        if who == "self":
            argv = [*fault, *argv]
        elif who:
            write(self.fault, " ".join([first or "-", *fault]) + "\n")
        status = call(argv, stdin, stdout, self.longest)
        if who and who != "self":
            write(self.fault, "")
        self.reap(argv[0])
        return status

    @staticmethod
    def reap(program):
        """What outlived the program must end by itself."""
        def late(*_):
            raise Violation(f"what {program} started does not end")
        signal.signal(signal.SIGALRM, late)
        signal.alarm(LONGEST)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass
        finally:
            signal.alarm(0)

    # ---- the source and the index ----

    def enter(self):
        """The folder `work`, empty but for one of documents."""
        os.chdir(self.here)
        shutil.rmtree("work")
        os.makedirs("work/docs")
        os.chdir("work")
        os.environ["CONN_STATE_DIR"] = os.path.abspath("state")
        os.environ["TMPDIR"] = os.path.abspath("tmp")
        os.mkdir("tmp")

    def prepare(self, scenario, size):
        """The folder `work` as it is before the line, and what the line's
        parts write when nothing fails."""
        self.enter()
        self.scenario = scenario
        self.stages, self.whole = SCENARIOS[scenario]
        self.cluster = scenario.startswith("es-")
        os.environ["LD_LIBRARY_PATH"] = "" if self.cluster else \
            f"{self.top}/lib"
        if self.cluster:
            self.server.put(None)
            write("c.yml", CLUSTER % (self.server.name, self.server.url))
        else:
            write("c.yml", self.config)
        self.fill(scenario, *map(int, f"{size}x1".split("x")[:2]))
        self.wanted = self.source()
        self.before = self.texts()
        self.clean = self.look()
        self.seen.clear()
        self.outputs = {}
        for i, stage in enumerate(self.stages):
            assert self.run(stage) == 0, (scenario, i, read("said"))
            self.outputs[stage[2]] = read(stage[2])
            last = i == len(self.stages) - 1
            if not last and self.look() != self.clean:
                raise Violation(f"{scenario} {i}: changes the state")
        self.judge(0, True)

    def fill(self, scenario, n, times):
        for i in range(1, n + 1):
            self.document(i, "old", times)
        if scenario.endswith("first"):
            return
        for stage in SCENARIOS["first"][0]:
            assert self.run(stage) == 0, read("said")
        for i in range(1, n + n // 8 + 1):
            if i % 4 == 1 or i > n:
                self.document(i, "new", times)
        for i in range(2, n + 1, 16):
            os.remove(f"docs/{i}.txt")
        # a poll goes back to the start of its position's second
        time.sleep(1 - time.time() % 1)

    @staticmethod
    def document(i, text, times):
        write(f"docs/{i}.txt", f"{text} {i}\n" * times)

    @staticmethod
    def source():
        return {f"w:{name}": read(f"docs/{name}").decode()
                for name in os.listdir("docs")}

    @staticmethod
    def files(folder):
        if not os.path.isdir(folder):
            return {}
        return {f"{folder}/{name}": read(f"{folder}/{name}")
                for name in os.listdir(folder)}

    # ---- the index ----

    def texts(self):
        """{id: text}"""
        docs = json.loads(self.server.docs() or "{}") if self.cluster \
            else documents()
        return {i: d["body"] for i, d in docs.items()}

    def look(self):
        """All that a line may change."""
        found = self.files("state")
        if self.cluster:
            found[DOCS] = self.server.docs()
        return found

    def fresh(self, stage):
        """As before the line; the stages before this one have been run."""
        for folder in "state", "tmp":
            shutil.rmtree(folder, ignore_errors=True)
        os.mkdir("tmp")
        if any(path.startswith("state/") for path in self.clean):
            os.mkdir("state", 0o700)
        made = dict(self.clean)
        if self.cluster:
            self.server.put(made.pop(DOCS))
        for _, _, out in self.stages[:stage]:
            made[out] = self.outputs[out]
        for path, data in made.items():
            with open(path, "wb") as f:
                f.write(data)
        for path in "said", self.mark:
            if os.path.exists(path):
                os.remove(path)

    # ---- what must hold ----

    def judge(self, status, again):
        index = self.texts()
        for i, text in self.before.items():
            if i in self.wanted and index.get(i) not in (
                    text, self.wanted[i]):
                raise Violation(f"{i} is {index.get(i)!r:.80}")
        self.judge_state(index)
        if again and status != 0:
            raise Violation(f"once more: status {status}: {read('said')}")
        if status != 0:
            return
        if self.whole is None:       # a prune: no document is read
            gone = [i for i in index if i not in self.wanted]
            if gone:
                raise Violation(f"{gone} should be gone")
            return
        for i, text in self.wanted.items():
            if index.get(i) != text:
                raise Violation(f"status 0, but {i} is {index.get(i)!r:.80}")
        if self.whole and len(index) != len(self.wanted):
            raise Violation("status 0, but more than the source")

    def judge_state(self, index):
        if not os.path.exists("state/w.state"):
            return
        state = json.loads(read("state/w.state"))
        old = json.loads(self.clean.get("state/w.state", "{}"))
        if state["streams"] == old.get("streams"):
            return
        for i, text in self.wanted.items():
            if index.get(i) != text and i not in state["retry"]:
                raise Violation(f"the state is ahead of {i}")

    def marks(self):
        """What faulttool noted."""
        if not os.path.exists(self.mark):
            return []
        return read(self.mark).decode().splitlines()

    def rest(self, i, status):
        """The stages after i; the last one's status. None: what comes of it is
        known."""
        left = i, status, TIME.sub(b"", read(self.stages[i][2]))
        untouched = self.look() == self.clean
        if untouched and left in self.seen:
            return None
        for stage in self.stages[i + 1:]:
            status = self.run(stage)
        if untouched:
            self.seen.add(left)
        return None if status != 0 and self.look() == self.clean else status

    def point(self, i, who, fault):
        """Was there such a point? It is tried."""
        self.fresh(i)
        status = self.run(self.stages[i], who, fault)
        marks = self.marks()
        if not marks:
            return False
        if len(marks) > 1 and marks[1] != f"signal {int(signal.SIGPIPE)}":
            raise Violation(f"{marks[1]}: {read('said')}")
        status = self.rest(i, status)
        if status is None:
            self.same += 1      # how the same line ends then is known
            return True
        self.judge(status, False)
        for stage in self.stages:
            status = self.run(stage)
        self.judge(status, True)
        return True

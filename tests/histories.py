#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""histories.py COUNT SEED | histories.py FILE...

Random histories of a source, of runs and of faults, held against a model. COUNT
of them from SEED on, by two processes; or those of the files, one a file. A
failure is shrunk and shown, as a file that can be kept.

A history is a list of steps. Those of the source create, change and delete
documents, move its clock, or make one unreadable. Those of a run read the index
(known), the source (load, poll, slim), compare and apply. A run is a slot whose
steps may stand among those of others, so that runs overlap; its streams are
files, which may be cut or lose a line; conn-bulk and the driver may be killed.

The model knows the source at each moment: `now`, and, for a stream, as it was
when the stream was read. After conn-bulk
  - what is gone from the index was absent from the source that the stream read
  - no document is older than it was before
  - if it ended well, the index is that source: all of it after a full sync,
    what it has after a poll, no document more after a prune
and at the end a poll brings what is live and not current, a full sync makes the
index the source, and another one does nothing. Documents that cannot be read
are left out of all but the first two.
"""
import json
import os
import random
import shutil
import signal
import sys

sys.dont_write_bytecode = True
from pipes import Violation, both, call, documents, folder, spawn  # noqa: E402

START = 1767225600      # of the clock: 2026-01-01
OVERLAP = 600           # the default of a poll
CONFIG = """name: w
source: {type: history, path: world.json}
"""


def stamp(seconds):
    days, rest = divmod(seconds - START, 86400)
    assert 0 <= days < 27
    return (f"2026-01-{days + 1:02}T{rest // 3600:02}:{rest // 60 % 60:02}:"
            f"{rest % 60:02}Z")


class Source:
    def __init__(self):
        self.clock = START + 100000
        self.docs = {}          # id: (version, seconds)
        self.denied = set()
        self.stop = None
        self.versions = 0
        self.latest = self.clock
        self.late = False       # was one dated before what polls read again?

    def put(self, doc_id, age):
        self.versions += 1
        self.docs[doc_id] = self.versions, self.clock - age
        self.late |= self.latest - self.clock + age >= OVERLAP

    def pick(self, k):
        return sorted(self.docs)[k % len(self.docs)] if self.docs else None

    def step(self, what, k, arg):
        """k: which document; arg: a number for it."""
        doc_id = self.pick(k)
        if what == "create":
            self.put(f"d{k}", arg)
        elif what == "tick":
            self.clock += arg
            self.latest = max(self.latest, self.clock)
        elif what == "stop":
            self.stop = {"after": k, "how": ("kill", "cut", "busy")[arg]}
        elif what == "allow":
            self.denied.clear()
        elif doc_id is None:
            return
        elif what == "change":
            self.put(doc_id, arg)
        elif what == "delete":
            del self.docs[doc_id]
            self.denied.discard(doc_id)
        elif what == "deny":
            self.denied.add(doc_id)

    def readable(self):
        return {i: v for i, (v, _) in self.docs.items()
                if i not in self.denied}

    def write(self):
        world = {"now": stamp(self.clock), "fails": sorted(self.denied),
                 "docs": [{"id": i, "time": stamp(t), "text": f"v{v}"}
                          for i, (v, t) in sorted(self.docs.items())
                          if i not in self.denied]}
        if self.stop:
            world["stop"] = self.stop
        with open("world.json", "w", encoding="utf-8") as f:
            json.dump(world, f)


class Run:
    """A slot: what it read, and from which source."""

    def __init__(self, number):
        self.known, self.stream, self.diff = (
            f"{name}.{number}" for name in ("known", "stream", "diff"))
        self.read = self.mode = None
        self.denied = set()
        self.options = []
        self.damaged = False


def index():
    """{id: version}"""
    return {i[2:]: int(d["text"][1:]) for i, d in documents().items()}


class History:
    def __init__(self, steps):
        self.steps = steps
        self.source = Source()
        self.runs = [Run(i) for i in range(3)]
        self.applied = 0

    def play(self):
        os.environ["CONN_STATE_DIR"] = os.path.abspath("state")
        with open("c.yml", "w", encoding="utf-8") as f:
            f.write(CONFIG)
        for step in self.steps:
            self.step(*step)
        self.finish()

    def step(self, what, k, arg):
        if what in ("create", "change", "delete", "tick", "deny", "allow",
                    "stop"):
            self.source.step(what, k, arg)
        else:
            getattr(self, "run_" + what)(self.runs[k % len(self.runs)], arg)

    # ---- the steps of a run ----

    def run_known(self, run, _arg):
        call(["conn-slim", "-I", "c.yml"], None, run.known)

    def run_read(self, run, arg):
        program, run.mode = (("conn-load", "load"), ("conn-poll", "poll"),
                             ("conn-slim", "slim"))[arg % 3]
        self.source.write()
        status = call([program, "c.yml"], None, run.stream)
        self.source.stop = None
        if status not in (0, 1, 3, 75):
            raise Violation(f"{program} ended with {status}")
        run.read = self.source.readable()
        run.denied = set(self.source.denied)
        run.damaged = False

    def run_damage(self, run, arg):
        """arg: per cent of the stream that stay, or, negative, a line that
        goes."""
        if run.read is None or not os.path.exists(run.stream):
            return
        with open(run.stream, "rb") as f:
            text = f.read()
        lines = text.splitlines(True)
        if arg >= 0:
            text = text[:len(text) * arg // 100]
        elif lines:
            gone = lines.pop(-arg % len(lines))
            text = b"".join(lines)
            # one that is not there commits less, and that is all
            run.damaged |= b'"_ctl":"state"' not in gone
        run.damaged |= arg >= 0
        with open(run.stream, "wb") as f:
            f.write(text)

    def run_apply(self, run, arg):
        """arg: 0, or so many per cent of the stream after which conn-bulk is
        killed."""
        if run.read is None or not os.path.exists(run.stream):
            return
        whole, stream = run.mode == "poll", run.stream
        if run.mode != "poll" and os.path.exists(run.known):
            prune = ["-p"] if run.mode == "slim" else []
            call(["conn-diff", *prune, "c.yml", run.known], run.stream,
                 run.diff)
            stream, whole = run.diff, True
        elif run.mode == "slim":
            return
        before = index()
        status = self.bulk(stream, arg)
        after = index()
        self.judge(run, status, before, after, whole)

    def bulk(self, stream, percent):
        if percent == 0:
            return call(["conn-bulk", "c.yml"], stream)
        with open(stream, "rb") as f:
            text = f.read()
        if not os.path.exists("pipe"):
            os.mkfifo("pipe")
        hold = os.open("pipe", os.O_RDWR)
        pid = spawn(["conn-bulk", "c.yml"], "pipe", None)
        os.write(hold, text[:min(len(text) * percent // 100, 60000)])
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(hold)
        return None

    # ---- the model ----

    def judge(self, run, status, before, after, whole):
        """status None: it was killed."""
        if status not in (None, 0, 1, 3, 4, 75):
            raise Violation(f"conn-bulk ended with {status}")
        for i, version in before.items():
            if i in after and after[i] < version:
                raise Violation(f"{i}: version {after[i]} over {version}")
            if i not in after and (i in run.read or i in run.denied):
                raise Violation(f"{i}: deleted, but it was there")
            if i not in after and run.mode == "poll":
                raise Violation(f"{i}: deleted by a poll")
        if status is None or status > 1 or (run.damaged and status == 1):
            return
        if run.damaged and status == 0:
            raise Violation("a damaged stream, and status 0")
        if status == 1 and not run.denied:
            raise Violation("status 1, but all could be read")
        if whole:
            self.same(run, after)
        self.applied += 1

    def same(self, run, after):
        for i, version in run.read.items():
            if run.mode != "slim" and after.get(i) != version:
                raise Violation(f"{i}: {after.get(i)} in the index, "
                                f"{version} in the source, after a "
                                f"{run.mode}")
        for i in after:
            if run.mode != "poll" and i not in run.read and \
                    i not in run.denied:
                raise Violation(f"{i}: in the index, not in the source")

    def catch_up(self, run):
        """A poll, where there is a state to go on from. What was dated
        further back than it looks is left to the full sync."""
        self.run_read(run, 1)
        if call(["conn-bulk", "c.yml"], run.stream) != 0 or self.source.late:
            return
        found = index()
        for i, version in run.read.items():
            if found.get(i) != version:
                raise Violation(f"a poll: {i} is {found.get(i)}, {version} "
                                "in the source")

    def finish(self):
        """All is well again: a poll and a full sync say so."""
        self.source.step("allow", 0, 0)
        self.source.stop = None
        self.source.step("create", 0, 0)
        run = self.runs[0]
        self.catch_up(run)
        for turn in "first", "second":
            self.run_known(run, 0)
            self.run_read(run, 0)
            call(["conn-diff", "c.yml", run.known], run.stream, run.diff)
            status = call(["conn-bulk", "c.yml"], run.diff)
            if status != 0:
                raise Violation(f"the {turn} full sync ended with {status}")
            if index() != run.read:
                raise Violation(f"the {turn} full sync: not the source")
        with open(run.diff, encoding="utf-8") as f:
            kinds = [json.loads(line).get("_ctl") for line in f]
        if kinds != ["begin", "state", "end"]:
            raise Violation(f"the second full sync passed {kinds}")


def generate(seed):
    r = random.Random(seed)
    steps = [("create", k, 0) for k in range(r.randint(0, 8))]
    if r.random() < .8:
        steps += [("read", 0, 0), ("apply", 0, 0)]
    for _ in range(r.randint(2, 14)):
        kind = r.random()
        if kind < .5:
            steps.append(source_step(r))
        elif kind < .62:        # in pieces, so that others come between
            steps.append((r.choice(("known", "read", "apply")), r.randrange(3),
                          0))
        else:
            steps += whole_run(r)
    return steps


def source_step(r):
    what = r.choices(("create", "change", "delete", "tick", "deny", "allow",
                      "stop"), (25, 30, 15, 20, 3, 3, 4))[0]
    arg = 0
    if what in ("create", "change"):
        arg = r.choice((0, 0, 0, 1, 90))        # it was committed late
    elif what == "tick":
        arg = r.choice((0, 1, 1, 30, 3000, -1, -90))
    elif what == "stop":
        arg = r.randrange(3)
    return what, r.randrange(10), arg


def whole_run(r):
    slot, mode = r.randrange(3), r.choice((0, 0, 1, 1, 1, 2))
    steps = [("known", slot, 0)] if mode != 1 else []
    steps.append(("read", slot, mode))
    if r.random() < .15:
        steps.append(("damage", slot, r.choice((r.randrange(100),
                                                -r.randrange(1, 9)))))
    if r.random() < .3:
        steps.insert(r.randrange(len(steps)), source_step(r))
    if r.random() < .15:
        steps.append(("apply", slot, r.randint(1, 100)))
    if r.random() < .8:
        steps.append(("apply", slot, 0))
    return steps


def attempt(steps):
    """What is violated, or None; and how many runs ended well."""
    shutil.rmtree("play", ignore_errors=True)
    os.mkdir("play")
    os.chdir("play")
    history = History(steps)
    try:
        history.play()
        return None, history.applied
    except Violation as v:
        return str(v), history.applied
    finally:
        os.chdir("..")


def shrink(steps):
    """Without the steps that it fails without, too."""
    again = True
    while again:
        again = False
        for i in range(len(steps) - 1, -1, -1):
            less = steps[:i] + steps[i + 1:]
            if attempt(less)[0] is not None:
                steps, again = less, True
    return steps


def show(steps):
    print(f"not so: {attempt(steps)[0]}")
    print(json.dumps(steps))
    with open("play/said", encoding="utf-8", errors="replace") as f:
        print("".join(f"# {line}" for line in f.readlines()[-8:]), end="",
              flush=True)


def many(first, count):
    """Violations, runs that ended well."""
    bad = good = 0
    for seed in range(first, first + count):
        wrong, applied = attempt(generate(seed))
        good += applied
        if wrong is not None:
            bad += 1
            print(f"history {seed}: {wrong}", flush=True)
            if bad == 1:
                show(shrink(generate(seed)))
    return bad, good


def random_histories(top, count, seed):
    half = count // 2
    results = both(lambda part: many(seed + part * half, count - half if part
                                     else half), top)
    if None in results:
        return False
    bad, good = (sum(r[i] for r in results) for i in (0, 1))
    print(f"{count} histories from {seed} on, {good} runs ended well, "
          f"{bad} violations")
    return bad == 0 and good > count


def main(args):
    os.environ["LC_ALL"] = "C"
    files = [os.path.abspath(a) for a in args if not a.isdigit()]
    with folder() as top:
        drivers = f"{top}/drivers"
        os.mkdir(drivers, 0o755)
        shutil.copy(f"{os.environ['CONN_BUILD']}/tests/historytool",
                    f"{drivers}/conn-source-history")
        os.environ["CONN_DRIVER_PATH"] = drivers
        if not files:
            return random_histories(top, int(args[0]), int(args[1]))
        os.chdir(top)
        good = True
        for name in files:
            with open(name, encoding="utf-8") as f:
                steps = [tuple(s) for s in json.load(f)]
            wrong, _ = attempt(steps)
            print(f"{os.path.basename(name)}: {wrong or 'as it should'}")
            good = good and wrong is None
        os.chdir("/")
        return good


sys.exit(0 if main(sys.argv[1:]) else 1)

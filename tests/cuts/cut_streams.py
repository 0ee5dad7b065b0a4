# SPDX-License-Identifier: MIT
"""Streams of each kind, damaged on their way into each program that reads one.
They end in the embedded index, which is looked at.

After any damage either the index became what the whole stream makes of it,
then no position may be other than it was or than the whole stream's; or
nothing was deleted and no position saved but what was proven before the
damage, nothing that was proven is missing, and the status is not 0."""
import json
import os
import subprocess

from damaged import (Outcome, damage, keep, lines_of, read,
                     restore, run, ways, write)
from pipes import Violation

DAY1, DAY2 = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
BULK = (["conn-bulk", "c.yml"], "in", "refused")
DIFF = (["conn-diff", "known"], "in", "changes")
PRUNE = (["conn-diff", "-p", "known"], "in", "changes")
AFTER = (["conn-bulk", "c.yml"], "changes", "refused")


def doc(n, title, time=DAY1):
    return {"_id": f"w:{n}", "_timestamp": time, "title": title}


def name(n, time=DAY1):
    return {"id": f"w:{n}", "timestamp": time}


def ctl(kind, **members):
    return {"_ctl": kind, **members}


def state(stream, since):
    return ctl("state", stream=stream, value={"n": [1, {}], "since": since})


# name: (mode, records, the programs)
LOAD = [doc(1, "a"), doc(2, "B"), state("a", DAY2), doc(3, "c", DAY2),
        ctl("fail", id="w:7", code="http_403"),
        ctl("fail", prefix="w:8/", code="http_500"), state("b", DAY1)]
WHOLE = [doc(1, "a"), doc(2, "B"), doc(3, "c"), doc(7, "s"), doc("8/x", "s"),
         state("a", DAY2)]
POLL = [doc(2, "B"), ctl("delete", id="w:9", reason="gone"),
        state("a", DAY2), doc(3, "c"), ctl("delete", id="w:7"),
        ctl("fail", id="w:1", code="http_403"), state("b", DAY2)]
CLEAN = [doc(2, "B"), state("a", DAY2), ctl("delete", id="w:9"),
         state("b", DAY2)]
SLIM = [name(1), name(2), name(7, DAY2), ctl("fail", prefix="w:8/",
                                             code="http_500")]
CASES = {
    "load>bulk": ("load", WHOLE, [BULK]),
    "failing load>bulk": ("load", LOAD, [BULK]),
    "load>diff": ("load", LOAD, [DIFF, AFTER]),
    "whole load>diff": ("load", WHOLE, [DIFF, AFTER]),
    "poll>bulk": ("poll", POLL, [BULK]),
    "clean poll>bulk": ("poll", CLEAN, [BULK]),
    "poll>diff": ("poll", POLL, [DIFF, AFTER]),
    "slim>diff -p": ("slim", SLIM, [PRUNE, AFTER]),
}


def mkstream(mode, recs, *options):
    text = "".join(json.dumps(r, separators=(",", ":")) + "\n" for r in recs)
    return subprocess.run(
        [os.environ["CONN_BUILD"] + "/tests/mkstream", "-g", "-m", mode, "-s",
         "w", "-i", f"sqlite:{os.getcwd()}/state/w.db", *options],
        input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


class Case:
    """The stream that is damaged, where it goes, what the whole one does."""

    def __init__(self, data, steps, into="in"):
        self.data, self.steps, self.into = data, steps, into
        restore()
        self.before = Outcome()
        write(into, data)
        self.whole = Outcome(run(steps))

    def proven(self, first):
        """(ids deleted, positions) by the last state before this line."""
        if self.into == "known":
            return set(), {}, []
        recs = [json.loads(x) for x in lines_of(self.data)[:first]]
        states = [i for i, r in enumerate(recs) if r.get("_ctl") == "state"]
        recs = recs[:states[-1] + 1] if states else []
        return ({r["id"] for r in recs if r.get("_ctl") == "delete"},
                {r["stream"]: r["value"] for r in recs
                 if r.get("_ctl") == "state"},
                [r for r in recs if "_id" in r])

    def became_whole(self, now):
        was, whole = self.before, self.whole
        if now.docs != whole.docs or now.status == 0 != whole.status:
            return False
        if any(v not in (was.streams.get(k), whole.streams.get(k))
               for k, v in now.streams.items()):
            return False
        return now.streams != whole.streams or \
            set(whole.retry) <= set(now.retry)

    def stopped(self, now, first):
        gone, streams, docs = self.proven(first)
        if now.status == 0:
            return "status 0"
        lost = set(self.before.docs) - set(now.docs) - gone
        if lost:
            return f"deleted {sorted(lost)}"
        if now.streams not in (self.before.streams, streams,
                               {**self.before.streams, **streams}):
            return f"positions {now.streams}"
        # none: polls ask for a full sync
        if now.state.get("config") not in (
                None, self.before.state.get("config")):
            return "another config in the state"
        if streams and now.streams != self.before.streams and not all(
                json.loads(now.docs[d["_id"]]) == d for d in docs):
            return "a position, and not what was before it"
        return None

    def judge(self, way, at):
        data, first = damage(self.data, way, at)
        restore()
        write(self.into, data)
        now = Outcome(run(self.steps))
        wrong = self.stopped(now, first)
        if wrong and not self.became_whole(now):
            raise Violation(f"line {first + 1}, status {now.status}: {wrong}")


class Part:
    NAME = "streams"

    def __init__(self):
        write("c.yml", b"name: w\nsource: {type: file, path: x.ndjson, "
              b"id: id}\n")
        os.chmod("c.yml", 0o600)
        write("in", mkstream("load", [
            doc(1, "a"), doc(2, "b"), doc(7, "s"), doc("8/x", "s"),
            doc(9, "s"), state("a", DAY1)], "-r", "r1", "-c", "c0"))
        if run([BULK]) != 0:
            raise SystemExit("the first load failed")
        keep()
        run([(["conn-slim", "-I", "c.yml"], None, "known")])
        self.known = read("known")
        opts = ("-r", "r2", "-b", "r1", "-c", "c1", "-t",
                "2030-01-03T00:00:02.000000Z")
        self.cases = {
            k: Case(mkstream(mode, recs, *opts), steps)
            for k, (mode, recs, steps) in CASES.items()}
        for of, recs in ("load", LOAD), ("whole load", WHOLE):
            write("in", mkstream("load", recs, *opts))
            run([DIFF])
            self.cases[f"{of}>diff>bulk"] = Case(read("changes"), [BULK])
        write("in", mkstream("load", LOAD, *opts))
        self.cases["known>diff"] = Case(self.known, [DIFF, AFTER], "known")
        write("in", mkstream("slim", SLIM, *opts))
        self.cases["known>diff -p"] = Case(self.known, [PRUNE, AFTER],
                                           "known")
        self.sane()

    def sane(self):
        for k, case in self.cases.items():
            deleted = set(case.before.docs) - set(case.whole.docs)
            moved = case.whole.streams != case.before.streams
            if not deleted and k not in ("load>bulk", "failing load>bulk"):
                raise SystemExit(f"{k}: nothing is deleted")
            if not moved and "-p" not in k:
                raise SystemExit(f"{k}: no position is saved")

    def more(self):
        return ""

    def points(self):
        return {(k, way): [f"{k}: {way} {at}" for at in places]
                for k, case in self.cases.items()
                for way, places in ways(
                    case.data, lambda line: b'"_ctl"' in line).items()}

    def point(self, text):
        case, _, which = text.partition(": ")
        way, at = which.split()
        if "known" not in case:
            write("known", self.known)
        elif case == "known>diff":
            write("in", self.cases["load>diff"].data)
        else:
            write("in", self.cases["slim>diff -p"].data)
        self.cases[case].judge(way, int(at))

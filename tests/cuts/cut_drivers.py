# SPDX-License-Identifier: MIT
"""What a driver writes, damaged, and its status 0 nevertheless, or (way kill)
cut, and the driver killed: for load, poll, slim, and one (the confirmation of
deletes). It goes as far as the embedded index.

If the front program says complete, then the index and the state are what the
lines that arrived make of them, as a model here has it (that a whole line is
not there, or an id another one, nothing in the protocol tells: such points are
counted). Else nothing was deleted and no position saved but by a poll what
came before the damage, and the status is not 0."""
import json
import os

from cut_streams import ctl, mkstream
from damaged import (Outcome, damage, keep, lines_of, read, records, restore,
                     run, said, ways, write)
from pipes import Violation

DRIVER = """#!/bin/sh
if [ "$1" = spec ]; then exec cat {top}/spec; fi
read -r request
cat {top}/reply
if [ -e {top}/kill ]; then kill -9 $$; fi
"""
SPEC = {"type": "cut", "title": "Cut",
        "schema": {"type": "object", "additionalProperties": False},
        "verbs": ["load", "slim", "poll"], "slim_fields": [], "ids": True,
        "confirm": True}
BULK = (["conn-bulk", "c.yml"], "changes", "refused")
LOAD = (["conn-load", "c.yml"], None, "front")
DIFF = (["conn-diff", "c.yml", "known"], "front", "changes")


def doc(n, title):
    return {"id": n, "timestamp": "2026-01-01T00:00:00Z", "stream": "s",
            "doc": {"title": title, "n": 7}}


def fail(**members):
    return {"fail": {"code": "http_403", **members}}


def state(stream, value):
    return {"state": {"stream": stream, "value": {"at": value}}}


FIRST = [doc("1", "a"), doc("2", "b"), doc("5", "e"), doc("7", "g"),
         doc("8/x", "h"), doc("9", "i"), state("s", "k1")]
CASES = {
    "load": ([doc("1", "a"), doc("2", "B"), doc("5", "e"), fail(id="7"),
              {"keep": {"prefix": "8/"}}, state("s", "k2")], [LOAD, DIFF,
                                                             BULK]),
    "poll": ([doc("2", "B"), {"delete": {"id": "9"}}, state("s", "k2"),
              doc("3", "c"), {"delete": {"id": "7"}}, state("s", "k3")],
             [(["conn-poll", "c.yml"], None, "front"),
              (["conn-bulk", "c.yml"], "front", "refused")]),
    "slim": ([{"id": "1", "timestamp": "t"}, {"id": "2"}, {"id": "5"},
              fail(id="7"), fail(prefix="8/")],
             [(["conn-slim", "c.yml"], None, "front"),
              (["conn-diff", "-p", "c.yml", "known"], "front", "changes"),
              BULK]),
    "one": ([doc("2", "B"), fail(id="7")],
            [(["conn-load", "-c", "c.yml"], "in", "front"),
             (["conn-bulk", "c.yml"], "front", "refused")]),
}
ONE = [ctl("delete", id="w:2"), ctl("delete", id="w:7"),
       ctl("delete", id="w:9")]


class Model:
    """What arrived, and what it makes of the index."""

    def __init__(self, case, data, before):
        self.docs, self.streams, self.seen = {}, {}, set()
        self.kept, self.gone = [], set()
        for line in lines_of(data):
            self.take(json.loads(line))
        if case in ("load", "slim"):
            self.gone = {i for i in before.docs if i not in self.seen
                         and not any(i == k or p and i.startswith(k)
                                     for k, p in self.kept)}
        elif case == "one":
            named = {r["id"] for r in ONE} - {k for k, _ in self.kept}
            self.docs = {k: v for k, v in self.docs.items() if k in named}
            self.gone = named - set(self.docs)

    def take(self, line):
        if "id" in line:
            name = "w:" + line["id"]
            self.seen.add(name)
            self.gone.discard(name)
            if "doc" in line:
                self.docs[name] = line
        for head in "fail", "keep":
            for k in set(line.get(head, ())) & {"id", "prefix"}:
                self.kept.append(("w:" + line[head][k], k == "prefix"))
        if "delete" in line:
            name = "w:" + line["delete"]["id"]
            self.gone.add(name)
            self.docs.pop(name, None)
        if "state" in line:
            self.streams[line["state"]["stream"]] = line["state"]["value"]

    @staticmethod
    def shown(name, line):
        out = {"_id": name, **line["doc"]}
        for k in "timestamp", "stream":
            if k in line:
                out["_" + k] = line[k]
        return out

    def wrong(self, case, before, now):
        want = {k: json.loads(v) for k, v in before.docs.items()
                if k not in self.gone}
        if case != "slim":
            want.update((k, self.shown(k, v)) for k, v in self.docs.items())
        have = {k: json.loads(v) for k, v in now.docs.items()}
        if have != want:
            return f"documents {have}, not {want}"
        streams = {**before.streams,
                   **(self.streams if case in ("load", "poll") else {})}
        if now.streams != streams:
            return f"positions {now.streams}, not {streams}"
        return None


class Part:
    NAME = "drivers"

    def __init__(self):
        top = os.getcwd()
        os.mkdir("drivers", 0o755)
        write("drivers/conn-source-cut", DRIVER.format(top=top).encode())
        os.chmod("drivers/conn-source-cut", 0o755)
        os.environ["CONN_DRIVER_PATH"] = f"{top}/drivers"
        write("spec", json.dumps(SPEC).encode() + b"\n")
        write("c.yml", b"name: w\nsource: {type: cut}\n")
        os.chmod("c.yml", 0o600)
        write("reply", self.text(FIRST))
        if run([LOAD, (BULK[0], "front", "refused")]) != 0:
            raise SystemExit(f"the first load failed: {said()}")
        keep()
        self.before = Outcome()
        run([(["conn-slim", "-I", "c.yml"], None, "known")])
        write("in", mkstream("diff", ONE, "-p", "part", "-r", "r9", "-b",
                             self.before.state["run"]))
        self.silent = 0
        self.whole = {k: self.text(v) for k, (v, _) in CASES.items()}
        for case, data in self.whole.items():
            self.judge(case, data, len(lines_of(data)), True)

    @staticmethod
    def text(lines):
        return "".join(json.dumps(x, separators=(",", ":")) + "\n"
                       for x in lines).encode()

    def more(self):
        return f", {self.silent} not to be noticed"

    def points(self):
        out = {(k, way): [f"{k}: {way} {at}" for at in places]
               for k, data in self.whole.items()
               for way, places in ways(data).items()}
        for k, data in self.whole.items():
            out[k, "kill"] = [f"{k}: kill {at}" for at in
                              range(len(data) + 1)]
        return out

    def point(self, text):
        case, _, which = text.partition(": ")
        way, at = which.split()
        data, first = damage(self.whole[case], way.replace("kill", "cut"),
                             int(at))
        if way == "kill":
            write("kill", b"")
        try:
            self.judge(case, data, first, False if way == "kill" else None)
        finally:
            if way == "kill":
                os.unlink("kill")

    def judge(self, case, data, first, complete):
        """complete: must it be? None: that depends."""
        restore()
        write("reply", data)
        status = run(CASES[case][1])
        now = Outcome(status)
        end = records(read("front"))[-1]
        if complete not in (None, end["complete"]):
            raise Violation(f"complete {end['complete']}: {said()}")
        if not end["complete"]:
            wrong = self.stopped(case, data, first, now)
        elif status == 4:
            wrong = self.fused(case, data, now)
        else:
            self.silent += data != self.whole[case]
            wrong = self.arrived(case, data, now)
        if wrong:
            raise Violation(f"status {status}: {wrong}")

    def arrived(self, case, data, now):
        try:
            return Model(case, data, self.before).wrong(case, self.before,
                                                        now)
        except (ValueError, KeyError, TypeError) as e:
            return f"complete, though a line is none: {e}"

    def fused(self, case, data, now):
        if Model(case, data, self.before).seen:
            return "a fuse, though there are records"
        return "deleted" if set(self.before.docs) - set(now.docs) else None

    def stopped(self, case, data, first, now):
        if now.status == 0:
            return "status 0, not complete"
        sound = [json.loads(x) for x in lines_of(data)[:first]]
        states = [i for i, x in enumerate(sound) if "state" in x]
        poll = case == "poll" and states
        proven = sound[:states[-1] + 1] if poll else []
        gone = {"w:" + x["delete"]["id"] for x in proven if "delete" in x}
        lost = set(self.before.docs) - set(now.docs) - gone
        if lost:
            return f"deleted {sorted(lost)}"
        allowed = [self.before.streams] + [
            {**self.before.streams, x["state"]["stream"]:
             x["state"]["value"]} for x in proven if "state" in x]
        return None if now.streams in allowed else \
            f"positions {now.streams}"

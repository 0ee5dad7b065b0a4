# SPDX-License-Identifier: MIT
"""NAME.state, damaged, missing, or no file, before each program that reads
it. Such a run must not read or apply anything as if the state were right:
nothing is done and the status is not 0, the file is as it was; or the source
was read as a whole and the index and the state are what that gives."""
import json
import os

from cut_streams import mkstream
from damaged import (Outcome, damage, keep, read, records, restore, run, said,
                     ways, write)
from pipes import Violation

STATE = "state/w.state"
STREAM = [{"_id": "w:new", "title": "n"}, {"_ctl": "delete", "id": "w:gone"},
          {"_ctl": "state", "stream": "directory", "value": {"since": "x"}}]
PROGRAMS = {
    "poll": (["conn-poll", "c.yml"], None, "out"),
    "bulk": (["conn-bulk", "c.yml"], "in", "out"),
    "sync": (["conn-sync", "c.yml"], None, "out"),
    "sync -P": (["conn-sync", "-P", "c.yml"], None, "out"),
}
# in place of the file
INSTEAD = ("missing", "empty", "directory", "loop", "long")


def put_instead(what):
    os.unlink(STATE)
    if what == "empty":
        write(STATE, b"")
    elif what == "directory":
        os.mkdir(STATE)
    elif what == "loop":
        os.symlink("w.state", STATE)
    elif what == "long":
        with open(STATE, "wb") as f:
            f.truncate(65 << 20)


def look():
    """What is there, so that it can be compared."""
    if os.path.islink(STATE):
        return "link"
    if os.path.isdir(STATE):
        return "folder"
    if not os.path.exists(STATE):
        return None
    return read(STATE) if os.path.getsize(STATE) < 1 << 20 else "long"


class Part:
    NAME = "states"

    def __init__(self):
        write("c.yml", b"name: w\nsource: {type: directory, path: docs}\n")
        os.chmod("c.yml", 0o600)
        os.mkdir("docs")
        for n in "kept", "new", "gone":
            write(f"docs/{n}", b"old")
        if run([(["conn-sync", "c.yml"], None, "out")]) != 0:
            raise SystemExit(f"the first sync failed: {said()}")
        keep()
        self.state = read(STATE)
        os.unlink("docs/gone")
        write("docs/new", b"new text")
        self.before = Outcome()
        write("in", mkstream("poll", STREAM, "-r", "r9", "-b",
                             self.before.state["run"]))
        self.whole = {}
        for name, step in PROGRAMS.items():
            restore()
            run([step])
            self.whole[name] = Outcome()
            if name != "poll" and self.whole[name].docs == self.before.docs:
                raise SystemExit(f"{name} does nothing")

    def more(self):
        return ""

    def points(self):
        out = {(p, way): [f"{p}: {way} {at}" for at in places]
               for p in PROGRAMS for way, places in ways(self.state).items()}
        for p in PROGRAMS:
            out[p, "instead"] = [f"{p}: {what} 0" for what in INSTEAD]
        return {k: v for k, v in out.items() if v}

    def point(self, text):
        program, _, which = text.partition(": ")
        way, at = which.split()
        restore()
        if way in INSTEAD:
            put_instead(way)
        else:
            write(STATE, damage(self.state, way, int(at))[0])
        was = look()
        status = run([PROGRAMS[program]])
        if program == "poll":
            self.judge_poll(status)
        now = look()
        if now == was:
            os.path.isdir(STATE) and os.rmdir(STATE)
            write_state(self.state)
            done = Outcome(status)
            if status == 0 or done.docs != self.before.docs:
                raise Violation(f"{program}: status {status}, state as it "
                                f"was, documents {sorted(done.docs)}")
        elif program.startswith("sync"):
            done = Outcome(status)
            if done.docs != self.whole["sync"].docs or status != 0:
                raise Violation(f"{program}: status {status}, documents "
                                f"{sorted(done.docs)}: {said()}")
        else:
            raise Violation(f"{program}: wrote a state, status {status}")

    @staticmethod
    def judge_poll(status):
        recs = records(read("out"))
        if status != 3 or len(recs) != 1 or recs[0]["complete"]:
            raise Violation(f"status {status}, {json.dumps(recs)}")


def write_state(data):
    if os.path.lexists(STATE):
        os.unlink(STATE)
    write(STATE, data)

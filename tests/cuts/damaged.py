# SPDX-License-Identifier: MIT
"""The ways in which a text is damaged, and what is run on it."""
import json
import os
import shutil
import sqlite3

from pipes import Violation, call

STATUSES = (0, 1, 2, 3, 4, 75)


def lines_of(data):
    return data.splitlines(keepends=True)


def line_at(data, at):
    """Number of the line that the byte stands in, from 0."""
    return data.count(b"\n", 0, at)


def ways(data, counts=lambda line: True):
    """{way: [place]}; bits are flipped in the lines that count."""
    n = len(lines_of(data))
    flips, at = [], 0
    for line in lines_of(data):
        if counts(line):
            flips += range(at * 8, (at + len(line)) * 8)
        at += len(line)
    return {"cut": range(len(data)), "drop": range(n), "double": range(n),
            "swap": range(n - 1), "flip": flips}


def damage(data, way, at):
    """The damaged text, and the number of the first line that is not what it
    was."""
    lines = lines_of(data)
    if way == "cut":
        return data[:at], line_at(data, at)
    if way == "flip":
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        return bytes(flipped), line_at(data, at // 8)
    if way == "drop":
        del lines[at]
    elif way == "double":
        lines.insert(at, lines[at])
        return b"".join(lines), at + 1
    elif way == "swap":
        lines[at:at + 2] = lines[at + 1], lines[at]
    else:
        raise ValueError(way)
    return b"".join(lines), at


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def records(data):
    """The records of a text whose last line may be cut."""
    out = []
    for line in lines_of(data):
        try:
            out.append(json.loads(line))
        except ValueError:
            pass
    return out


def said():
    with open("said", errors="replace", encoding="utf-8") as f:
        return f.read().strip()[-300:]


class Outcome:
    """What is in the index and the state after a run."""

    def __init__(self, status=0):
        self.status = status
        db = sqlite3.connect("state/w.db")
        self.docs = dict(db.execute("select id, document from documents"))
        db.close()
        with open("state/w.state", encoding="utf-8") as f:
            self.state = json.load(f)
        self.streams = self.state["streams"]
        self.retry = self.state["retry"]


def keep():
    """What the state folder holds is where each point begins."""
    shutil.rmtree("clean", ignore_errors=True)
    os.mkdir("clean")
    for name in ("w.db", "w.state"):
        shutil.copyfile(f"state/{name}", f"clean/{name}")
        os.chmod(f"clean/{name}", 0o600)


def restore():
    shutil.rmtree("state", ignore_errors=True)
    shutil.copytree("clean", "state")
    os.chmod("state", 0o700)


def run(steps):
    """Runs (argv, stdin, stdout) one after the other: the last one's status.
    Each must end as one of ours may."""
    if os.path.exists("said"):
        os.truncate("said", 0)
    status = None
    for argv, stdin, stdout in steps:
        status = call(argv, stdin, stdout)
        if status not in STATUSES:
            raise Violation(f"{argv[0]}: status {status}: {said()}")
    return status

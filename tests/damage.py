#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""damage.py WHAT: damages a golden stream in every way and looks at the index.

Works in a folder that holds wiki.yml, known, load and a filled state folder
`clean`. WHAT is load (into conn-diff | conn-bulk) or changes (into conn-bulk).
Each damage must leave wiki:9 in the index (unless a position after its delete
was proven), commit no position that lies after the damage, and end with a
status other than 0. Prints one summary line.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys

WHAT = sys.argv[1]
ENV = dict(os.environ, CONN_STATE_DIR=os.path.abspath("state"))


def kind(line):
    try:
        return json.loads(line).get("_ctl", "record")
    except ValueError:
        return "broken"


def run(stream):
    """Applies a stream to a fresh copy of the index; status, ids, state."""
    shutil.rmtree("state", ignore_errors=True)
    shutil.copytree("clean", "state")
    if WHAT == "load":
        diff = subprocess.run(["conn-diff", "known"], input=stream, env=ENV,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stream = diff.stdout
    bulk = subprocess.run(["conn-bulk", "wiki.yml"], input=stream, env=ENV,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    db = sqlite3.connect("state/wiki.db")
    docs = dict(db.execute("select id, document from documents"))
    db.close()
    with open("state/wiki.state") as f:
        state = json.load(f)
    return bulk.returncode, docs, state


def damages(lines):
    """(name, stream, number of the first damaged line, may be whole)"""
    whole = b"".join(lines)
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + len(line))
    for at in range(len(whole)):
        first = next(i for i, e in enumerate(ends[1:]) if e > at)
        yield f"cut at byte {at}", whole[:at], first, False
    for i, line in enumerate(lines):
        k = kind(line)
        yield (f"line {i} dropped", b"".join(lines[:i] + lines[i + 1:]), i,
               k == "state")
        yield (f"line {i} doubled", b"".join(lines[:i + 1] + lines[i:]), i,
               k == "state")
        for j in range(i + 1, len(lines)):
            other = list(lines)
            other[i], other[j] = lines[j], lines[i]
            same = not any(kind(x) in ("begin", "state", "end")
                           for x in lines[i:j + 1])
            # an end that comes before a state proves as much
            at = len(lines) if WHAT == "changes" and \
                kind(lines[i]) == "state" and kind(lines[j]) == "end" else i
            yield f"lines {i} and {j} swapped", b"".join(other), at, same
    if WHAT == "load":
        yield "doubled whole", whole + whole, len(lines), False
    for i in range(1, len(lines)):
        yield f"line {i} of another stream", b"".join(
            lines[:i] + [b'{"_id":"blog:1"}\n'] + lines[i:]), i, False
        yield f"line {i} a truncated one", b"".join(
            lines[:i] + [lines[i][:len(lines[i]) // 2] + b"\n"]
            + lines[i + 1:]), i, False
    for i, line in enumerate(lines):
        for old, new in ((b'"complete":true', b'"complete":false'),
                         (b'"documents":2', b'"documents":3'),
                         (b'"digest":"', b'"digest":"f'),
                         (b'"base":"r1"', b'"base":"r0"'),
                         (b'"v":1', b'"v":2'),
                         (b'"scope":"all"', b'"scope":"part"')):
            if old in line and not (WHAT == "changes" and b"scope" in old):
                yield f"line {i} {new.decode()}", b"".join(
                    lines[:i] + [line.replace(old, new)] + lines[i + 1:]), \
                    i, b"scope" in old


def judge(name, stream, first, harmless, lines):
    status, docs, state = run(stream)
    wrong = []
    position = next(i for i, x in enumerate(lines) if kind(x) == "state")
    proven = WHAT == "changes" and first > position    # with the state
    if "wiki:9" not in docs and not harmless and not proven:
        wrong.append("wiki:9 was deleted")
    if not {"wiki:1", "wiki:2", "wiki:7"} <= set(docs):
        wrong.append("a live document was deleted")
    if state["streams"].get("pages") and first <= position and not harmless:
        wrong.append("a position past the damage was saved")
    if status == 0 and not harmless:
        wrong.append("status 0")
    if status not in (0, 1, 2, 3, 4, 75):
        wrong.append(f"status {status}")
    for w in wrong:
        print(f"{name}: {w}", file=sys.stderr)
    return len(wrong)


def main():
    with open(WHAT, "rb") as f:
        lines = f.readlines()
    status, docs, state = run(b"".join(lines))
    if "wiki:9" in docs or not state["streams"].get("pages"):
        sys.exit(f"the whole stream did not work: {status} {sorted(docs)}")
    tried = bad = 0
    for damage in damages(lines):
        tried += 1
        bad += judge(*damage, lines)
    print(f"{tried} damages, {bad} violations")
    sys.exit(bad > 0)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""liar.py [-l] [-s SEED] [-o N]: a driver that lies in every field.

Each lie is an answer to one verb: a line whose members are absent, of another
type, empty, huge or twice; text that is no line; a process that does not end
as it should. The front program must take it for what it is: a lie is status 3
(or 75), never a complete listing, never a position and never a delete; what
is a document's fault alone is a fail record. -l: all of them, else those that
SEED picks; -o: only the one of number N, and what it said.

The last line is: lies told, violations."""
import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

from pipes import folder

BIG = 100_000
MEMORY = 400 << 10      # KiB that a front program may take
DRIVER = """#!/bin/sh
D='%s/d'
case $1 in spec) exec cat "$D/spec" ;; esac
cat >"$D/request"
. "$D/act"
"""
SPEC = {"type": "liar", "title": "Liar", "ids": True, "confirm": False,
        "verbs": ["check", "discover", "load", "slim", "poll", "changed"],
        "schema": {"type": "object", "properties": {
            "password": {"type": "string", "secret": True}}}}
KNOWN = [{"id": f"k{i}", "timestamp": "t", "doc": {"a": i}} for i in range(3)]
STATE = {"state": {"stream": "s", "value": {"since": "2026"}}}

# What stands where something else is expected, as JSON text.
VALUES = {
    "null": "null", "true": "true", "false": "false", "zero": "0",
    "negative": "-1", "huge": "1e999999", "fraction": "1.5",
    "long number": "9" * 5000, "empty": '""', "list": "[]", "map": "{}",
    "list of text": '["a"]', "NaN": "NaN", "minus": "-", "NUL": '"a\\u0000b"',
    "half": '"\\ud800"', "600 bytes": '"' + "x" * 600 + '"',
    "big": '"' + "x" * BIG + '"', "deep": "[" * 200 + "]" * 200,
    "deep map": '{"a":' * 200 + "1" + "}" * 200, "very deep": "[" * BIG,
    "open": '"abc', "no text": '"\udcff\udcfe"', "control": '"a\x01b"',
    "other source": '"other:1"', "text": '"text"', "comma": ",",
    "escape": '"\\x"', "word": "undefined", "nothing": "",
}
RECORDS = {
    "load": ["id", "fail id", "fail prefix", "fail", "state", "keep"],
    "slim": ["id", "fail id", "state", "keep"],
    "poll": ["id", "fail id", "state", "keep", "delete", "reset"],
    "check": ["check"], "discover": ["stream"], "changed": ["changed"],
}
FORMS = {
    "id": '{"id":"n","timestamp":"t","stream":"s","doc":{"a":1}}',
    "fail id": '{"fail":{"id":"n","code":"c","message":"m"}}',
    "fail prefix": '{"fail":{"prefix":"n","code":"c","message":"m"}}',
    "fail": '{"fail":{"code":"c","message":"m"}}',
    "state": '{"state":{"stream":"s","value":{"since":"x"}}}',
    "keep": '{"keep":{"prefix":"n"}}', "delete": '{"delete":{"id":"n"}}',
    "reset": '{"reset":true}',
    "check": '{"check":"c","ok":true,"message":"m"}',
    "stream": '{"stream":"s","id":["id"],"timestamp":"t",'
              '"fields":[{"name":"n","type":"string"}]}',
    "changed": '{"changed":true}',
}
LINES = {
    "not JSON": "lie", "a list": "[1]", "a text": '"a"', "BOM": "\ufeff{}",
    "an empty object": "{}", "two objects": '{"id":"a","doc":{}}{}',
    "a control record": '{"_ctl":"end","complete":true,"status":0}',
    "a document of ours": '{"_id":"wiki:k0","a":1}',
    "two records": '{"id":"a","doc":{},"keep":{"prefix":"a"}}',
    "an id twice": '{"id":"a","id":"b","doc":{}}',
    "an id twice, escaped": '{"id":"a","\\u0069d":"b","doc":{}}',
    "a fail of both": '{"fail":{"id":"a","prefix":"a","code":"c"}}',
    "a code twice": '{"fail":{"id":"a","code":"c","code":"d"}}',
    "a NUL": '{"id":"a",\0"doc":{}}', "no bytes of UTF-8": "\udcff",
    "a big integer": '{"state":{"stream":"s","value":{"a":9007199254740995}}}',
    "a fraction in a state": '{"state":{"stream":"s","value":{"a":1.5}}}',
    "an empty state": '{"state":{"stream":"s","value":{}}}',
    "a key twice": '{"state":{"stream":"s","value":{"a":1,"a":2}}}',
    "100 MB": None,
}
# What the process does after a good answer: sh, and the statuses it may have.
ACTS = {
    "ends with %d" % n: ("exit %d" % n, [n if n in (2, 3, 75) else 3])
    for n in (1, 2, 3, 4, 75, 76, 126, 127, 255)}
ACTS.update({
    f"dies of {s}": (f"kill -{s} $$", [3])
    for s in ("KILL", "SEGV", "TERM", "PIPE", "ABRT")})
ACTS.update({
    "hangs": ("exec sleep 100", [75]),
    "closes its stdout and hangs": ("exec >&-; exec sleep 100", [75]),
    "hangs and hears no SIGTERM": ("trap '' TERM; sleep 100", [75]),
    "leaves a child with its stdout": ("sleep 100 & exit 0", [75]),
    "no newline at its end": ("printf '{\"id\":\"z\",\"doc\":{}}'", [3]),
    "half a line": ("printf '{\"id\":\"z'", [3]),
    "floods its stderr": ("yes no | head -c 3000000 >&2; exit 3", [3]),
    "floods its stderr without a line":
        ("head -c 30000000 /dev/zero >&2; exit 3", [3]),
    "closes its stderr": ("exec 2>&-; exit 3", [3]),
})
SLOW = ("closes", "leaves")     # five seconds each


class Lie:
    """answer: text of the verb's stdout. wanted: its statuses, and that nothing
    of it is trusted; None: it may be a document's own fault."""

    def __init__(self, verb, name, answer, wanted=None, act="exit 0"):
        self.verb, self.name, self.answer = verb, name, answer
        self.wanted, self.act = wanted, act


def with_member(form, path, text):
    """The record with JSON text in place of a member; None: without it."""
    mark = "\ue000"
    v = json.loads(form)
    at = v
    for key in path[:-1]:
        at = at[key]
    if text is None:
        del at[path[-1]]
    else:
        at[path[-1]] = mark
    return json.dumps(v).replace('"\\ue000"', text or "")


def paths(v, at=()):
    """Of all members of a protocol record, but what is inside a doc."""
    for key, value in v.items() if isinstance(v, dict) else enumerate(v):
        yield at + (key,)
        if isinstance(value, (dict, list)) and key not in ("doc", "value"):
            yield from paths(value, at + (key,))


def is_json(text):
    try:
        json.loads(text)
        text.encode()
        return "NaN" not in text
    except (ValueError, RecursionError, UnicodeEncodeError):
        return False


def is_wrong(verb, record, path, text):
    """Does this value break the protocol for sure?"""
    if text is None and verb == "slim" and path == ("doc",):
        return False
    if text == "" and isinstance(path[-1], int):
        return False    # an empty list
    if text is None:
        return path[-1] not in ("timestamp", "message") and \
            path not in (("fail", "id"), ("fail", "prefix"), ("stream",))
    if not is_json(text):
        return True
    v = json.loads(text)
    key = path[-1]
    if key == "changed":
        return v not in (True, False, None) or isinstance(v, (int, float)) \
            and not isinstance(v, bool)
    if key in ("ok", "reset"):
        return not isinstance(v, bool) or (key == "reset" and not v)
    if record == "stream" and key in ("id", "fields"):
        return not isinstance(v, list) or (key == "fields" and v == ["a"])
    if key in ("doc", "value", "fail", "state", "keep", "delete"):
        return not isinstance(v, dict)
    if record == "stream" and key == "type":
        return not isinstance(v, str)
    if not isinstance(v, str):
        # an entry of a list may be what it wants; a name may not
        return key != 0 or record != "stream" or not isinstance(v, str)
    return v == "" and key not in ("timestamp", "message") and \
        path != ("stream",)


def field_lies():
    for verb, records in RECORDS.items():
        for record in records:
            form = FORMS[record]
            for path in paths(json.loads(form)):
                texts = dict(VALUES, absent=None)
                if isinstance(path[-1], int):
                    del texts["absent"]
                for name, text in texts.items():
                    wrong = is_wrong(verb, record, path, text)
                    yield Lie(verb, f"{record} {path}: {name}",
                              with_member(form, path, text) + "\n",
                              [3] if wrong else None)


def line_lies():
    for verb in ("load", "slim", "poll", "check", "discover", "changed"):
        for name, line in LINES.items():
            if line is not None:
                yield Lie(verb, name, line + "\n", [3])
    for verb in ("check", "discover", "changed"):
        yield Lie(verb, "a document", FORMS["id"] + "\n", [3])
    for verb in ("load", "slim"):
        yield Lie(verb, "a delete", FORMS["delete"] + "\n", [3])
        yield Lie(verb, "a reset", FORMS["reset"] + "\n", [3])
    size = "head -c 100000000 /dev/zero | tr '\\0' x"
    yield Lie("load", "100 MB without a newline", "", [1, 3], size)
    yield Lie("load", "100 MB in a line", "", [1], size + "; echo")
    yield Lie("load", "100 MB of empty lines", "", None,
              "yes '' | head -c 100000000")


def act_lies():
    for verb in ("load", "slim", "poll"):
        for name, (act, wanted) in ACTS.items():
            yield Lie(verb, name, "", wanted, act)


def write(name, text):
    with open(name, "wb") as f:
        f.write(text.encode("utf-8", "surrogateescape"))


def tell(lie):
    """What the driver does from now on."""
    good = "".join(json.dumps(r) + "\n" for r in KNOWN + [STATE])
    if lie.verb in ("check", "discover", "changed"):
        good = ""
    # before the lie, what is good; after it, what nobody must take
    after = good if lie.act == "exit 0" else ""
    write("d/answer", good + lie.answer + after)
    hangs = "sleep" in lie.act
    seconds = 1 if hangs else 60
    write("wiki.yml", f"source: {{type: liar, timeout: {seconds}s}}\n")
    write("d/act", f'cat "$D/answer"\n{lie.act}\n')


COMMANDS = {
    "load": ["conn-load", "-v"], "slim": ["conn-slim", "-v"],
    "poll": ["conn-poll", "-v"], "check": ["conn-check"],
    "discover": ["conn-spec", "-D"], "changed": ["conn-poll", "--changed"]}


def run(argv, verb):
    """(status, stdout, stderr, KiB)"""
    with open("out", "wb") as out, open("err", "wb") as err:
        p = subprocess.Popen(argv + ["wiki.yml"], stdout=out, stderr=err,
                             stdin=subprocess.DEVNULL,
                             start_new_session=True)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(p.pid, 9))
    signal.alarm(60)
    _, status, usage = os.wait4(p.pid, 0)
    signal.alarm(0)
    p.returncode = os.waitstatus_to_exitcode(status)
    with open("out", "rb") as out, open("err", "rb") as err:
        return p.returncode, out.read(), err.read(), usage.ru_maxrss


def strict(pairs):
    if len({k for k, _ in pairs}) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def judge_stream(lie, status, out):
    """What is wrong with it, or None."""
    lines = out.split(b"\n")
    if lines.pop() != b"":
        return "no newline at the end of the stream"
    records = [json.loads(line, object_pairs_hook=strict) for line in lines]
    if not records or records[0].get("_ctl") != "begin" or \
            records[-1].get("_ctl") != "end":
        return "no begin or no end"
    end = records[-1]
    if end["status"] != status:
        return f"end says {end['status']}, the program {status}"
    count = {"documents": 0, "ids": 0, "deletes": 0, "fails": 0}
    for r in records[1:-1]:
        kind = r.get("_ctl", "documents" if "_id" in r else "ids")
        name = r.get("_id", r.get("id", r.get("prefix", "wiki:")))
        if not name.startswith("wiki:") or len(name.encode()) > 512:
            return f"the id {name[:80]}"
        kind = {"fail": "fails", "delete": "deletes"}.get(kind, kind)
        if kind in count:
            count[kind] += 1
        elif kind not in ("state", "keep"):
            return f"a record {kind}"
    if any(end[k] != n for k, n in count.items()):
        return f"end counts {end}, there are {count}"
    if lie.wanted:
        if end["complete"]:
            return "complete"
        # a poll's position before the lie is proven by then
        if sum(r.get("_ctl") == "state" for r in records) > \
                (lie.verb == "poll"):
            return "a position"
    return None


def judge(lie):
    """What is wrong, or None."""
    status, out, err, kib = run(COMMANDS[lie.verb], lie.verb)
    if status < 0:
        return f"died of signal {-status}"
    if kib > MEMORY:
        return f"took {kib} KiB"
    wanted = lie.wanted or [0, 1, 3, 4]
    if status not in wanted:
        return f"status {status}, not {wanted}"
    lines = err.split(b"\n")
    if lines.pop() != b"" or any(len(x) > 1000 or not x.startswith(
            COMMANDS[lie.verb][0].encode()) for x in lines):
        return f"stderr: {err[:300]!r}"
    if status == 3 and not err:
        return "no message"
    if lie.verb in ("load", "slim", "poll"):
        if lie.wanted == [3] and lie.act == "exit 0" and \
                b"driver liar line " not in err:
            return f"its place is not told: {err[:300]!r}"
        return judge_stream(lie, status, out)
    if lie.verb == "check" and lie.wanted and b'"ok":false' not in out:
        return "all is well"
    return None


def known():
    out = subprocess.run(["conn-slim", "-I", "wiki.yml"],
                         stdout=subprocess.PIPE, check=True).stdout
    return {r["id"] for r in map(json.loads, out.splitlines()) if "id" in r}


def judge_index(lie):
    """The same through the whole pipe: nothing is deleted, no cursor moved."""
    with open("state/wiki.state", "rb") as f:
        before = f.read()
    argv = {"load": ["conn-sync", "-e", "-m", "100%"],
            "slim": ["conn-sync", "-p", "-e", "-m", "100%"],
            "poll": ["conn-sync", "-P", "-e", "-m", "100%"]}[lie.verb]
    # nothing is listed before the lie
    write("d/answer", lie.answer)
    status, _, err, _ = run(argv, lie.verb)
    gone = {"wiki:" + r["id"] for r in KNOWN} - known()
    if gone:
        return f"deleted: {gone}"
    if status not in lie.wanted:
        return f"conn-sync: status {status}: {err[:300]!r}"
    with open("state/wiki.state", "rb") as f:
        if lie.verb != "poll" and json.loads(before)["streams"] != json.loads(
                f.read())["streams"]:
            return "the position was moved"
    return None


def begin():
    os.mkdir("d")
    os.environ.update(CONN_DRIVER_PATH=os.getcwd() + "/d", HOME=os.getcwd(),
                      CONN_STATE_DIR=os.getcwd() + "/state")
    write("d/conn-source-liar", DRIVER % os.getcwd())
    write("d/spec", json.dumps(SPEC) + "\n")
    os.chmod("d/conn-source-liar", 0o755)
    os.chmod("d", 0o755)
    tell(Lie("load", "the truth", ""))
    subprocess.run(["conn-sync", "wiki.yml"], check=True)
    if len(known()) != len(KNOWN):
        sys.exit("the truth is not taken")


def choose(args):
    lies = list(field_lies()) + list(line_lies()) + list(act_lies())
    numbered = list(enumerate(lies))
    if args.only is not None:
        return numbered[args.only:args.only + 1]
    if args.long:
        return numbered
    r = random.Random(args.seed)
    few = [x for x in numbered if x[1].verb == "load" and x[1].act != "exit 0"
           and not x[1].name.startswith(SLOW)]
    return few + r.sample([x for x in numbered if x[1].act == "exit 0"], 100)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-l", "--long", action="store_true")
    p.add_argument("-s", "--seed", type=int, default=int(time.time()))
    p.add_argument("-o", "--only", type=int)
    args = p.parse_args()
    told = violations = 0
    with folder() as top:
        os.chdir(top)
        begin()
        for n, lie in choose(args):
            tell(lie)
            why = judge(lie)
            if why is None and lie.wanted and (args.long or n % 5 == 0) and \
                    lie.verb in ("load", "slim", "poll"):
                why = judge_index(lie)
            told += 1
            if args.only is not None:
                for name in ("d/answer", "out", "err"):
                    with open(name, "rb") as f:
                        print(name, f.read(2000))
            if why is not None:
                violations += 1
                print(f"lie {n}: {lie.verb}: {lie.name}: {why} "
                      f"(liar.py -o {n})")
        os.chdir("/")
    print(f"seed {args.seed}: {told} lies told, {violations} violations")
    sys.exit(violations > 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""verdict-run.py INDEXTOOL FILE: what becomes of operations by the answers
they get. Each row of FILE (lib/index/verdicts.txt) gives samples; what they
must be taken for says verdict.py, and what follows of it `play` below: what
is reported, how often each operation is sent, how it ends. Prints what is
otherwise, then the counts. Works in the folder it is started in."""
import collections
import concurrent.futures
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import verdict

TOOL = os.path.abspath(sys.argv[1])
BODIES = ["", "<html>no</html>", "{", '{"error":"x"}', '{"error":{"type":5}}']
PLAIN = [201, 202, 204, 206, 300, 301, 302, 303, 307, 308, 402, 403, 404, 405,
         406, 409, 410, 411, 412, 414, 415, 422, 423, 424, 428, 431, 451]
LATER = [408, 425, 429, 500, 501, 502, 503, 504, 507, 511, 520, 599]
# By name, as in the file: a reply of that shape.
SHAPES = {
    "MEDIA": {"type": "text/html"}, "CUT": {"cut": 9}, "JSON": {"chop": 9},
    "ERROR": {"body": {"error": {"type": "x"}, "status": 503}},
    "FIELDS": {"body": {"took": 1}}, "FEW": {"edit": "drop"},
    "MANY": {"edit": "double"}, "OTHER": {"edit": "swap"},
    "STATUS": {"set": {"items": [{"index": {"_id": "ID", "status": 302}}]}},
}
CRASHES = 5
Answer = collections.namedtuple("Answer", "item verdict code")
wrong = 0


def complain(*words):
    global wrong
    wrong += 1
    print(*words)


def rows(part):
    with open(sys.argv[2], encoding="utf-8") as f:
        return [w for w in map(str.split, f) if w and w[0] == part]


class Scene:
    """The operations of one request, each (op, the answers it gets in turn);
    and the replies that come instead: a line of the plan for the first
    times, each taken for `whole`."""
    count = itertools.count(1)

    def __init__(self, ops, line=None, times=1, whole=None, message=None,
                 config="wiki.yml"):
        self.key = f'"wiki:{next(Scene.count)}.'
        self.ops = [(f"{self.key[1:]}{i}", op, list(answers))
                    for i, (op, answers) in enumerate(ops)]
        self.line, self.config, self.message = line, config, message
        self.whole = [whole] * times if line else []
        self.play()

    def plan(self):
        if not self.line:
            return []
        text = json.dumps(self.line).replace("ID", self.ops[0][0])
        return [{"if_has": self.key, "times": len(self.whole),
                 **json.loads(text)}]

    def items(self):
        return {i: [a.item for a in answers] for i, _, answers in self.ops}

    def input(self):
        return "".join(json.dumps(
            {"_id": i, "title": "x" * 99} if op == "index" else
            {"_ctl": "delete", "id": i}) + "\n" for i, op, _ in self.ops)

    def play(self):
        """Sets status, told {id: "done" or code}, sent {id: how often}."""
        left = [(i, list(answers)) for i, _, answers in self.ops]
        script, crashes, odd = list(self.whole), collections.Counter(), False
        bad = 0         # among so many is what makes a request too long
        self.status, self.told = 3, {}
        self.sent = collections.Counter()
        good = Answer(None, "done", "")
        while left:
            alone = CRASHES - 1 in crashes.values()
            group = left[:1] if alone else \
                left[:max(1, bad // 2)] if bad else left
            self.sent.update(i for i, _ in group)
            if script and script[0] != "odd":
                if script.pop(0) == "stop":
                    return
                continue
            got = {i: a.pop(0) if a else good for i, a in group}
            taken = [a.verdict for a in got.values()]
            if script and script.pop(0) or "odd" in taken:
                if odd:
                    return
                odd = True
                continue
            odd = False
            bad = max(0, bad - len(group))
            for i, a in got.items():
                if a.verdict == "halve" and len(group) == 1:
                    self.told[i] = a.code
                crashes[i] += a.verdict == "crashed"
                if a.verdict in ("done", "refused") or crashes[i] == CRASHES:
                    self.told[i] = a.code or "done"
                    del crashes[i]
            left = [x for x in left if x[0] not in self.told]
            if "halve" in taken and len(group) > 1:
                bad = len(got.keys() - self.told.keys())
            if "stop" in taken:
                return
        self.status = 0


# ---- scenes ----

def sample(words, op):
    """An answer that this row is the first to fit."""
    _, _, status, error, result, store, expected, *_ = words
    item = {"status": 302 if status == "*" else int(status[:3])}
    kind = {"-": None, "*": "x"}.get(error, error)
    if kind:
        item["error"] = verdict.error_of(kind)
    item["result"] = {"-": "", "*": "created"}.get(result, result)
    if store == "used":
        item["failure_store"] = "used"
    a = Answer(item, *verdict.item(op, item["status"], kind, item["result"],
                                   store == "used"))
    if a.verdict != expected:
        complain(" ".join(words), "is", a.verdict, "by the rules")
    return op, a


def item_scenes():
    fine = ("index", [])
    all_of = [sample(row, op) for row in rows("item")
              for op in ("index", "delete") if row[1] in (op, "*")]
    yield Scene([(op, [a]) for op, a in all_of
                 if a.verdict not in ("stop", "odd")])
    for op, a in all_of:
        message = None
        if a.verdict == "stop":
            message = f"HTTP {a.item['status']} {a.code}"
        yield Scene([fine, (op, [a]), fine], message=message)
        yield Scene([(op, [a, a]), fine], message=message)
        if a.verdict == "again":
            yield Scene([fine, (op, [a] * 99)], config="brief.yml")
        if a.verdict == "crashed":
            yield Scene([fine, (op, [a] * CRASHES), (op, [a] * CRASHES)])
    kinds = {a.verdict: (op, [a]) for op, a in all_of}
    for first, second in itertools.product(kinds.values(), repeat=2):
        yield Scene([first, fine, second])


def failure(status, body):
    kind = body if re.fullmatch("[a-z_]+", body) else ""
    if kind:
        body = json.dumps({"error": verdict.error_of(kind),
                           "status": status})
    return ({"status": status, "body": body,
             "headers": {"Location": "/docs"}}, kind)


def request_scenes():
    bodies = itertools.cycle(BODIES)
    cases = [(s, next(bodies)) for s in PLAIN + LATER]
    cases += [(s, "something_new_exception") for s in PLAIN[::3]]
    for _, status, kind, *_ in rows("request"):
        ends = [409] if status == "*" else map(int, status.split("-"))
        cases += [(s, "x" if kind == "*" else kind) for s in ends]
    cases += [(403, "cluster_block_exception"),
              (429, "cluster_block_exception"), (400, "{"), (413, "")]
    for status, body in cases:
        line, kind = failure(status, body)
        taken = verdict.request(status, kind)
        if taken in ("again", "stop"):
            yield Scene([("index", []), ("delete", [])], line, whole=taken,
                        message=f"HTTP {status} {kind}".rstrip())
        else:
            code = "too_large" if taken == "halve" else kind or "http_400"
            refused = Scene([("index", [Answer(None, "refused", code)])])
            refused.line, refused.whole = line, [taken]
            yield refused


def shape_scenes():
    for _, name, taken, *message in rows("reply"):
        line = SHAPES.pop(name, None)
        if line is None:
            complain("no reply of the shape", name)
            continue
        message = None if name == "CUT" else " ".join(message)
        two = [("index", []), ("index", [])]
        for times in (1, 2):
            yield Scene(two, line, times, taken, message)
    for name in SHAPES:
        complain("no row for the shape", name)


# ---- the run ----

def run(scenes):
    """One process; scenes that do not end it may follow each other."""
    p = subprocess.run([TOOL, scenes[0].config, "apply"], text=True,
                       input="\n".join(s.input() for s in scenes),
                       capture_output=True, check=False)
    ids = [i for s in scenes for i in [*(x[0] for x in s.ops), ""]]
    told = {ids[int(line.split()[0]) - 1]: line.split()[1]
            for line in p.stdout.splitlines()}
    expected = {}
    for s in scenes:
        expected.update(s.told)
    last = scenes[-1]
    status = 75 if last.config == "brief.yml" else last.status
    if status == 75:
        expected = {i: w for i, w in expected.items() if not last.items()[i]}
    if (p.returncode, told) != (status, expected):
        complain(last.line or last.items(), "status", p.returncode, told,
                 "instead of", status, expected)
    if status == 0 and p.stderr or status == 3 and last.message and \
            f"/_bulk: {last.message}" not in p.stderr:
        complain(last.line or last.items(), p.stderr, "not", last.message)


def groups(scenes):
    quiet = [s for s in scenes if s.status == 0 and s.config == "wiki.yml"]
    yield from (quiet[n::6] for n in range(6))
    yield from ([s] for s in scenes if s not in quiet)


def serve(scenes):
    lines = [line for s in scenes for line in s.plan()]
    items = {i: a for s in scenes for i, a in s.items().items() if a and
             a[0]}
    lines.append({"times": 0, "items": items})
    Path("plan").write_text("\n".join(map(json.dumps, lines)))
    with subprocess.Popen(
            [sys.executable, Path(__file__).with_name("fake-es.py"), "plan",
             "log"], stdout=subprocess.PIPE, text=True) as server:
        try:
            url = server.stdout.readline().strip()
            for name, retry in (("wiki", "5m"), ("brief", "200ms")):
                Path(f"{name}.yml").write_text(json.dumps({
                    "name": "wiki",
                    "source": {"type": "directory", "path": "."},
                    "index": {"type": "elasticsearch", "url": url,
                              "name": "wiki", "retry": retry}}))
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                list(pool.map(run, groups(scenes)))
        finally:
            server.terminate()


def count_sent(scenes):
    """Each operation went out as often as it should; how many requests."""
    sent, n = collections.Counter(), 0
    for line in Path("log").read_text().splitlines():
        n += 1
        sent.update(re.findall(r'^\{"(?:index|delete)":\{"_id":"([^"]+)"',
                               json.loads(line)["body"], re.M))
    for s in scenes:
        for i, _, _ in s.ops:
            if sent[i] != s.sent[i] and s.config == "wiki.yml":
                complain(i, s.line or s.items(), "sent", sent[i], "times, not",
                         s.sent[i])
    return n


def main():
    scenes = [*item_scenes(), *request_scenes(), *shape_scenes()]
    serve(scenes)
    n = count_sent(scenes)
    print(f"{len(scenes)} scenes, {n} requests,",
          f"{sum(len(s.ops) for s in scenes)} operations")
    sys.exit(wrong > 0)


main()

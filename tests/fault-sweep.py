#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fault-sweep.py URL INDEX STEP SEED: breaks the connection at every byte.

Works in an empty folder, with conn-bulk and conn-slim on the path, against a
real server at URL, through a faultproxy. A point is: a small stream is applied
while one fault happens at one byte; then the same line again, without. STEP:
every so many bytes only, from an offset that SEED decides.

After the first run: status 0 or 75; if the state says that the stream is in,
it is; each document of the source is there, in its old or its new form. After
the second: status 0, and the index is the source. Of a listing: it is whole,
or it says that it is not. Prints a line for each sweep, one for each violation;
exit status 1 if there was one.
"""
import http.client
import json
import os
import random
import subprocess
import sys
import time
import urllib.parse

TOOLS = os.environ["CONN_BUILD"] + "/tests/"
CONFIG = """name: wiki
source: {{type: directory, path: .}}
index:
  type: elasticsearch
  url: {url}
  name: {name}
  retry: 0s
  timeout: {timeout}
"""
QUICK = ("cut", "reset", "half", "delay 1")


class Server:
    """The real one, not through the proxy."""

    def __init__(self, url, name):
        self.place = urllib.parse.urlsplit(url).netloc
        self.name = name
        self.http = http.client.HTTPConnection(self.place)

    def ask(self, path, body):
        self.http.request("POST", f"/{self.name}/{path}", json.dumps(body),
                          {"Content-Type": "application/json"})
        return json.load(self.http.getresponse())

    def get(self, ids):
        """{id: document as it was sent} of those that are there."""
        found = self.ask("_mget", {"ids": ids})["docs"]
        docs = {d["_id"]: d["_source"] for d in found if d.get("found")}
        for doc_id, doc in docs.items():
            assert doc.pop("_conn")["id"] == doc_id
        return docs

    def size(self):
        self.ask("_refresh", {})
        return self.ask("_count", {})["count"]


class Proxy:
    def __init__(self, server):
        self.p = subprocess.Popen([TOOLS + "faultproxy", server.place],
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.p.stdout.readline().strip()}"

    def order(self, line):
        """What the rule before it counted: bytes asked, answered, fired."""
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        return [int(n) for n in self.p.stdout.readline().split()[1:]]


class Sweep:
    def __init__(self, url, name, step, seed):
        self.server = Server(url, name)
        self.proxy = Proxy(self.server)
        self.step, self.dice = int(step), random.Random(int(seed))
        self.index = f"elasticsearch:{self.proxy.url}/{name}"
        self.name, self.bad, self.round, self.patience = name, 0, 0, "1m"

    def configure(self, timeout):
        with open("wiki.yml", "w", encoding="utf-8") as f:
            f.write(CONFIG.format(url=self.proxy.url, name=self.name,
                                  timeout=timeout))

    def state(self):
        try:
            with open("state/wiki.state", encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            return {"run": "null", "streams": {"s": {"k": 0}}}

    def documents(self):
        """What the source holds in this round: three documents that change,
        and one that is there for this round alone."""
        k = self.round
        return {f"wiki:{i}": {"title": f"é{k}", "n": i}
                for i in ("a", "b", "c", f"x{k}")}

    def stream(self):
        lines = [{"_id": i, **d} for i, d in self.documents().items()]
        if self.round > 1:
            lines.append({"_ctl": "delete", "id": f"wiki:x{self.round - 1}"})
        lines.append({"_ctl": "state", "stream": "s",
                      "value": {"k": self.round}})
        text = "".join(json.dumps(x, ensure_ascii=False) + "\n"
                       for x in lines)
        return subprocess.run(
            [TOOLS + "mkstream", "-m", "load" if self.round == 1 else "diff",
             "-i", self.index, "-b", self.state()["run"],
             "-r", f"{self.round}.{time.monotonic_ns()}"],
            input=text.encode(), stdout=subprocess.PIPE, check=True).stdout

    def bulk(self, timeout="1m"):
        self.configure(timeout)
        p = subprocess.run(["conn-bulk", "wiki.yml"], input=self.stream(),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return p.returncode, (p.stdout + p.stderr).decode().strip()

    def say(self, what, more=""):
        self.bad += 1
        print(f"VIOLATION at {self.where}: {what}: {more}")

    def look(self, whole):
        """Are they in? whole: all of them, as they are now."""
        now, last = self.documents(), f"wiki:x{self.round - 1}"
        have = self.server.get([*now, last])
        if whole:
            gone = have.pop(last, None) is None
            if not gone or have != now:
                self.say("the index is not the source", have)
            return
        for i in "abc":
            doc = have.get(f"wiki:{i}")
            if doc not in (now[f"wiki:{i}"],
                           {"title": f"é{self.round - 1}", "n": i}):
                self.say("a document was lost", have)

    def point(self, rule):
        self.round += 1
        self.where = rule
        self.proxy.order("rule " + rule)
        status, said = self.bulk(self.patience)
        counted = self.proxy.order("none")
        if status not in (0, 75):
            self.say(f"status {status}", said)
        committed = self.state()["streams"]["s"]["k"] == self.round
        if status == 0 and not committed:
            self.say("status 0, no state")
        self.look(committed)
        status, said = self.bulk()
        if status != 0:
            self.say(f"status {status} when it was run again", said)
        self.look(True)
        return counted

    def listing(self, rule):
        self.where = "list " + rule
        self.proxy.order("rule " + rule)
        self.configure(self.patience)
        p = subprocess.run(["conn-slim", "-I", "wiki.yml"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        counted = self.proxy.order("none")
        lines = [json.loads(x) for x in p.stdout.splitlines()]
        ids = sorted(x["id"] for x in lines if "id" in x)
        end = lines[-1] if lines else {"complete": False, "status": 75}
        if p.returncode not in (0, 75) or end["status"] != p.returncode:
            self.say(f"status {p.returncode}", p.stderr)
        if end["complete"] != (p.returncode == 0):
            self.say("status and end differ", end)
        if end["complete"] and ids != sorted(self.documents()):
            self.say("a listing that says it is complete", ids)
        return counted

    def every(self, what, way, text, side, faults, step=1):
        if self.step > 1 or "stall" in faults:      # which takes a timeout
            step *= self.step
        else:
            step = 1
        size = way(f"{text}#1 request 999999999 cut")[side == "response"]
        for fault in faults:
            before, t0, fired = self.bad, time.monotonic(), 0
            first = self.dice.randrange(min(step, size + 1))
            points = range(first, size + 1, step)
            for at in points:
                fired += way(f"{text}#1 {side} {at} {fault}")[2]
            spent = (time.monotonic() - t0) / max(1, len(points))
            print(f"{what} {side} {fault}: {len(points)} points of "
                  f"{size + 1} tried, {fired} faults, "
                  f"{self.bad - before} violations, "
                  f"{1e3 * spent:.0f} ms a point", flush=True)
            if fired * 10 < len(points) * 9:
                self.say("most faults did not happen")

    def all(self):
        self.point("nothing#1 request 0 cut")
        for side in ("request", "response"):
            self.every("bulk", self.point, "/_bulk", side, QUICK)
            self.every("bulk, all it sends", self.point, "*", side,
                       QUICK[:2], 5)
            self.every("list", self.listing, "*", side, QUICK, 5)
        self.every("bulk", self.point, "/_bulk", "request", ["duplicate"], 40)
        self.every("bulk", self.point, "/_bulk", "response",
                   ["throttle 20000"], 10)
        self.patience = "400ms"
        for side in ("request", "response"):
            self.every("bulk", self.point, "/_bulk", side, ["stall"], 5)
            self.every("list", self.listing, "*", side, ["stall"], 40)
        if self.server.size() != 4:
            self.where = "the end"
            self.say("more in the index than in the source")


def main():
    sweep = Sweep(*sys.argv[1:5])
    print(f"seed {sys.argv[4]}, every {sys.argv[3]} bytes")
    sweep.all()
    print(f"{sweep.round} points of bulk tried, {sweep.bad} violations")
    sys.exit(sweep.bad > 0)


main()

# SPDX-License-Identifier: MIT
"""Files of the driver file, cut or with a line that is not whole: a load says
complete only with what was parsed as a whole line, and never of a compressed
file that is cut. (Text that ends with a line is a shorter text; such points,
and a last line without a newline, are counted.)"""
import gzip
import json
import os
import subprocess

from damaged import damage, records, read, run, said, ways, write
from pipes import Violation

ROWS = [{"id": f"k{i}", "t": f"text {i}", "n": i} for i in range(6)]
NDJSON = "".join(json.dumps(r) + "\n" for r in ROWS).encode()
CSV = ("id,t,n\n" + "".join('%(id)s,"%(t)s\nb",%(n)d\n' % r
                            for r in ROWS)).encode()
JSON = json.dumps(ROWS).encode()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


class Part:
    NAME = "files"

    def __init__(self):
        self.silent = 0
        self.files = {
            "x.ndjson": NDJSON, "x.csv": CSV, "x.json": JSON,
            "x.ndjson.gz": gzip.compress(NDJSON, mtime=0),
            "x.ndjson.zst": zstd(NDJSON), "x.csv.gz": gzip.compress(
                CSV, mtime=0), "two.ndjson.gz": gzip.compress(
                    NDJSON[:120], mtime=0) + gzip.compress(NDJSON[120:],
                                                           mtime=0)}
        self.whole = {}
        for name, data in self.files.items():
            write(name, data)
            write("c.yml", f"name: w\nsource: {{type: file, path: {name}, "
                  "id: id}\n".encode())
            write(f"{name}.yml", read("c.yml"))
            os.chmod(f"{name}.yml", 0o600)
            complete, self.whole[name] = self.run(name)
            if not complete or len(self.whole[name]) != len(ROWS):
                raise SystemExit(f"{name}: {said()}")

    def run(self, name):
        status = run([(["conn-load", f"{name}.yml"], None, "out")])
        recs = records(read("out"))
        if recs[-1]["complete"] != (status == 0):
            raise Violation(f"status {status}, {recs[-1]}")
        return recs[-1]["complete"], [r for r in recs if "_id" in r]

    def more(self):
        return f", {self.silent} not to be noticed"

    def points(self):
        out = {}
        for name, data in self.files.items():
            packed = name.endswith((".gz", ".zst"))
            for way, places in ways(data, lambda line: True).items():
                if packed == (way == "flip") or way == "cut":
                    out[name, way] = [f"{name}: {way} {at}"
                                      for at in places]
        return out

    def point(self, text):
        name, _, which = text.partition(": ")
        way, at = which.split()
        data, _ = damage(self.files[name], way, int(at))
        write(name, data)
        complete, docs = self.run(name)
        if not complete or docs == self.whole[name]:
            return
        if name.endswith((".gz", ".zst")):
            # what ends with a part is a shorter file
            if not (name == "two.ndjson.gz" and way == "cut" and
                    docs == self.whole[name][:len(docs)]):
                raise Violation(f"complete with {len(docs)} of {len(ROWS)}")
        elif name == "x.json":
            if json.loads(data) == ROWS:
                raise Violation("other documents")
        elif way == "cut" and name == "x.ndjson" and [
                json.loads(x) for x in data.splitlines()] != [
                    {k: d[k] for k in ("id", "t", "n") if k in d}
                    for d in docs]:
            raise Violation(f"complete with {docs}")
        self.silent += 1

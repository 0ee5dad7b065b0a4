# SPDX-License-Identifier: MIT
"""The replies of a server, damaged each time they are asked for: those of an
index to conn-bulk and to its listing, the pages of an API and the token that
it gives. Each in three framings: length, chunked, close (the end of the
connection alone says that it is over); those of the API packed, too (close,
and gzip says it).

cut: the connection ends there; short: the body, too, and the length is that of
what is left; flip: a bit of the lengths, the status, the counts.

A run may succeed only if what arrived means what was sent; a listing is
complete, a position saved only then. (What a CSV or JSON line format had
behind the end of a line that is cut off there, nothing tells if no length
says so, nor what a 204 has: such points are counted.)"""
import gzip
import json
import os
import re
import socketserver
import threading
import urllib.parse
import zlib

from cut_streams import mkstream
from damaged import read, records, run, said, write
from pipes import Violation

FRAMINGS = ("length", "chunked", "close")
PACKED = ("gzip",)
COUNTS = re.compile(rb'"(status|errors|failed|successful|total|value|relation|'
                    rb'timed_out|skipped|expires_in)":[^{\[,}]*')
LENGTHS = re.compile(rb"^HTTP/1.1 \d+|^Content-Length: \d+|"
                     rb"^Transfer-Encoding: chunked|^[0-9a-f]+(?=\r\n)", re.M)
ES = """name: w
source: {{type: directory, path: docs}}
index: {{type: elasticsearch, url: "{url}", name: w, retry: 0s, batch: 400}}
"""
REST = """name: w
source:
  type: rest
  url: {url}
  retry: 1ms
  rate: none
  {auth}
  streams:
    s:
      get: /{path}
      {more}
"""
PAGED = "items: .list\n      next: .next"
OAUTH = ("auth: {oauth: {url: URL/token, grant: client_credentials, "
         "client_id: a, client_secret: b}}")
HASH = "96ec82f1d3d126faf2e5126ab00c3afb"
IDS = [f"w:{i}" for i in range(5)]


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Server(socketserver.ThreadingTCPServer):
    """Answers as it should, but the target's replies are damaged."""
    daemon_threads = allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.target, self.harm, self.framing = None, None, "length"
        self.seen = {}          # the target's whole reply, as it was sent
        self.arrived = None     # and the damaged one
        threading.Thread(target=self.serve_forever, daemon=True,
                         kwargs={"poll_interval": 0.05}).start()

    def handle_error(self, request, client_address):
        pass

    def body(self, method, path, query, body):
        at = f"{method} {path}"
        if at == "POST /w/_bulk":
            ops = [json.loads(x) for x in body.splitlines()]
            return text({"took": 3, "errors": False, "items": [
                {"index": {"_id": o["index"]["_id"], "status": 201,
                           "result": "created"}}
                for o in ops if "index" in o and "_id" in o["index"]]})
        if at == "POST /_search":
            return self.search(json.loads(body))
        if path == "/list":
            n = int(query.get("page", ["0"])[0])
            more = {"next": f"{self.url}/list?page={n + 1}"} if n < 2 else {}
            return text({"list": [{"id": f"{n}{i}"} for i in "ab"], **more})
        return {
            "GET /": text({"version": {"number": "8.19.0"}}),
            "GET /w": text({"w": {"settings": {"index": {"uuid": "U1"}},
                                  "mappings": {"properties": PROPERTIES}}}),
            "GET /w/_settings": text({"w": {"settings": {"index": {
                "uuid": "U1", "max_result_window": "2"}}}}),
            "PUT /w/_mapping": text({"acknowledged": True}),
            "POST /w/_refresh": text({"_shards": {"failed": 0}}),
            "POST /w/_pit": text({"id": "p", "_shards": {"failed": 0}}),
            "DELETE /_pit": text({"succeeded": True}),
            "POST /token": text({"access_token": "t0k", "expires_in": 3600,
                                 "token_type": "Bearer"}),
            "GET /csv": b"id,t\n1,one\n2,two\n3,three\n",
            "GET /jsonl": b'{"id":1,"t":"one"}\n{"id":2,"t":"two"}\n',
            "GET /xml": b"<l><i id='1'>one</i><i id='2'>two</i></l>",
        }.get(at)

    @staticmethod
    def search(query):
        after = query.get("search_after", [""])[0]
        hits = [{"_id": i, "_source": {"_conn": {"id": i, "source": "w",
                                                 "hash": HASH}}, "sort": [i]}
                for i in IDS if i > after][:query["size"]]
        return text({"pit_id": "p", "timed_out": False, "_shards": {
            "total": 1, "successful": 1, "skipped": 0, "failed": 0},
            "hits": {"total": {"value": len(IDS), "relation": "eq"},
                     "hits": hits}})

    def reply(self, at, body):
        """The bytes that go out."""
        if body is None:
            return (b"HTTP/1.1 400 No\r\nContent-Length: 2\r\n"
                    b"Connection: close\r\n\r\n{}")
        body = packed(body, self.framing)
        if at == self.target:
            self.seen[self.framing] = framed(at, body, self.framing)
            if self.harm is not None:
                self.arrived = damaged(at, body, self.framing, *self.harm)
                return self.arrived
        return framed(at, body, self.framing)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().decode()
        if not line:
            return
        method, url, _ = line.split()
        size = 0
        for header in iter(self.rfile.readline, b"\r\n"):
            if not header:
                return
            name, _, value = header.decode().partition(":")
            if name.lower() == "content-length":
                size = int(value)
        body = self.rfile.read(size)
        url = urllib.parse.urlsplit(url)
        at = f"{method} {url.path}" + ("?" + url.query
                                       if url.path == "/list" and url.query
                                       else "")
        self.wfile.write(self.server.reply(at, self.server.body(
            method, url.path, urllib.parse.parse_qs(url.query), body)))


def packed(body, framing):
    return gzip.compress(body, mtime=0) if framing == "gzip" else body


def unpacked(body):
    z = zlib.decompressobj(31)
    try:
        out = z.decompress(body)
    except zlib.error:
        return None
    return out if z.eof and not z.unused_data else None


def framed(at, body, framing):
    kind = {"csv": "text/csv", "xml": "application/xml",
            "jsonl": "application/x-ndjson"}.get(at.rpartition("/")[2],
                                                 "application/json")
    head = (f"HTTP/1.1 200 OK\r\nConnection: close\r\n"
            f"Content-Type: {kind}\r\n")
    if framing == "length":
        head += f"Content-Length: {len(body)}\r\n"
    elif framing == "chunked":
        head += "Transfer-Encoding: chunked\r\n"
        body = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (
            body[:len(body) // 2], body[len(body) // 2:])) + b"0\r\n\r\n"
    elif framing == "gzip":
        head += "Content-Encoding: gzip\r\n"
    return head.encode() + b"\r\n" + body


def damaged(at, body, framing, way, where):
    if way == "short":
        return framed(at, body[:where], framing)
    whole = framed(at, body, framing)
    if way == "cut":
        return whole[:where]
    bits = bytearray(whole)
    bits[where // 8] ^= 1 << where % 8
    return bytes(bits)


def understood(raw):
    """Its body, as whoever reads HTTP has it; None: it is not one, or cut."""
    body = carried(raw)
    if body and b"\r\nContent-Encoding: gzip\r\n" in raw:
        return unpacked(body)
    return body


def carried(raw):
    head, sep, body = raw.partition(b"\r\n\r\n")
    if not sep or not re.match(rb"HTTP/1\.\d 2\d\d", head):
        return None
    fields = dict(line.lower().split(b": ", 1)
                  for line in head.split(b"\r\n")[1:] if b": " in line)
    if head[9:12] == b"204" and b"content-length" not in fields:
        return b""
    if fields.get(b"transfer-encoding") == b"chunked":
        out = b""
        while True:
            size, sep, body = body.partition(b"\r\n")
            if not sep or not re.fullmatch(rb"[0-9a-fA-F]+", size):
                return None
            n = int(size, 16)
            # the last one needs no trailer
            if n == 0:
                return out
            if body[n:n + 2] != b"\r\n":
                return None
            out, body = out + body[:n], body[n + 2:]
    if b"content-length" in fields:
        if not fields[b"content-length"].isdigit():
            return None
        n = int(fields[b"content-length"])
        return body[:n] if len(body) >= n else None
    return body


def means(body):
    """What of a JSON reply counts."""
    value = json.loads(body)
    for item in value.get("items", ()):
        for result in item.values():
            if 200 <= result["status"] < 300:
                result["status"] = 200
    for k in "took", "expires_in":
        value.pop(k, None)
    for k in "value",:
        value.pop(k, None)
    return value


SOURCE = {"type": "keyword"}
PROPERTIES = {"_conn": {"properties": {k: SOURCE for k in (
    "id", "source", "hash")}}, "_stream": SOURCE,
    "_timestamp": {"type": "date", "ignore_malformed": True}}

# name: (config, the program, the replies)
CASES = {
    "bulk": ("es.yml", ["conn-bulk", "es.yml"],
             ["POST /w/_bulk", "GET /w/_settings"]),
    "list": ("es.yml", ["conn-slim", "-I", "es.yml"],
             ["POST /_search", "POST /w/_refresh", "POST /w/_pit",
              "GET /w/_settings"]),
    "pages": ("pages.yml", ["conn-load", "pages.yml"],
              ["GET /list", "GET /list?page=1", "GET /list?page=2"]),
    "token": ("token.yml", ["conn-load", "token.yml"], ["POST /token"]),
    "csv": ("csv.yml", ["conn-load", "csv.yml"], ["GET /csv"]),
    "jsonl": ("jsonl.yml", ["conn-load", "jsonl.yml"], ["GET /jsonl"]),
    "xml": ("xml.yml", ["conn-load", "xml.yml"], ["GET /xml"]),
}


class Part:
    NAME = "replies"

    def __init__(self):
        self.server, self.silent, self.targets = Server(), 0, {}
        os.mkdir("docs")
        for name, more, auth in (
                ("list", PAGED, ""), ("token", PAGED, OAUTH),
                ("csv", "id: .id", ""), ("jsonl", "id: .id", ""),
                ("xml", 'items: .l.i[]\n      id: ."@id"', "")):
            config = REST.format(url=self.server.url, more=more, auth=auth,
                                 path={"token": "list"}.get(name, name))
            config = config.replace("URL/", self.server.url + "/").replace(
                "  rate: none\n", "")
            self.config({"list": "pages"}.get(name, name), config)
        self.config("es", ES.format(url=self.server.url))
        write("in", mkstream("load", [
            {"_id": i, "title": "t"} for i in IDS] +
            [{"_ctl": "state", "stream": "s", "value": {"a": 1}}]).replace(
            f"sqlite:{os.getcwd()}/state/w.db".encode(),
            f"elasticsearch:{self.server.url}/w".encode()))
        self.whole = {}
        for case, (_, _, targets) in CASES.items():
            for target in targets:
                for framing in FRAMINGS + (
                        PACKED if case not in ("bulk", "list") else ()):
                    self.prepare(case, target, framing)

    @staticmethod
    def config(name, data):
        write(f"{name}.yml", data.encode())
        os.chmod(f"{name}.yml", 0o600)

    def prepare(self, case, target, framing):
        self.aim(target, framing, None)
        ok, what = self.run(case)
        if not ok or framing not in self.server.seen:
            raise SystemExit(f"{case}, {target}, {framing}: {said()}")
        self.whole[case] = what
        self.targets[case, target, framing] = self.server.seen.pop(framing)

    def aim(self, target, framing, harm):
        self.server.target, self.server.framing = target, framing
        self.server.harm = harm

    def run(self, case):
        """Does it say that it succeeded? And what it gave."""
        for folder in "state", "clean":
            if os.path.exists(f"{folder}/w.state"):
                os.unlink(f"{folder}/w.state")
        self.status = run([(CASES[case][1], "in" if case == "bulk" else None,
                            "out")])
        if case == "bulk":
            stored = os.path.exists("state/w.state")
            streams = stored and json.loads(read("state/w.state"))["streams"]
            if (self.status == 0) != bool(streams):
                raise Violation(f"status {self.status}, state {streams}")
            return self.status == 0, streams
        recs = records(read("out"))
        end = recs[-1]
        if end["complete"] and self.status not in (0, 1):
            raise Violation(f"complete, status {self.status}")
        return end["complete"], [r for r in recs if "_ctl" not in r]

    def more(self):
        return f", {self.silent} not to be noticed"

    def points(self):
        out = {}
        for (case, target, framing), raw in self.targets.items():
            head = raw.index(b"\r\n\r\n") + 4
            bits = [8 * at + bit for m in [*LENGTHS.finditer(raw),
                                           *COUNTS.finditer(raw, head)]
                    for at in range(*m.span()) for bit in range(8)]
            for way, places in (("cut", range(len(raw))), ("short", range(
                    len(raw) - head)), ("flip", bits)):
                if way == "short" and framing == "chunked":
                    continue
                out[case, target, framing, way] = [
                    f"{case}, {target}, {framing}: {way} {at}"
                    for at in places]
        return out

    def point(self, text):
        names, _, which = text.partition(": ")
        case, target, framing = names.split(", ")
        way, at = which.split()
        self.aim(target, framing, (way, int(at)))
        self.server.arrived = None
        ok, what = self.run(case)
        if not ok:
            if self.status == 0:
                raise Violation("status 0, not complete")
            return
        self.judge(case, self.targets[case, target, framing], what)

    def judge(self, case, whole, what):
        arrived = understood(self.server.arrived)
        if case == "bulk":
            if arrived is None or means(arrived) != means(
                    understood(whole)):
                raise Violation(f"a state, by {arrived}")
        elif what != self.whole[case]:
            if arrived != b"" and (case not in ("csv", "jsonl") or
                                   arrived is None):
                raise Violation(f"complete with {what} by {arrived}")
            self.silent += 1

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fake-es.py [--tls CERT KEY [--clients CA]] [--jitter S] [--aws JSON] PLAN LOG

An Elasticsearch that answers as told; with --jitter each bulk request is
looked at some time, up to S seconds, after it came.

Prints its URL, then serves one index in memory, correctly, but for what PLAN
says: JSON objects, used up one by one by the requests that fit. With --aws it
answers only what is signed so: region, service, key, secret, token, and
offset, the seconds that its clock is ahead.
LOG gets one JSON object a request: method, path, query, headers, body and its
bytes, and how many bulk requests were under way when it came (together).

An object of the plan:
  on       "METHOD PATH" (default "POST /wiki/_bulk"); * at its end: any rest
  times    it stands for so many requests (default 1; 0: for all that come)
  if_has   only for a request whose body holds this text
  if_over  only for a request whose body has more bytes
  if_together  only if more bulk requests are under way
  status headers type body      the reply; body is text or JSON
  of a bulk request that is answered as it should be, but for:
  items    {ID: item}: these items instead, the documents stay as they were;
           a list: one after the other, null for a correct one
  edit     drop, double, swap, foreign, kind, empty, extra: of the items
  set      members that replace those of a correct reply (also of a search)
  pad      so many spaces before the body
  chop     the body ends after so many bytes; Content-Length is true
  cut      the connection ends after so many bytes of it
  reset    the connection is reset: before (nothing was done) or after
  alter    a byte of the body is changed on its way
  wait     seconds before the reply"""
import argparse
import gzip
import http.server
import json
import os
import random
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

import sigv4

JSON = "application/json; charset=UTF-8"


def error(kind, status, reason="because"):
    e = {"type": kind, "reason": reason}
    return {"error": dict(e, root_cause=[e]), "status": status}


class Index:
    """The documents, by id; the mapping; points in time."""

    def __init__(self):
        self.docs = {}
        self.exists = True
        self.mapping = {}
        self.settings = {"uuid": "U1"}
        self.pits = {}
        self.count = 0

    def make_id(self):
        self.count += 1
        return f"made{self.count}"


class Plan:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            text = f.read().lstrip()
        self.lines = []
        while text:
            line, end = json.JSONDecoder().raw_decode(text)
            self.lines.append(line)
            text = text[end:].lstrip()

    def take(self, method, path, body, together):
        for line in self.lines:
            on = line.get("on", "POST /wiki/_bulk")
            if on.endswith("*"):
                if not f"{method} {path}".startswith(on[:-1]):
                    continue
            elif on != f"{method} {path}":
                continue
            if line.get("if_has", "").encode() not in body:
                continue
            if len(body) <= line.get("if_over", -1):
                continue
            if together <= line.get("if_together", -1):
                continue
            times = line.get("times", 1)
            if times == 1:
                self.lines.remove(line)
            elif times > 1:
                line["times"] = times - 1
            return line
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    # ---- what a server does ----

    def bulk(self, line, body):
        items, rows = [], body.decode().split("\n")
        instead = line.get("items", {})
        if rows.pop() != "":
            return 400, error("illegal_argument_exception", 400)
        rows.reverse()
        while rows:
            action = json.loads(rows.pop())
            op, = action
            doc_id = action[op].get("_id") or self.server.index.make_id()
            doc = rows.pop() if op != "delete" else None
            given = instead.get(doc_id)
            if isinstance(given, list):
                given = given.pop(0) if given else None
            if given is None:
                given = self.apply(op, doc_id, doc)
            items.append({op: dict({"_id": doc_id}, **given)})
        items = self.edit(line.get("edit"), items)
        errors = any(x.get("error") for i in items for x in i.values())
        return 200, dict({"errors": errors, "items": items},
                         **line.get("set", {}))

    def apply(self, op, doc_id, doc):
        docs = self.server.index.docs
        known = doc_id in docs
        if op == "delete":
            docs.pop(doc_id, None)
            return {"_id": doc_id, "status": 200 if known else 404,
                    "result": "deleted" if known else "not_found"}
        if op == "update":
            return {"_id": doc_id, "status": 404,
                    "error": {"type": "document_missing_exception"}}
        docs[doc_id] = doc
        return {"_id": doc_id, "status": 200 if known else 201,
                "result": "updated" if known else "created"}

    @staticmethod
    def edit(what, items):
        if what == "drop":
            return items[:-1]
        if what == "double":
            return items + items[-1:]
        if what == "swap":
            return items[1:] + items[:1]
        if what == "foreign":
            op, = items[-1]
            return items[:-1] + [{op: dict(items[-1][op], _id="wiki:no")}]
        if what == "kind":
            op, = items[-1]
            other = "create" if op == "index" else "index"
            return items[:-1] + [{other: items[-1][op]}]
        if what == "empty":
            return items[:-1] + [{}]
        if what == "extra":
            return items[:-1] + [dict(items[-1], update={"_id": "x"})]
        return items

    def search(self, line, body):
        q = json.loads(body)
        ix = self.server.index
        docs = ix.pits.get(q["pit"]["id"])
        if docs is None:
            return 404, error("search_context_missing_exception", 404)
        ix.count += 1
        name = f"pit{ix.count}"     # another name each time
        ix.pits[name] = docs
        term = q["query"]["bool"]["filter"][0]["term"]["_conn.source"]
        found = sorted((d for d in docs.values()
                        if d["_conn"]["source"] == term),
                       key=lambda d: d["_conn"]["id"])
        hits = [{"_id": d["_conn"]["id"], "sort": [d["_conn"]["id"]],
                 "_source": {k: d[k] for k in ("_conn", "_timestamp")
                             if k in d}}
                for d in found
                if [d["_conn"]["id"]] > q.get("search_after", [""])]
        reply = {
            "pit_id": name, "timed_out": False,
            "_shards": {"total": 2, "successful": 2, "skipped": 0,
                        "failed": 0},
            "hits": {"total": {"value": len(found), "relation": "eq"},
                     "hits": hits[:q["size"]]}}
        for k, v in line.get("set", {}).items():
            where = reply
            *path, last = k.split(".")
            for p in path:
                where = where[p]
            where[last] = v
        return 200, reply

    def pit(self, way):
        ix = self.server.index
        ix.count += 1
        name = f"pit{ix.count}"
        ix.pits[name] = {k: json.loads(v) for k, v in ix.docs.items()}
        return 200, {way: name, "_shards": {"failed": 0}}

    def close_pit(self, body):
        name = json.loads(body)
        name = name.get("id") or name["pit_id"][0]
        ix = self.server.index
        closed = ix.pits.get(name)
        ix.pits = {k: v for k, v in ix.pits.items() if v is not closed}
        return 200, {"succeeded": True}

    def settings(self):
        ix = self.server.index
        if not ix.exists:
            return 404, error("index_not_found_exception", 404)
        return 200, {"wiki": {"settings": {"index": ix.settings},
                              "mappings": {"properties": ix.mapping}}}

    def create(self):
        ix = self.server.index
        ix.exists = True
        return 200, {"acknowledged": True}

    def merge(self, body):
        def into(have, more):
            for k, v in more.items():
                if isinstance(v, dict) and isinstance(have.get(k), dict):
                    into(have[k], v)
                else:
                    have[k] = v
        into(self.server.index.mapping, json.loads(body)["properties"])
        return 200, {"acknowledged": True}

    def put_docs(self, body):
        """All that the index holds; null: there is none."""
        docs = json.loads(body)
        ix = self.server.index
        ix.exists, ix.pits = docs is not None, {}
        ix.docs = {k: json.dumps(v) for k, v in (docs or {}).items()}
        return 200, {}

    def serve(self, method, path, line, body):
        if path.endswith("/_bulk"):
            return self.bulk(line, body)
        route = {
            "GET /": lambda: (200, {"version": {"number": "8.19.0"}}),
            "GET /wiki/_settings": self.settings,
            "GET /wiki": self.settings,
            "PUT /wiki": self.create,
            "PUT /wiki/_mapping": lambda: self.merge(body),
            "POST /wiki/_refresh":
                lambda: (200, {"_shards": {"failed": 0}}),
            "POST /wiki/_pit": lambda: self.pit("id"),
            "POST /wiki/_search/point_in_time": lambda: self.pit("pit_id"),
            "DELETE /_pit": lambda: self.close_pit(body),
            "DELETE /_search/point_in_time": lambda: self.close_pit(body),
            "POST /_search": lambda: self.search(line, body),
            # of the test, not of Elasticsearch
            "GET /docs": lambda: (200, {
                k: json.loads(v)
                for k, v in sorted(self.server.index.docs.items())}),
            "PUT /docs": lambda: self.put_docs(body),
            "GET /pits": lambda: (200, list(self.server.index.pits)),
        }.get(f"{method} {path}")
        if route is None:
            return 400, error("no_handler", 400)
        return route()

    # ---- HTTP ----

    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        plain = body
        if self.headers.get("Content-Encoding") == "gzip":
            plain = gzip.decompress(body)
        bulk = url.path.endswith("/_bulk")
        with self.server.lock:
            self.server.together += bulk
            self.record(url, plain)
        if bulk:
            time.sleep(self.server.random.uniform(0, self.server.jitter))
        with self.server.lock:
            line = self.server.plan.take(self.command, url.path, plain,
                                         self.server.together)
            self.server.together -= bulk
            time.sleep(line.get("wait", 0))
            if line.get("reset") == "before":
                self.reset()
                return
            fault = self.signature_fault(line, body)
            if fault:
                status, reply = 403, {"message": fault}
            elif "status" in line:
                status, reply = line["status"], line.get("body", "")
            else:
                status, reply = self.serve(self.command, url.path, line,
                                           plain)
                reply = line.get("body", reply)
            if line.get("reset") == "after":
                self.reset()
                return
            self.reply(line, status, reply)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def signature_fault(self, line, body):
        if self.server.aws is None or self.path in ("/docs", "/pits"):
            return None
        if line.get("alter"):
            body = bytes([body[0] ^ 1]) + body[1:]
        return self.server.aws.fault(
            self.command, self.path,
            {k.lower(): v for k, v in self.headers.items()}, body)

    def record(self, url, plain):
        if url.path in ("/docs", "/pits"):
            return
        self.server.log.write(json.dumps({
            "method": self.command, "path": url.path, "query": url.query,
            "headers": {k.lower(): v for k, v in self.headers.items()},
            "body": plain.decode(), "bytes": len(plain),
            "together": self.server.together}) + "\n")
        self.server.log.flush()

    def reply(self, line, status, reply):
        if not isinstance(reply, str):
            reply = json.dumps(reply, ensure_ascii=False,
                               separators=(",", ":"))
        data = b" " * line.get("pad", 0) + reply.encode()
        if "chop" in line:
            data = data[:line["chop"]]
        if status == 204:
            data = b""
        self.send_response(status)
        self.send_header("Content-Type", line.get("type", JSON))
        self.send_header("Content-Length", str(len(data)))
        for k, v in line.get("headers", {}).items():
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(data[:line.get("cut", len(data))])
        if "cut" in line:
            self.close_connection = True

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        self.wfile = self.rfile = open("/dev/null", "r+b", buffering=0)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    together = 0
    random = random.Random(7)
    parent = os.getppid()

    def service_actions(self):
        if os.getppid() != self.parent:     # the test died
            sys.exit(0)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def context_of(args):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*args.tls)
    if args.clients:
        context.verify_mode = ssl.CERT_REQUIRED
        # 1.3 says that it wants one after the client is done: a race
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(args.clients)
    return context


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--tls", nargs=2)
    options.add_argument("--clients")
    options.add_argument("--jitter", type=float, default=0)
    options.add_argument("--aws", type=json.loads)
    options.add_argument("plan")
    options.add_argument("log")
    args = options.parse_args()
    server = Server(("127.0.0.1", 0), Handler)
    server.plan, server.index = Plan(args.plan), Index()
    server.lock, server.jitter = threading.Lock(), args.jitter
    server.aws = sigv4.Verifier(**args.aws) if args.aws else None
    with open(args.log, "a", encoding="utf-8") as server.log:
        if args.tls:
            server.socket = context_of(args).wrap_socket(
                server.socket, server_side=True)
        print(f"http{'s' if args.tls else ''}://127.0.0.1:"
              f"{server.server_address[1]}", flush=True)
        server.serve_forever()


main()

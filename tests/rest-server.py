#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rest-server.py PLAN LOG

An API that answers as told. Prints its URL, then looks into PLAN for each
request: JSON objects, of which the first that fits answers.

  on       "GET /path" (* at its end: any rest)
  query    only if the request has these parameters; null: not that one
  has      only if its body holds this text
  header   only if it has these headers; null: not that one
  times    it stands for so many requests (default 0: all)
  status headers body      the reply; $URL in it is ours, body text or JSON
  type     its Content-Type (default application/json)
  echo     the body is the request: true: as JSON; "raw": as text
  cut      the connection ends after so many bytes of the body
  hang     the reply waits until the file of this name is there

A request that nothing fits gets 501, which no connector takes for an end.
LOG gets one JSON object a request: method, path, query, headers, body."""
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse


class Plan:
    """Lines that were used up stay so, as long as they stand in the file."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.used = {}

    def lines(self):
        with open(self.path, encoding="utf-8") as f:
            text = f.read().strip()
        while text:
            line, end = json.JSONDecoder().raw_decode(text)
            yield line, text[:end]
            text = text[end:].strip()

    def take(self, request):
        with self.lock:
            for line, text in self.lines():
                if not fits(line, request):
                    continue
                n = self.used.get(text, 0)
                if line.get("times", 0) and n >= line["times"]:
                    continue
                self.used[text] = n + 1
                return line
        return {"status": 501, "body": {"error": "not in the plan"}}


def has_all(wanted, there):
    return all(there.get(k) == v for k, v in wanted.items())


def fits(line, request):
    on, at = line["on"], f"{request['method']} {request['path']}"
    if at != on and not (on.endswith("*") and at.startswith(on[:-1])):
        return False
    if line.get("has", "") not in request["body"]:
        return False
    return has_all(line.get("query", {}), request["query"]) and \
        has_all(line.get("header", {}), request["headers"])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def read(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        size = int(self.headers.get("Content-Length") or 0)
        return {
            "method": self.command, "path": url.path,
            "query": {k: v[0] if len(v) == 1 else v
                      for k, v in query.items()},
            "headers": {k.lower(): v for k, v in self.headers.items()},
            "body": self.rfile.read(size).decode()}

    def reply(self, line, request):
        body = line.get("body", "")
        if "echo" in line:
            body = {"message": json.dumps(request), **request}
        if line.get("echo") == "raw":
            body = "\n".join([self.requestline, str(self.headers),
                              request["body"]])
        text = body if isinstance(body, str) else json.dumps(body)
        data = text.replace("$URL", self.server.url).encode()
        status = line.get("status", 200)
        while "hang" in line and not os.path.exists(line["hang"]):
            time.sleep(0.02)
        headers = dict(line.get("headers", {}))
        self.send_response_only(status)
        if "Date" not in headers:
            headers["Date"] = self.date_time_string()
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value.replace(
                    "$URL", self.server.url))
        self.send_header("Content-Type", line.get("type", "application/json"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:line.get("cut", len(data))])
        self.close_connection = "cut" in line

    def do(self):
        request = self.read()
        with self.server.lock, open(self.server.log, "a") as f:
            f.write(json.dumps(request) + "\n")
        self.reply(self.server.plan.take(request), request)

    do_GET = do_POST = do_PUT = do_DELETE = do


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, plan, log):
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan, self.log = Plan(plan), log
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        pass


def main():
    server = Server(*sys.argv[1:])
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

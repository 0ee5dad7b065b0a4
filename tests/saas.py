# SPDX-License-Identifier: MIT
"""A service that nobody can install, played as its documentation says: what
the programs tests/PRODUCT-server.py have in common.

PRODUCT-server.py DATA LOG prints its URL. What it has is the JSON file DATA
at the moment; answers, pages and errors are those documented, pages are of
two items, and what the service would refuse is refused: another token, a
parameter that it does not have, a page that is too large.

DATA.faults is a list of {on: "METHOD PATH", has, times, status, headers,
body}: that answer, so many times (default: always), to a request whose query
or body has that text. LOG gets a line of JSON a request: method, path,
query, body."""
import http.server
import json
import re
import sys
import threading
import urllib.parse

SIZE = 2


class Refused(Exception):
    def __init__(self, status, code, message=""):
        super().__init__(message)
        self.status, self.code = status, code


class Service(http.server.BaseHTTPRequestHandler):
    """A product has check(), which raises Refused; routes(), a mapping of
    patterns of "METHOD PATH" to functions of their groups, which give the
    reply (JSON; bytes and their type) or raise Refused; and error(Refused),
    the status and the reply."""
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def fault(self, text):
        for i, f in enumerate(self.data.get("faults", [])):
            if f["on"] != f"{self.command} {self.at}" or \
                    f.get("has", "") not in text:
                continue
            used = self.server.used.get(i, 0)
            if "times" not in f or used < f["times"]:
                self.server.used[i] = used + 1
                return f
        return None

    def read(self):
        url = urllib.parse.urlsplit(self.path)
        self.at = urllib.parse.unquote(url.path)
        self.query = dict(urllib.parse.parse_qsl(
            url.query, keep_blank_values=True))
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode()
        self.body = json.loads(body) if body[:1] == "{" else \
            dict(urllib.parse.parse_qsl(body))
        with self.server.lock:
            with open(self.server.log, "a", encoding="utf-8") as f:
                print(json.dumps({"method": self.command, "path": self.at,
                                  "query": self.query, "body": self.body}),
                      file=f)
            with open(self.server.data, encoding="utf-8") as f:
                self.data = json.load(f)
            return self.fault(url.query + body)

    def answer(self):
        self.check()
        for pattern, call in self.routes().items():
            m = re.fullmatch(pattern, f"{self.command} {self.at}")
            if m:
                return call(*m.groups())
        raise Refused(404, "no route", f"{self.command} {self.at}")

    def handle_request(self):
        fault = self.read()
        self.extra = {}
        try:
            if fault:
                status = fault.get("status", 200)
                reply, self.extra = fault["body"], fault.get("headers", {})
            else:
                status, reply = 200, self.answer()
        except Refused as e:
            status, reply = self.error(e)
        data, kind = reply if isinstance(reply, tuple) else (
            json.dumps(reply).encode(), "application/json; charset=utf-8")
        self.send_response(status)
        for name, value in self.extra.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = handle_request

    def only(self, *known):
        """Refuses a parameter of the query that is none of these."""
        for key in self.query:
            if key not in known:
                raise Refused(400, "unknown parameter", key)

    def number(self, name, default, low, high):
        text = self.query.get(name, str(default))
        if not re.fullmatch(r"\d+", text) or not low <= int(text) <= high:
            raise Refused(400, "out of range", f"{name}={text}")
        return int(text)

    def find(self, items, number):
        for item in items:
            if str(item["id"]) == number:
                return item
        raise Refused(404, "not found")


def serve(product):
    data, log = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), product)
    server.daemon_threads = True
    server.data, server.log, server.used = data, log, {}
    server.lock = threading.Lock()
    server.url = f"http://127.0.0.1:{server.server_port}"
    print(server.url, flush=True)
    server.serve_forever()

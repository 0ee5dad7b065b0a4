#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flakyproxy.py URL LOG: passes requests on to the web server at URL, but for
one in 50, of which in turn one is answered with 429, one with 500, one breaks
in the middle of its answer, and one stands still there for two seconds. Prints
its own URL; LOG gets a line for each of these."""
import http.client
import http.server
import itertools
import sys
import threading
import time
import urllib.parse

EVERY, FAULTS = 50, ("429", "500", "cut", "slow")
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}

backend = urllib.parse.urlsplit(sys.argv[1])
count = itertools.count(1)
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def fault(self):
        """The fault of this request, or None."""
        with lock:
            n = next(count)
            if n % EVERY:
                return None
            name = FAULTS[n // EVERY % len(FAULTS)]
            with open(sys.argv[2], "a", encoding="utf-8") as log:
                log.write(f"{name} {self.command} {self.path}\n")
        return name

    def refuse(self, status):
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def ask(self, body):
        server = http.client.HTTPConnection(backend.netloc, timeout=600)
        try:
            headers = {k: v for k, v in self.headers.items()
                       if k.lower() not in HOP}
            server.request(self.command, self.path, body, headers)
            answer = server.getresponse()
            return answer, answer.read()
        finally:
            server.close()

    def pass_on(self, answer, body, fault):
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2 if fault else len(body)
        self.wfile.write(body[:half])
        self.wfile.flush()
        if fault == "cut":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(2)
        self.wfile.write(body[half:])

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.fault()
        try:
            if fault in ("429", "500"):
                self.refuse(int(fault))
            else:
                self.pass_on(*self.ask(body or None), fault)
        except (OSError, http.client.HTTPException):
            self.close_connection = True

    do_POST = do_GET


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fetch-server SCRIPT: an HTTP server that answers as the JSON file SCRIPT
says, {PATH: ANSWER or [ANSWER...]}: one after the other, the last one for
ever. The file is read for each request. An ANSWER is an object:
  status, headers ({NAME: VALUE} or [[NAME, VALUE]...]), body (text or JSON)
  zip    gzip or deflate: the body is sent so
  size   the body is that many zeroes
  cut    so many bytes of the body are sent, then the connection ends
  short  so many bytes of what is sent are the body, and its length says so
  raw    all that is sent, status line and headers too
  delay  seconds before it
  clock  seconds that the server's clock is ahead; no: no Date
  need   {NAME: VALUE}: without these headers the answer is 401
  echo   the body is the request
  aws    [REGION, SERVICE, KEY, SECRET, TOKEN]: without a signature of that
         the answer is 403
  jwt    {key: FILE, claims: {NAME: VALUE}}: without an assertion in the form
         that this public key signed and that claims so the answer is 400
Writes its URL into `url`, a JSON line a request into `log`."""
import base64
import gzip
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import zlib
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import sigv4

lock = threading.Lock()
counts = {}
under_way = 0


def choose(path):
    with open(sys.argv[1]) as f:
        script = json.load(f)
    answer = script.get(path, script.get(path.split("?")[0],
                                         {"status": 404, "body": "none"}))
    if isinstance(answer, list):
        n = counts.get(path, 0)
        counts[path] = n + 1
        answer = answer[min(n, len(answer) - 1)]
    return answer


def packed(body, how):
    if how == "gzip":
        return gzip.compress(body)
    return zlib.compress(body) if how == "deflate" else body


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwt_fault(a, body):
    """None, or why the assertion is refused."""
    form = dict(urllib.parse.parse_qsl(body))
    head, claims, signature = form.get("assertion", "..").split(".")
    with open("jwt.signature", "wb") as f:
        f.write(unpadded(signature))
    good = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", a["jwt"]["key"],
         "-signature", "jwt.signature"], stdout=subprocess.DEVNULL,
        input=f"{head}.{claims}".encode()).returncode == 0
    if not good or json.loads(unpadded(head))["alg"] != "RS256":
        return "bad signature"
    claims = json.loads(unpadded(claims))
    now = time.time() + a.get("clock", 0)
    if claims["iat"] > now + 1 or claims["exp"] <= now:
        return "not valid now"
    wrong = [k for k, v in a["jwt"]["claims"].items() if claims.get(k) != v]
    return f"claims {wrong}" if wrong else None


def aws_fault(a, entry):
    region, service, key, secret, token = a["aws"]
    verifier = sigv4.Verifier(region, service, key, secret, token,
                              a.get("clock", 0))
    return verifier.fault(entry["method"], entry["path"], entry["headers"],
                          entry["body"].encode())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, body):
        entry = {"method": self.command, "path": self.path, "body": body,
                 "time": time.time(), "under_way": under_way,
                 "headers": {k.lower(): v for k, v in self.headers.items()}}
        with open("log", "a") as f:
            f.write(json.dumps(entry) + "\n")
        return entry

    def answer(self):
        global under_way
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode("utf-8", "replace")
        with lock:
            under_way += 1
            entry = self.note(body)
            a = choose(self.path)
        for name, value in a.get("need", {}).items():
            if self.headers.get(name) != value:
                a = {"status": 401, "body": {"error": "unauthorized"}}
                break
        if "aws" in a and (why := aws_fault(a, entry)):
            a = {"status": 403, "body": why, "clock": a.get("clock", 0)}
        if "jwt" in a and (why := jwt_fault(a, body)):
            a = {"status": 400, "clock": a.get("clock", 0), "body": {
                "error": "invalid_grant", "error_description": why}}
        time.sleep(a.get("delay", 0))
        with lock:
            under_way -= 1
        self.give(a, entry)

    def give(self, a, entry):
        if "raw" in a:
            self.wfile.write(a["raw"].encode())
            self.close_connection = True
            return
        body = a.get("body", {})
        if a.get("echo"):
            body = entry
        if not isinstance(body, str):
            body = json.dumps(body)
        body = body.encode()
        if "size" in a:
            body = bytes(a["size"])
        body = packed(body, a.get("zip"))
        body = body[:a.get("short", len(body))]
        headers = a.get("headers", {})
        if isinstance(headers, dict):
            headers = list(headers.items())
        self.send_response_only(a.get("status", 200))
        if a.get("clock") != "no":
            self.send_header("Date", formatdate(
                time.time() + a.get("clock", 0), usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        if a.get("zip"):
            self.send_header("Content-Encoding", a["zip"])
        if not any(k.lower() == "content-type" for k, _ in headers):
            self.send_header("Content-Type", "application/json")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:a.get("cut", len(body))])
        if "cut" in a:
            self.close_connection = True

    do_GET = do_POST = do_PUT = answer


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with open("url.new", "w") as f:
        f.write("http://127.0.0.1:%d" % server.server_address[1])
    os.rename("url.new", "url")
    server.serve_forever()


main()

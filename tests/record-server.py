#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""record-server.py COMMAND...: a service that wants a token, behind UPSTREAM_URL of the
command; its exit status is the command's."""
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse

TOKEN = "Bearer t0ken/with+signs"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, value, **headers):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Set-Cookie", "session=c00kie")
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        n = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(n)
        u = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(u.query))
        me = f"http://{self.headers['Host']}"
        if u.path == "/token":
            self.say(200, {"access_token": "fresh-t0ken", "expires_in": 60})
        elif self.headers.get("Authorization") != TOKEN:
            self.say(401, {"error": "who are you"})
        elif u.path == "/pages":
            page = int(query.get("page", 1))
            link = {"Link": f'<{me}/pages?limit=2&page={page + 1}>; rel="next"'}
            self.say(200, [{"id": page * 10 + i, "url": f"{me}/p/{i}"}
                           for i in range(2)], **(link if page < 3 else {}))
        elif u.path == "/search":
            self.say(200, {"asked": json.loads(body), "token":
                           self.headers["Authorization"]})
        else:
            self.say(404, {})

    do_GET = do_POST = handle_any


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}"
sys.exit(subprocess.run(sys.argv[1:],
                        env=dict(os.environ, UPSTREAM_URL=url)).returncode)

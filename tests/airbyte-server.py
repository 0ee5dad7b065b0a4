#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""airbyte-server.py DATA: a service of lists on a free port, whose URL is
printed. DATA, a file read anew for each request, is {PART: ITEMS or STATUS};
GET /items/PART?since=TIME gives {"items": [...]}, or that status."""
import http.server
import json
import sys
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        since = dict(urllib.parse.parse_qsl(url.query)).get("since", "")
        with open(sys.argv[1], encoding="utf-8") as f:
            part = json.load(f).get(url.path.split("/")[-1], 404)
        status = part if isinstance(part, int) else 200
        body = json.dumps({"items": [] if status != 200 else [
            i for i in part if i["updated_at"] >= since]}).encode()
        head = (f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")
        self.wfile.write(head.encode() + body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()

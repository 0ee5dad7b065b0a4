#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fake-list.py COUNT: an Elasticsearch that holds COUNT documents of wiki, for
listings longer than a test could fill a real one with. Prints its URL; ends
with its parent."""
import http.server
import json
import os
import sys
import threading
import time

COUNT = int(sys.argv[1])
HIT = ('{"_id":"wiki:%012d","_source":{"_conn":{"id":"wiki:%012d","source":'
       '"wiki","hash":"96ec82f1d3d126faf2e5126ab00c3afb"},"_timestamp":'
       '"2026-01-01T00:00:00Z"},"sort":["wiki:%012d"]}')
FIXED = {
    "/": '{"version":{"number":"8.19.0"}}',
    "/wiki/_settings":
        '{"wiki":{"settings":{"index":{"uuid":"U1"}}}}',
    "/wiki/_refresh": '{"_shards":{"failed":0}}',
    "/wiki/_pit": '{"id":"p"}',
    "/_pit": "{}",
}


def page(query):
    after = query.get("search_after")
    first = int(after[0][5:]) + 1 if after else 0
    hits = ",".join(HIT % (i, i, i) for i in range(
        first, min(first + query["size"], COUNT)))
    return ('{"pit_id":"p","timed_out":false,"_shards":{"total":1,'
            '"successful":1,"skipped":0,"failed":0},"hits":{"total":{"value":'
            f'{COUNT},"relation":"eq"}},"hits":[{hits}]}}}}')


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.split("?")[0]
        reply = (page(json.loads(body)) if path == "/_search" else
                 FIXED[path]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *args):
        pass


def main():
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.2)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rest-fakes.py PRODUCT DATA LOG

As much of an API as a connector reads: notion, confluence or github, with
what the JSON file DATA holds at the moment, in pages of two. Prints its URL.
LOG gets a line "METHOD PATH QUERY" for each request.

DATA: {"token": T, "pages": [...], "blocks": {ID: [...]}} (notion),
{"token": BASIC, "spaces": [...], "pages": [...], "comments": {ID: [...]},
"forbidden": [SPACE]} (confluence),
{"token": T, "issues": {REPO: [...]}, "comments": {NUMBER: [...]}} (github).
As each product does, an answer leaves out what was not asked for."""
import http.server
import json
import re
import sys
import urllib.parse

SIZE = 2


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Product(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    scheme = "Bearer"

    def log_message(self, *args):
        pass

    def handle_request(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        self.body = json.loads(body) if body else {}
        with open(self.server.log, "a", encoding="utf-8") as f:
            f.write(f"{self.command} {url.path} {url.query}\n")
        with open(self.server.data, encoding="utf-8") as f:
            self.data = json.load(f)
        self.extra = {}
        try:
            if self.headers.get("Authorization") != \
                    f"{self.scheme} {self.data['token']}":
                raise Refused(401, "who are you")
            status, reply = 200, self.answer(urllib.parse.unquote(url.path))
        except Refused as e:
            status, reply = e.status, {"message": str(e)}
        self.reply(status, json.dumps(reply).encode())

    do_GET = do_POST = handle_request

    def reply(self, status, data):
        self.send_response(status)
        for name, value in self.extra.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def find(self, items, key, value):
        for item in items:
            if str(item[key]) == value:
                return item
        raise Refused(404, "not found")


class Notion(Product):
    def page(self, items, cursor):
        at = int(cursor or 0)
        more = at + SIZE < len(items)
        return {"results": items[at:at + SIZE], "has_more": more,
                "next_cursor": str(at + SIZE) if more else None}

    def answer(self, path):
        if "Notion-Version" not in self.headers:
            raise Refused(400, "no version")
        if path == "/search" and self.command == "POST":
            if self.body["filter"] != {"property": "object", "value": "page"}:
                raise Refused(400, "filter")
            newest = sorted(self.data["pages"], reverse=True,
                            key=lambda p: p["last_edited_time"])
            return self.page(newest, self.body.get("start_cursor"))
        m = re.fullmatch(r"/blocks/([^/]+)/children", path)
        if m:
            if m[1] not in self.data["blocks"]:
                raise Refused(404, "no such block")
            return self.page(self.data["blocks"][m[1]],
                             self.query.get("start_cursor"))
        m = re.fullmatch(r"/pages/([^/]+)", path)
        if m:
            return self.find(self.data["pages"], "id", m[1])
        raise Refused(404, path)


class Confluence(Product):
    scheme = "Basic"

    def page(self, items):
        at = int(self.query.get("start", 0))
        links = {}
        if at + SIZE < len(items):
            query = urllib.parse.urlencode(
                dict(self.query, start=at + SIZE))
            links["next"] = f"{self.path.split('?')[0]}?{query}"
        return {"results": [self.expanded(i) for i in items[at:at + SIZE]],
                "_links": links}

    def expanded(self, item):
        """Without what was not asked for."""
        wanted = self.query.get("expand", "").split(",")
        out = {k: v for k, v in item.items() if k in (
            "id", "key", "type", "title", "_links") or k in wanted}
        if "body" in item and "body.storage" in wanted:
            out["body"] = item["body"]
        if "metadata" in item and "metadata.labels" in wanted:
            out["metadata"] = item["metadata"]
        return out

    def answer(self, path):
        path = path.removeprefix("/rest/api")
        if path == "/space":
            return self.page(self.data["spaces"])
        if path == "/content":
            space = self.query["spaceKey"]
            if space in self.data["forbidden"]:
                raise Refused(403, "no permission")
            return self.page([p for p in self.data["pages"]
                              if p["space"]["key"] == space])
        if path == "/content/search":
            m = re.fullmatch(r'type=page and lastmodified >= "(.{16})"',
                             self.query["cql"])
            if not m:
                raise Refused(400, "cql")
            since = m[1].replace(" ", "T")
            return self.page([p for p in self.data["pages"]
                              if p["version"]["when"][:16] >= since])
        m = re.fullmatch(r"/content/(\d+)/child/comment", path)
        if m:
            return self.page(self.data["comments"].get(m[1], []))
        m = re.fullmatch(r"/content/(\d+)", path)
        if m:
            return self.expanded(self.find(self.data["pages"], "id", m[1]))
        raise Refused(404, path)


class Github(Product):
    def page(self, items):
        at = int(self.query.get("page", 1))
        if at * SIZE < len(items):
            query = urllib.parse.urlencode(dict(self.query, page=at + 1))
            self.extra["Link"] = (
                f'<{self.server.url}{self.path.split("?")[0]}?{query}>; '
                'rel="next"')
        return items[(at - 1) * SIZE:at * SIZE]

    def answer(self, path):
        m = re.fullmatch(r"/repos/([^/]+/[^/]+)/issues(/(\d+)(/comments)?)?",
                         path)
        if not m or m[1] not in self.data["issues"]:
            raise Refused(404, "not found")
        issues = [dict(i, comments_url=f"{self.server.url}/repos/{m[1]}"
                       f"/issues/{i['number']}/comments")
                  for i in self.data["issues"][m[1]]]
        if m[4]:
            return self.page(self.data["comments"].get(m[3], []))
        if m[3]:
            return self.find(issues, "number", m[3])
        if self.query["state"] != "all":
            issues = [i for i in issues if i["state"] == "open"]
        since = self.query.get("since", "")
        return self.page([i for i in issues if i["updated_at"] >= since])


def main():
    products = {"notion": Notion, "confluence": Confluence,
                "github": Github}
    product, data, log = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                             products[product])
    server.daemon_threads = True
    server.data, server.log = data, log
    server.url = f"http://127.0.0.1:{server.server_port}"
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

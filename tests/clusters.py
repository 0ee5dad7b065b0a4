# SPDX-License-Identifier: MIT
"""Clusters whose documents a sweep sees and sets: that of fake-es.py, and a
real one. Of an index {id: document} as JSON; nothing: there is none."""
import json
import urllib.error
import urllib.request


def ask(url, method="GET", data=None, kind="application/json"):
    with urllib.request.urlopen(urllib.request.Request(
            url, data, {"Content-Type": kind}, method=method)) as reply:
        return reply.read()


class Fake:
    name = "wiki"

    def __init__(self, url):
        self.url = url

    def docs(self):
        return ask(f"{self.url}/docs")

    def put(self, docs):
        ask(f"{self.url}/docs", "PUT", docs or b"null")


class Real:
    """An index is never deleted but to be none: its id is in the state."""

    def __init__(self, url, name):
        self.url, self.name = url, name
        self.index = f"{url}/{name}"

    def docs(self):
        try:
            ask(f"{self.index}/_refresh", "POST")
        except urllib.error.HTTPError as e:
            if e.code != 404:
                raise
            return b""
        found = json.loads(ask(f"{self.index}/_search?size=10000"))["hits"]
        return json.dumps({h["_id"]: h["_source"] for h in sorted(
            found["hits"], key=lambda h: h["_id"])}).encode()

    def put(self, docs):
        if not docs:
            ask(f"{self.index}?ignore_unavailable=true", "DELETE")
            return
        wanted = json.loads(docs)
        extra = json.loads(self.docs()).keys() - wanted.keys()
        orders = [{"delete": {"_id": i}} for i in extra]
        for doc_id, doc in wanted.items():
            orders += {"index": {"_id": doc_id}}, doc
        if orders:
            lines = "".join(json.dumps(o) + "\n" for o in orders)
            reply = ask(f"{self.index}/_bulk", "POST", lines.encode(),
                        "application/x-ndjson")
            assert not json.loads(reply)["errors"], reply

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Notion, as developers.notion.com documents it, version 2026-03-11:
reference/ intro, status-codes, request-limits, post-search,
query-a-data-source, get-block-children, retrieve-a-page,
retrieve-a-data-source, list-comments, get-users; and the guides
upgrade-guide-2026-03-11 and query-large-data-sources. See saas.py."""
import re

import saas
from saas import Refused


class Notion(saas.Service):
    def error(self, e):
        if e.code == "no route":
            return 400, {"object": "error", "status": 400,
                         "code": "invalid_request_url",
                         "message": "Invalid request URL."}
        return e.status, {"object": "error", "status": e.status,
                          "code": e.code, "message": str(e)}

    def check(self):
        if self.headers.get("Authorization") != \
                f"Bearer {self.data['token']}":
            raise Refused(401, "unauthorized", "API token is invalid.")
        if self.headers.get("Notion-Version") != "2026-03-11":
            raise Refused(400, "missing_version", "Notion-Version header")

    def params(self, given, *known):
        for key in given:
            if key not in known + ("page_size", "start_cursor"):
                raise Refused(400, "validation_error",
                              f"{key} should be not present")
        if not 1 <= int(given.get("page_size", 100)) <= 100:
            raise Refused(400, "validation_error",
                          "page_size should be <= 100")

    def page(self, items, given, size=saas.SIZE, limit=0):
        at = given.get("start_cursor", "c0")
        if not re.fullmatch(r"c\d+", at):
            raise Refused(400, "validation_error", "start_cursor")
        at = int(at[1:])
        cut = limit and len(items) > limit
        items = items[:limit] if cut else items
        more = at + size < len(items)
        reply = {"object": "list", "results": items[at:at + size],
                 "has_more": more,
                 "next_cursor": f"c{at + size}" if more else None}
        if cut:
            reply["request_status"] = {
                "type": "incomplete",
                "incomplete_reason": "query_result_limit_reached"}
        return reply

    def search(self):
        b = self.body
        self.params(b, "query", "sort", "filter")
        if b["filter"].get("property") != "object" or \
                b["filter"].get("value") not in ("page", "data_source"):
            raise Refused(400, "validation_error", "filter")
        if b["sort"].get("timestamp") != "last_edited_time":
            raise Refused(400, "validation_error", "sort")
        found = [o for o in self.data["objects"]
                 if o["object"] == b["filter"]["value"]
                 and (not o["in_trash"] or self.data.get("trash_found"))]
        found.sort(key=lambda o: o["last_edited_time"],
                   reverse=b["sort"]["direction"] == "descending")
        return self.page(found, b)

    def filtered(self, rows, conditions):
        for c in conditions:
            key = c["timestamp"]
            if set(c) != {"timestamp", key} or \
                    set(c[key]) != {"on_or_after"} or \
                    key not in ("created_time", "last_edited_time"):
                raise Refused(400, "validation_error", "filter")
            since = c[key]["on_or_after"][:19]
            rows = [r for r in rows if r[key][:19] >= since]
        return rows

    def rows(self, source):
        b = self.body
        self.params(b, "filter", "sorts", "result_type", "in_trash")
        self.object(source, "data_source")
        rows = [o for o in self.data["objects"] if not o["in_trash"] and
                o["parent"].get("data_source_id") == source]
        if b["sorts"] != [{"timestamp": "created_time",
                           "direction": "ascending"}]:
            raise Refused(400, "validation_error", "sorts")
        rows.sort(key=lambda r: r["created_time"])
        if "filter" in b:
            rows = self.filtered(rows, b["filter"]["and"])
        return self.page(rows, b, limit=self.data.get("limit", 10000))

    def object(self, wanted, kind):
        for o in self.data["objects"]:
            if o["object"] == kind and o["id"] == wanted:
                return o
        raise Refused(404, "object_not_found", f"Could not find {kind} with "
                      f"ID: {wanted}. Make sure the relevant pages and "
                      "databases are shared with your integration.")

    def children(self, block):
        self.params(self.query)
        if block not in self.data["blocks"] and \
                not any(o["id"] == block for o in self.data["objects"]):
            self.object(block, "block")
        return self.page(self.data["blocks"].get(block, []), self.query)

    def routes(self):
        return {
            r"POST /v1/search": self.search,
            r"POST /v1/data_sources/([^/]+)/query": self.rows,
            r"GET /v1/data_sources/([^/]+)":
                lambda i: self.object(i, "data_source"),
            r"GET /v1/pages/([^/]+)": lambda i: self.object(i, "page"),
            r"GET /v1/blocks/([^/]+)/children": self.children,
            r"GET /v1/comments": self.comments,
            r"GET /v1/users": self.users,
        }

    def comments(self):
        self.params(self.query, "block_id")
        return self.page([c for c in self.data.get("comments", [])
                          if c["parent"]["page_id"] ==
                          self.query["block_id"]], self.query)

    def users(self):
        self.params(self.query)
        return self.page(self.data["users"], self.query)


if __name__ == "__main__":
    saas.serve(Notion)

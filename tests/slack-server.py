#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Slack, as docs.slack.dev documents it: apis/web-api (errors),
apis/web-api/pagination, apis/web-api/rate-limits and reference/methods/:
auth.test, users.list, users.conversations, conversations.history,
conversations.replies. See saas.py."""
import re

import saas
from saas import Refused


class Slack(saas.Service):
    def error(self, e):
        if e.status == 404:
            return 200, {"ok": False, "error": "unknown_method"}
        return e.status, {"ok": False, "error": e.code}

    def check(self):
        if self.headers.get("Authorization") != \
                f"Bearer {self.data['token']}":
            raise Refused(200, "invalid_auth")

    def routes(self):
        return {
            r"GET /api/auth\.test": lambda: {
                "ok": True, "url": "https://acme.slack.example/",
                "team_id": "T1"},
            r"GET /api/users\.list": self.users,
            r"GET /api/users\.conversations": self.conversations,
            r"GET /api/conversations\.history": self.history,
            r"GET /api/conversations\.replies": self.replies,
        }

    def takes(self, *known):
        for key in self.query:
            if key not in known + ("limit", "cursor"):
                raise Refused(200, "invalid_arguments")

    def page(self, name, items, size=saas.SIZE):
        if not 1 <= int(self.query.get("limit", 100)) <= 999:
            raise Refused(200, "invalid_limit")
        cursor = self.query.get("cursor", "c0:")
        if not re.fullmatch(r"c\d+:", cursor):
            raise Refused(200, "invalid_cursor")
        at = int(cursor[1:-1])
        more = at + size < len(items)
        return {"ok": True, name: items[at:at + size], "has_more": more,
                "response_metadata":
                {"next_cursor": f"c{at + size}:" if more else ""}}

    def channel(self):
        for c in self.data["channels"]:
            if c["id"] == self.query.get("channel"):
                if not c["member"]:
                    raise Refused(200, "not_in_channel")
                return c
        raise Refused(200, "channel_not_found")

    def conversations(self):
        self.takes("types", "exclude_archived")
        types = self.query["types"].split(",")
        return self.page("channels", [
            {k: v for k, v in c.items() if k not in ("member", "messages")}
            for c in self.data["channels"] if c["member"]
            and ("private" if c["is_private"] else "public") + "_channel"
            in types and not (c["is_archived"] and
                              self.query["exclude_archived"] == "true")])

    def history(self):
        self.takes("channel", "oldest", "latest", "inclusive")
        roots = [m for m in self.channel()["messages"]
                 if m.get("thread_ts", m["ts"]) == m["ts"]
                 or m.get("subtype") == "thread_broadcast"]
        inside = self.query.get("inclusive") == "true"
        low = float(self.query.get("oldest", 0))
        high = float(self.query.get("latest", "inf"))
        roots = [m for m in roots if low < float(m["ts"]) < high or
                 inside and float(m["ts"]) in (low, high)]
        return self.page("messages", sorted(
            roots, key=lambda m: m["ts"], reverse=True))

    def replies(self):
        self.takes("channel", "ts")
        thread = [m for m in self.channel()["messages"]
                  if m.get("thread_ts", m["ts"]) == self.query["ts"]]
        if not thread:
            raise Refused(200, "thread_not_found")
        return self.page("messages", sorted(thread, key=lambda m: m["ts"]))

    def users(self):
        self.takes()
        size = saas.SIZE if "limit" in self.query else len(self.data["users"])
        return self.page("members", self.data["users"], size)


if __name__ == "__main__":
    saas.serve(Slack)

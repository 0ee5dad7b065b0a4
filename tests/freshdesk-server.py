#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Freshdesk, as developers.freshdesk.com/api documents it: list_all_tickets,
view_a_ticket, archive_tickets, list_all_ticket_notes, solutions; pagination, rate limit and
errors of the introduction. See saas.py."""
import base64
import datetime

import saas
from saas import Refused


class Freshdesk(saas.Service):
    def error(self, e):
        if e.status == 400:
            return 400, {"description": "Validation failed", "errors": [
                {"field": str(e), "message": e.code, "code": "invalid_field"}]}
        return e.status, {"code": e.code, "message": str(e)}

    def check(self):
        pair = f"{self.data['token']}:X".encode()
        if self.headers.get("Authorization") != \
                "Basic " + base64.b64encode(pair).decode():
            raise Refused(401, "invalid_credentials",
                          "You have to be logged in to perform this action.")

    def routes(self):
        find, data = self.find, self.data
        return {
            r"GET /api/v2/tickets": self.tickets,
            r"GET /api/v2/tickets/(\d+)": self.ticket,
            r"GET /api/v2/tickets/(\d+)/conversations":
                lambda n: self.conversations("tickets", n),
            r"GET /api/v2/tickets/archived/(\d+)": self.archived,
            r"GET /api/v2/tickets/archived/(\d+)/conversations":
                lambda n: self.conversations("archived", n),
            r"GET /api/v2/contacts/(\d+)":
                lambda n: self.only() or find(data["contacts"], n),
            r"GET /api/v2/solutions/categories":
                lambda: self.page(data["categories"]),
            r"GET /api/v2/solutions/categories/(\d+)/folders":
                lambda n: self.below("categories", n, "folders"),
            r"GET /api/v2/solutions/folders/(\d+)/articles":
                lambda n: self.below("folders", n, "articles"),
            r"GET /api/v2/solutions/articles/(\d+)":
                lambda n: self.only() or find(data["articles"], n),
        }

    def page(self, items, *known):
        """The Link header names the next page; the last one has none."""
        self.only("page", "per_page", *known)
        size = min(saas.SIZE, self.number("per_page", 30, 1, 100))
        page = self.number("page", 1, 1, 300)
        if page * size < len(items):
            self.extra["Link"] = (f"<http://{self.headers['Host']}{self.at}"
                                  f"?page={page + 1}>; rel=\"next\"")
        return items[(page - 1) * size:page * size]

    def include(self, ticket, *known):
        asked = list(filter(None, self.query.get("include", "").split(",")))
        for name in asked:
            if name not in known:
                raise Refused(400, "invalid include", "include")
        return {k: v for k, v in ticket.items()
                if k in asked or k not in known}

    def tickets(self):
        """Without updated_since those of the last 30 days. That it includes
        its very second is not said."""
        q = self.query
        now = datetime.datetime.now(datetime.timezone.utc)
        month = now - datetime.timedelta(days=30)
        wanted = q.get("filter")
        if wanted not in (None, "deleted", "spam"):
            raise Refused(400, "invalid filter", "filter")
        by = q.get("order_by", "created_at")
        if by not in ("created_at", "due_by", "updated_at", "status"):
            raise Refused(400, "invalid order", "order_by")
        since = q.get("updated_since")
        found = [t for t in self.data["tickets"]
                 if ((t["deleted"], t["spam"]) == (False, False)
                     if wanted is None else t[wanted])
                 and (t["updated_at"] > since if since else
                      t["created_at"] >= month.isoformat())]
        found.sort(key=lambda t: t[by],
                   reverse=q.get("order_type", "desc") == "desc")
        return [self.include(t, "requester", "description", "stats")
                for t in self.page(found, "filter", "updated_since",
                                   "order_by", "order_type", "include")]

    def ticket(self, number):
        self.only("include")
        return self.include(self.find(self.data["tickets"], number),
                            "requester", "stats", "conversations", "company")

    def archived(self, number):
        self.only()
        return self.include(self.find(self.data["archived"], number),
                            "requester")

    def conversations(self, kind, number):
        self.find(self.data[kind], number)
        return self.page([c for c in self.data["conversations"]
                          if str(c["ticket_id"]) == number])

    def below(self, kind, number, what):
        self.find(self.data[kind], number)
        key = {"categories": "category_id", "folders": "folder_id"}[kind]
        return self.page([o for o in self.data[what]
                          if str(o[key]) == number])


if __name__ == "__main__":
    saas.serve(Freshdesk)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Zendesk, as developer.zendesk.com documents it: incremental_exports (cursor
based), tickets (show), ticket_comments, help_center/articles, pagination,
side-loading and the errors of the introduction. See saas.py."""
import base64

import saas
from saas import Refused


REFERS = {
    "users": ("requester_id", "assignee_id", "author_id"),
    "groups": ("group_id",), "organizations": ("organization_id",),
    "sections": ("section_id",),
}


class Zendesk(saas.Service):
    def error(self, e):
        if e.status == 401:
            return 401, {"error": "Couldn't authenticate you"}
        if e.status == 404:
            return 404, {"error": "RecordNotFound", "description": "Not found"}
        return e.status, {"error": e.code, "description": str(e)}

    def check(self):
        pair = f"{self.data['email']}/token:{self.data['token']}"
        if self.headers.get("Authorization") not in (
                "Basic " + base64.b64encode(pair.encode()).decode(),
                f"Bearer {self.data['oauth']}"):
            raise Refused(401, "")

    def routes(self):
        return {
            r"GET /api/v2/incremental/tickets/cursor": self.export,
            r"GET /api/v2/tickets/(\d+)": self.ticket,
            r"GET /api/v2/tickets/(\d+)/comments": self.comments,
            r"GET /api/v2/help_center/locales": self.locales,
            r"GET /api/v2/help_center/([a-z-]+)/articles": self.articles,
            r"GET /api/v2/help_center/([a-z-]+)/articles/(\d+)": self.article,
        }

    def beside(self, name, records, reply, *known):
        """What include asks for: those that the records refer to."""
        reply[name] = records
        if not isinstance(records, list):
            records = [records]
        for name in filter(None, self.query.get("include", "").split(",")):
            if name not in known:
                raise Refused(400, "InvalidInclude", name)
            ids = {r[key] for r in records for key in REFERS[name]
                   if key in r}
            reply[name] = [o for o in self.data[name] if o["id"] in ids]
        return reply

    def export(self):
        self.only("start_time", "cursor", "per_page", "include",
                  "exclude_deleted")
        self.number("per_page", 1000, 1, 1000)
        after = (0, 0)
        if "cursor" in self.query:
            try:
                text = base64.b64decode(self.query["cursor"]).decode()
                after = tuple(int(n) for n in text.split("||"))
            except ValueError:
                raise Refused(400, "InvalidPaginationParameter",
                              "cursor") from None
        else:
            after = (int(self.query["start_time"]), 0)
        rest = sorted((t["generated_timestamp"], t["id"])
                      for t in self.data["tickets"])
        rest = [key for key in rest if key > after]
        last = rest[:saas.SIZE][-1] if rest else after
        tickets = [t for t in self.data["tickets"]
                   if (t["generated_timestamp"], t["id"])
                   in rest[:saas.SIZE]]
        cursor = base64.b64encode(f"{last[0]}||{last[1]}".encode()).decode()
        return self.beside(
            "tickets", tickets,
            {"after_cursor": cursor, "end_of_stream": len(rest) <= saas.SIZE},
            "users", "groups", "organizations")

    def ticket(self, number):
        self.only("include")
        return self.beside("ticket", self.there(number), {},
                           "users", "groups", "organizations")

    def there(self, number):
        ticket = self.find(self.data["tickets"], number)
        if ticket["status"] == "deleted":
            raise Refused(404, "")
        return ticket

    def page(self, name, items, *known):
        self.number("page[size]", 100, 1, 100)
        at = int(self.query.get("page[after]", "c0")[1:])
        more = at + saas.SIZE < len(items)
        return self.beside(name, items[at:at + saas.SIZE], {"meta": {
            "has_more": more, "after_cursor": f"c{at + saas.SIZE}"}}, *known)

    def comments(self, number):
        self.only("page[size]", "page[after]", "include", "sort")
        self.there(number)
        return self.page("comments", [
            c for c in self.data["comments"] if str(c["ticket"]) == number],
            "users")

    def locales(self):
        self.only()
        return {"locales": self.data["locales"], "default_locale": "en-us"}

    def translated(self, locale):
        for a in self.data["articles"]:
            for text in a["translations"]:
                if text["locale"] == locale:
                    yield {k: v for k, v in {**a, **text}.items()
                           if k != "translations"}

    def articles(self, locale):
        """Cursors have an order of their own, which is that of sort."""
        self.only("page[size]", "page[after]", "per_page", "page", "include",
                  "sort_by", "sort_order")
        by = self.query.get("sort_by", "position")
        if by not in ("position", "title", "created_at", "updated_at"):
            raise Refused(400, "BadRequest", "sort_by")
        found, known = list(self.translated(locale)), (
            "users", "sections", "categories")
        if "page[size]" in self.query:
            return self.page("articles", found, *known)
        found.sort(key=lambda a: a[by],
                   reverse=self.query.get("sort_order") == "desc")
        self.number("per_page", 30, 1, 100)
        at = self.number("page", 1, 1, 100) * saas.SIZE
        return self.beside("articles", found[at - saas.SIZE:at], {
            "count": len(found), "next_page": f"http://{self.headers['Host']}"
            f"{self.at}?page={at // saas.SIZE + 1}"
            if at < len(found) else None}, *known)

    def article(self, locale, number):
        self.only("include")
        return self.beside(
            "article", self.find(self.translated(locale), number), {},
            "users", "sections", "categories")


if __name__ == "__main__":
    saas.serve(Zendesk)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Intercom, as developers.intercom.com documents its API 2.14 (and where that
says less, 2.17): list, search and retrieve conversations, tickets, contacts;
articles, internal articles, collections; scroll over companies; pagination,
error codes, rate limiting. See saas.py."""
import base64

import saas
from saas import Refused


class Intercom(saas.Service):
    def error(self, e):
        return e.status, {
            "type": "error.list", "request_id": "b68959ea-6328-4f70-83cb",
            "errors": [{"code": e.code, "message": str(e)}]}

    def check(self):
        if self.headers.get("Authorization") != f"Bearer {self.data['token']}":
            raise Refused(401, "unauthorized", "Access Token Invalid")
        if self.headers.get("Intercom-Version") != "2.14":
            raise Refused(400, "intercom_version_invalid", "version")
        if "json" not in self.headers.get("Accept", ""):
            raise Refused(406, "client_error", "Accept")

    def routes(self):
        one = {rf"GET /{name}/([0-9a-z]+)": (
            lambda number, kind=kind: self.one(kind, number))
            for name, kind in (
                ("conversations", "conversations"), ("tickets", "tickets"),
                ("articles", "articles"), ("contacts", "contacts"),
                ("internal_articles", "internal_articles"),
                ("help_center/collections", "collections"))}
        return {
            r"GET /conversations": lambda: self.listed("conversations"),
            r"POST /(conversations|tickets|contacts)/search": self.search,
            r"GET /contacts": lambda: self.listed("contacts"),
            r"GET /articles": lambda: self.paged("articles", 250),
            r"GET /internal_articles":
                lambda: self.paged("internal_articles", 50),
            r"GET /help_center/collections":
                lambda: self.paged("collections", 250),
            r"GET /companies/scroll": self.scroll,
            r"GET /companies/([0-9a-f]+)":
                lambda number: self.one("companies", number),
            **one,
        }

    def may(self, kind):
        if kind in self.data.get("lacks", []):
            raise Refused(401, "token_unauthorized", "The PAT associated with "
                          "this application is not permitted to access this "
                          "resource")

    def find(self, items, number):
        try:
            return super().find(items, number)
        except Refused:
            raise Refused(404, "not_found", "Resource Not Found") from None

    def one(self, kind, number):
        self.only("display_as", "include_translations")
        self.may(kind)
        return self.find(self.data[kind], number)

    def brief(self, kind, items):
        """Parts of a conversation come with one alone, of a ticket the
        first."""
        if kind == "conversations":
            return [{k: v for k, v in c.items() if k != "conversation_parts"}
                    for c in items]
        if kind == "tickets":
            return [{**t, "ticket_parts": {
                **t["ticket_parts"],
                "ticket_parts": t["ticket_parts"]["ticket_parts"][:saas.SIZE]}}
                for t in items]
        return items

    def cursor(self, kind, found, after):
        """A page after that, which is the date and id of an item."""
        found = sorted(found, key=lambda o: (o["updated_at"], o["id"]))
        if after is not None:
            try:
                when, last = base64.b64decode(after).decode().split(",")
            except ValueError:
                raise Refused(400, "parameter_invalid",
                              "starting_after") from None
            found = [o for o in found
                     if (o["updated_at"], o["id"]) > (int(when), last)]
        page = found[:saas.SIZE]
        pages = {"type": "pages", "page": 1, "per_page": 150,
                 "total_pages": 2}
        if len(found) > saas.SIZE:
            text = f"{page[-1]['updated_at']},{page[-1]['id']}"
            pages["next"] = {"page": 2, "starting_after":
                             base64.b64encode(text.encode()).decode()}
        name = "data" if kind == "contacts" else kind
        return {"type": "list", "total_count": len(found), "pages": pages,
                name: self.brief(kind, page)}

    def listed(self, kind):
        self.only("per_page", "starting_after")
        self.may(kind)
        self.number("per_page", 20, 1, 150)
        return self.cursor(kind, self.data[kind],
                           self.query.get("starting_after"))

    def search(self, kind):
        self.only()
        self.may(kind)
        query, pagination = self.body["query"], self.body["pagination"]
        if set(self.body) != {"query", "pagination"} or \
                not set(pagination) <= {"per_page", "starting_after"} or \
                not 1 <= pagination["per_page"] <= 150 or \
                set(query) != {"field", "operator", "value"} or \
                query["operator"] != ">" or \
                query["field"] not in ("created_at", "updated_at"):
            raise Refused(400, "parameter_invalid", "search")
        # Of contacts the day is known alone.
        unit = 86400 if kind == "contacts" else 1
        return self.cursor(kind, [
            o for o in self.data[kind]
            if o[query["field"]] // unit > int(query["value"]) // unit],
            pagination.get("starting_after"))

    def paged(self, kind, most):
        self.only("page", "per_page")
        self.may(kind)
        self.number("per_page", 25, 1, most)
        found = sorted(self.data[kind], key=lambda o: -o["updated_at"])
        at = self.number("page", 1, 1, 10000)
        total = max(1, -(-len(found) // saas.SIZE))
        return {"type": "list", "total_count": len(found),
                "pages": {"type": "pages", "per_page": self.query["per_page"],
                          "page": self.query.get("page", 1),
                          "total_pages": total},
                "data": found[(at - 1) * saas.SIZE:at * saas.SIZE]}

    def scroll(self):
        """Its parameter stays the same, and the server knows where it is."""
        self.only("scroll_param")
        self.may("companies")
        if "scroll_param" in self.query:
            at = getattr(self.server, "scroll", None)
            if self.query["scroll_param"] != "25b649f7" or at is None:
                raise Refused(404, "not_found", "scroll parameter not found")
        else:
            at = 0
        page = self.data["companies"][at:at + saas.SIZE]
        self.server.scroll = at + saas.SIZE if page else None
        return {"type": "list", "data": page, "pages": None,
                "total_count": None, "scroll_param": "25b649f7"}


if __name__ == "__main__":
    saas.serve(Intercom)

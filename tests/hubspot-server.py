#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HubSpot, as developers.hubspot.com documents it: the guides of the CRM
objects and activities (list, read, batch read, archived), search the CRM,
owners, properties, account information, CMS blog posts and pages, OAuth
tokens v3, error handling and usage guidelines. See saas.py."""
import datetime

import saas
from saas import Refused

KINDS = ("contacts", "companies", "deals", "tickets", "notes", "calls",
         "emails", "meetings", "tasks", "p_cars")
TRACE = "a43683b0-5717-4ceb-80b4-104d02915d8c"
TIMES = tuple(f"{what}{how}" for what in ("created", "updated")
              for how in ("At", "After", "Before"))


def millis(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(at.timestamp() * 1000)


def matches(record, f):
    if set(f) != {"propertyName", "operator", "value"} or \
            not isinstance(f["value"], str):
        raise Refused(400, "VALIDATION_ERROR", f"Invalid filter {f}")
    known = ("hs_object_id", "lastmodifieddate", "hs_lastmodifieddate")
    if f["propertyName"] not in known:
        raise Refused(400, "VALIDATION_ERROR", "There was a problem with "
                      "the request: " + f["propertyName"])
    have = record["properties"].get(f["propertyName"])
    if have is None:
        return False
    have = millis(have) if "date" in f["propertyName"] else int(have)
    return {"GTE": have >= int(f["value"]), "GT": have > int(f["value"])}[
        f["operator"]]


class HubSpot(saas.Service):
    def error(self, e):
        reply = {"status": "error", "message": str(e), "category": e.code,
                 "correlationId": TRACE}
        if e.code == "MISSING_SCOPES":
            reply["errors"] = [{
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": [str(e)]}}]
            reply["message"] = "This app hasn't been granted all required " \
                "scopes to make this call."
        return e.status, reply

    def check(self):
        if self.at == "/oauth/v3/token":
            return
        if self.headers.get("Authorization") != f"Bearer {self.data['token']}":
            raise Refused(401, "INVALID_AUTHENTICATION", "Authentication "
                          "credentials not found. This API supports OAuth 2.0")

    def routes(self):
        kind = r"([a-z0-9_-]+)"
        cms = r"/cms/v3/(blogs/posts|pages/site-pages|pages/landing-pages)"
        return {
            r"POST /oauth/v3/token": self.token,
            r"GET /account-info/v3/details": self.account,
            r"GET /crm/v3/owners": self.owners,
            rf"GET /crm/v3/properties/{kind}": self.described,
            rf"GET /crm/v3/objects/{kind}": self.listed,
            rf"GET /crm/v3/objects/{kind}/(\d+)": self.record,
            rf"POST /crm/v3/objects/{kind}/search": self.search,
            rf"POST /crm/v3/objects/{kind}/batch/read": self.batch,
            rf"GET {cms}": self.pages,
            rf"GET {cms}/(\d+)": self.page,
        }

    def token(self):
        if self.query or self.body != {
                "grant_type": "refresh_token", "client_id": "app",
                "client_secret": "secret_h2", "refresh_token": "secret_h3"}:
            raise Refused(400, "BAD_REFRESH_TOKEN", "missing or invalid "
                          "refresh token")
        return {"token_type": "bearer", "access_token": self.data["token"],
                "refresh_token": "secret_h3", "expires_in": 1800}

    def scope(self, name):
        if name in self.data.get("lacks", []):
            raise Refused(403, "MISSING_SCOPES", name)

    def account(self):
        self.only()
        return {"portalId": 62515, "accountType": "STANDARD",
                "timeZone": "US/Eastern", "uiDomain": "app.example.com"}

    def cut(self, found, most):
        """Pages by the id of the last one, as after."""
        self.number("limit", 10, 1, most)
        after = int(self.query.get("after", 0))
        rest = [o for o in found if int(o["id"]) > after]
        reply = {"results": rest[:saas.SIZE]}
        if len(rest) > saas.SIZE:
            reply["paging"] = {"next": {"after": rest[saas.SIZE - 1]["id"]}}
        return reply

    def owners(self):
        self.only("limit", "after", "archived", "email")
        self.scope("owners")
        self.number("limit", 100, 1, 500)
        return {"results": self.data["owners"]}

    def known(self, kind):
        if kind not in KINDS:
            raise Refused(400, "VALIDATION_ERROR",
                          f"Unable to infer object type from: {kind}")
        self.scope(kind)

    def described(self, kind):
        self.only("archived", "dataSensitivity", "properties")
        self.known(kind)
        return {"results": self.data["properties"].get(kind, [])}

    def shown(self, record, names, related=""):
        """What is asked for of a record, and what it always has."""
        names = names + ["hs_object_id", "createdate"]
        out = {k: v for k, v in record.items() if k != "related"}
        out["properties"] = {n: record["properties"].get(n) for n in names}
        have = {kind: record["related"][kind] for kind in related.split(",")
                if record.get("related", {}).get(kind)}
        if have:
            out["associations"] = {
                kind: {"results": [{"id": i, "type": label} for i in ids
                                   for label in ("one", "two")]}
                for kind, ids in have.items()}
        return out

    def listed(self, kind):
        self.only("limit", "after", "properties", "propertiesWithHistory",
                  "associations", "archived")
        self.known(kind)
        bin_ = self.query.get("archived", "false") == "true"
        reply = self.cut([r for r in self.data["records"][kind]
                          if r["archived"] == bin_], 100)
        reply["results"] = [self.asked(r) for r in reply["results"]]
        return reply

    def asked(self, record):
        return self.shown(record, self.query["properties"].split(","),
                          self.query.get("associations", ""))

    def record(self, kind, number):
        self.only("properties", "propertiesWithHistory", "associations",
                  "archived", "idProperty")
        self.known(kind)
        number = self.data.get("merged", {}).get(number, number)
        found = self.find(self.data["records"][kind], number)
        if found["archived"]:
            raise Refused(404, "OBJECT_NOT_FOUND", "resource not found")
        return self.asked(found)

    def find(self, items, number):
        try:
            return super().find(items, number)
        except Refused:
            raise Refused(404, "OBJECT_NOT_FOUND",
                          "resource not found") from None

    def search(self, kind):
        self.only()
        self.known(kind)
        if not set(self.body) <= {"query", "limit", "after", "sorts",
                                  "properties", "filterGroups"} or \
                self.body["limit"] > 200:
            raise Refused(400, "VALIDATION_ERROR", "Invalid input JSON")
        if self.body["sorts"] != [{"propertyName": "hs_object_id",
                                   "direction": "ASCENDING"}]:
            raise Refused(400, "VALIDATION_ERROR", "sorts")
        groups = self.body["filterGroups"]
        if len(groups) > 5 or any(len(g["filters"]) > 6 for g in groups):
            raise Refused(400, "VALIDATION_ERROR", "too many filters")
        found = sorted((r for r in self.data["records"][kind]
                        if not r["archived"] and any(
                            all(matches(r, f) for f in g["filters"])
                            for g in groups)), key=lambda r: int(r["id"]))
        after = int(self.body.get("after", 0))
        if after + self.body["limit"] > 10000:
            raise Refused(400, "VALIDATION_ERROR", "paging beyond 10,000")
        reply = {"total": len(found), "results": [
            self.shown(r, self.body["properties"])
            for r in found[after:after + saas.SIZE]]}
        if len(found) > after + saas.SIZE:
            reply["paging"] = {"next": {"after": str(after + saas.SIZE)}}
        return reply

    def batch(self, kind):
        self.only("archived")
        self.known(kind)
        if set(self.body) != {"properties", "inputs"} or \
                not 1 <= len(self.body["inputs"]) <= 100 or \
                any(set(i) != {"id"} for i in self.body["inputs"]):
            raise Refused(400, "VALIDATION_ERROR", "Invalid input JSON")
        wanted = [i["id"] for i in self.body["inputs"]]
        return {"status": "COMPLETE", "results": [
            self.shown(r, self.body["properties"])
            for r in self.data["records"][kind]
            if r["id"] in wanted and not r["archived"]]}

    def pages(self, kind):
        self.only("limit", "after", "sort", "archived", "property", *TIMES)
        self.scope("content")
        bin_ = self.query.get("archived", "false") == "true"
        since = self.query.get("updatedAfter")
        reply = self.cut([
            p for p in self.data["pages"][kind] if p["archived"] == bin_ and
            (since is None or millis(p["updated"]) > millis(since))],
            100)
        reply["total"] = len(self.data["pages"][kind])
        return reply

    def page(self, kind, number):
        self.only("archived", "property")
        self.scope("content")
        page = self.find(self.data["pages"][kind], number)
        if page["archived"]:
            raise Refused(404, "OBJECT_NOT_FOUND", "resource not found")
        return page


if __name__ == "__main__":
    saas.serve(HubSpot)

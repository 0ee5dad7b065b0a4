#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sharepoint-server.py DATA LOG

Not Microsoft Graph, but a server that answers as learn.microsoft.com/graph/api
says: site-getallsites, site-getbypath, site-get, drive-list, driveitem-delta,
driveitem-get, driveitem-get-contentstream (beta), sitepage-list, sitepage-get,
list-list, listitem-delta, listitem-get; graph/paging, errors, throttling; for
tokens "OAuth 2.0 client credentials flow". Parameters that these do not name
are refused. Prints its URL. See saas.py.

DATA: {"token", "size": the most items of a page, "sites": [each with "path"],
"drives", "pages", "lists": [each with "site"], "files": [each with "drive",
files with "content"], "items": [each with "list"], "log": [{"of": an id of a
drive or list, "id"}], "resync": the error code for delta tokens}. Without
"path" and what else the API does not have. A delta token is d and how many
entries of the log were before it."""
import urllib.parse

import saas
from saas import Refused

OURS = {"path", "site", "drive", "list_id", "content", "latin"}


class Graph(saas.Service):
    def error(self, e):
        if isinstance(e.code, dict):
            return e.status, e.code
        return e.status, {"error": {"code": e.code, "message": str(e), "innerError": {
            "date": "2026-01-01T00:00:00", "request-id": "r1"}}}

    def token(self, tenant):
        form = self.body
        if tenant != "contoso.example" or \
                form.get("grant_type") != "client_credentials" or \
                form.get("scope") != self.server.url + "/.default":
            raise Refused(400, {"error": "invalid_request",
                                "error_description": "AADSTS900144"})
        if (form.get("client_id"), form.get("client_secret")) != \
                ("app1", "s3cret"):
            raise Refused(401, {"error": "invalid_client",
                                "error_description": "AADSTS7000215"})
        return {"token_type": "Bearer", "expires_in": 3599,
                "access_token": self.data["token"]}

    def takes(self, *names):
        for name in self.query:
            if name not in names:
                raise Refused(400, "invalidRequest", f"parameter {name}")

    def shown(self, item):
        wanted = self.query.get("$select")
        item = {k: v for k, v in item.items() if k not in OURS}
        for name in ("fields", "canvasLayout"):
            if self.query.get("$expand") != name:
                item.pop(name, None)
        if not wanted:
            return item
        return {k: v for k, v in item.items() if k in wanted.split(",")
                or k == self.query.get("$expand")}

    def link(self, **more):
        query = urllib.parse.urlencode({**self.query, **more})
        return f"{self.server.url}{urllib.parse.quote(self.at)}?{query}"

    def page(self, items, name="$skiptoken", start="", last=None):
        at = self.query.get(name, start + ".0")
        head, _, n = at.rpartition(".")
        if not n.isdigit():
            raise Refused(400, "invalidRequest", name)
        end = int(n) + self.data["size"]
        reply = {"@odata.context": "c",
                 "value": [self.shown(i) for i in items[int(n):end]]}
        if end < len(items):
            reply["@odata.nextLink"] = self.link(**{name: f"{head}.{end}"})
        elif last:
            reply["@odata.deltaLink"] = self.link(token=last)
        return reply

    def find(self, kind, wanted, **more):
        for i in self.data[kind]:
            if i["id"] == wanted and all(i[k] == v for k, v in more.items()):
                return i
        raise Refused(404, "itemNotFound", "Item not found")

    # ---- sites ----

    def sites(self):
        self.takes("$select", "$skiptoken")
        return self.page(self.data["sites"])

    def by_path(self, path):
        self.takes("$select")
        for s in self.data["sites"]:
            if path == s["path"]:
                return self.shown(s)
        raise Refused(404, "itemNotFound", "Requested site could not be found")

    def site(self, wanted):
        self.takes("$select")
        return self.shown(self.find("sites", wanted))

    def of_site(self, kind, wanted, *more):
        self.takes("$select", "$skiptoken", *more)
        self.find("sites", wanted)
        return self.page([i for i in self.data[kind] if i["site"] == wanted])

    # ---- delta ----

    def delta(self, kind, key, of):
        self.takes("$select", "$expand", "$top", "token")
        log = [c["id"] for c in self.data["log"] if c["of"] == of]
        latest = f"d{len(log)}"
        items = [i for i in self.data[kind] if i[key] == of]
        token = self.query.get("token", "new.0")
        if token == "latest":
            return self.page([], "$skiptoken", last=latest)
        if token[0] == "d":
            if self.data.get("resync"):
                raise Refused(410, self.data["resync"], "Resync required.")
            if "." not in token:
                token += ".0"
            there = {i["id"]: i for i in items}
            items = [there.get(i, {"id": i, "deleted": {"state": "deleted"}})
                     for i in log[int(token[1:].partition(".")[0]):]]
        self.query["token"] = token
        return self.page(items, "token", last=latest)

    def drive_delta(self, wanted):
        self.find("drives", wanted)
        return self.delta("files", "drive", wanted)

    def list_delta(self, site, wanted):
        self.find("lists", wanted, site=site)
        return self.delta("items", "list_id", wanted)

    def list_item(self, site, of, wanted):
        self.takes("$select", "$expand")
        self.find("lists", of, site=site)
        return self.shown(self.find("items", wanted, list_id=of))

    # ---- documents ----

    def file(self, drive, wanted):
        self.takes("$select", "$expand")
        return self.shown(self.find("files", wanted, drive=drive))

    def content(self, drive, wanted):
        self.takes()
        f = self.find("files", wanted, drive=drive)
        if "file" not in f:
            raise Refused(400, "invalidRequest", "no file")
        return f["content"].encode(
            "latin-1" if f.get("latin") else "utf-8"), f["file"]["mimeType"]

    def one_page(self, site, wanted):
        self.takes("$select", "$expand")
        return self.shown(self.find("pages", wanted, site=site))

    def check(self):
        if "/oauth2/" not in self.at and \
                self.headers.get("Authorization") != \
                f"Bearer {self.data['token']}":
            raise Refused(401, "InvalidAuthenticationToken",
                          "Access token has expired or is not yet valid.")

    def routes(self):
        site, part = r"GET /v1\.0/sites/([^/:]+)", "/([^/]+)"
        page = r"/pages%s/microsoft\.graph\.sitePage"
        return {
            r"POST /([^/]+)/oauth2/v2\.0/token": self.token,
            r"GET /v1\.0/sites/getAllSites": self.sites,
            r"GET /v1\.0/sites/([^/:]+:/.*|[^/,]+)": self.by_path,
            site: self.site,
            site + "/drives": lambda s: self.of_site("drives", s),
            site + "/lists": lambda s: self.of_site("lists", s),
            site + page % "": lambda s: self.of_site("pages", s, "$expand"),
            site + page % part: self.one_page,
            site + f"/lists{part}/items/delta": self.list_delta,
            site + f"/lists{part}/items{part}": self.list_item,
            rf"GET /v1\.0/drives{part}/root/delta": self.drive_delta,
            rf"GET /v1\.0/drives{part}/items{part}": self.file,
            rf"GET /beta/drives{part}/items{part}/contentStream":
                self.content}


if __name__ == "__main__":
    saas.serve(Graph)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""google-drive-server.py DATA LOG

Not Google Drive, but a server that answers as
developers.google.com/workspace/drive/api says: reference/rest/v3 (about files,
drives and changes, each with list and get, files.export), guides "Resolve
errors", "Search for files", "Implement shared drive support", "Retrieve
changes"; and for tokens identity/protocols/oauth2/service-account and
web-server. Prints its URL. See saas.py.

DATA: {"token", "account": {"email", "key": a file with the public one,
"subject"}, "size": the most items of a page, "drives": [], "roots": [folders],
"files": [as the API has them, with "content" and, in shared drives,
"driveId"], "log": [changes, each with "of": the drive's id or "user"]}. A page token of
changes is the number of those before it, and x."""
import base64
import json
import re
import subprocess
import tempfile
import time

import saas
from saas import Refused

COMMON = {"fields", "alt"}
KINDS = {"document": {"text/plain", "application/pdf"},
         "presentation": {"text/plain", "application/pdf"},
         "spreadsheet": {"text/csv", "application/pdf"}}
LARGE = 10485760


def url64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed(jwt, key):
    head, claims, signature = jwt.split(".")
    with tempfile.NamedTemporaryFile() as s:
        s.write(url64(signature))
        s.flush()
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", key, "-signature",
             s.name], input=f"{head}.{claims}".encode(), capture_output=True,
            check=False)
    good = json.loads(url64(head))["alg"] == "RS256" and \
        done.returncode == 0
    return json.loads(url64(claims)) if good else None


def parse(mask):
    """A field mask: {name: None or a mask}."""
    out, stack, name = {}, [], ""
    for c in mask + ",":
        if c == "(":
            stack.append(out)
            out[name] = out = {}
            name = ""
        elif c in ",)":
            if name:
                out[name] = None
            name = ""
            if c == ")":
                out = stack.pop()
        else:
            name += c
    if stack:
        raise ValueError(mask)
    return out


def select(value, mask):
    if mask is None or "*" in mask:
        return value
    if isinstance(value, list):
        return [select(v, mask) for v in value]
    return {k: select(value[k], m) for k, m in mask.items() if k in value}


class Drive(saas.Service):
    def error(self, e):
        if isinstance(e.code, dict):
            return e.status, e.code
        return e.status, {"error": {
            "code": e.status, "message": str(e), "errors": [
                {"domain": "global", "reason": e.code, "message": str(e)}]}}

    def bad(self, name):
        error = {"domain": "global", "reason": "invalid", "location": name,
                 "locationType": "parameter",
                 "message": f"Invalid value for {name}"}
        raise Refused(400, {"error": {"code": 400, "errors": [error],
                                      "message": error["message"]}})

    def takes(self, *names):
        for name in self.query:
            if name not in COMMON | set(names):
                self.bad(name)

    def flag(self, name):
        value = self.query.get(name, "false")
        if value not in ("true", "false"):
            self.bad(name)
        return value == "true"

    def fields(self, reply):
        """Without a mask: the kind, names and ids, and tokens."""
        mask = self.query.get("fields")
        try:
            return select(reply, parse(mask)) if mask else reply
        except (ValueError, IndexError):
            self.bad("fields")

    def page(self, name, items, default, largest, last=None):
        size = int(self.query.get("pageSize", default))
        if not 1 <= size <= largest:
            self.bad("pageSize")
        token = self.query.get("pageToken", "0x")
        if not re.fullmatch(r"\d+x", token) or int(token[:-1]) > len(items):
            self.bad("pageToken")
        at = int(token[:-1])
        end = min(at + min(size, self.data["size"]), len(items))
        reply = {"kind": f"drive#{name[:-1]}List", name: items[at:end]}
        if end < len(items):
            reply["nextPageToken"] = f"{end}x"
        elif last:
            reply[last] = f"{end}x"
        if name == "files":
            reply["incompleteSearch"] = self.data.get("incomplete", False)
        return self.fields(reply)

    # ---- tokens ----

    def token(self):
        form = self.body
        refused = {"error": "invalid_grant"}
        if form["grant_type"] == "refresh_token":
            if (form["refresh_token"], form["client_id"],
                    form["client_secret"]) != ("1//r", "c1", "GOCSPX-s"):
                raise Refused(400, refused)
        else:
            if form["grant_type"] != \
                    "urn:ietf:params:oauth:grant-type:jwt-bearer":
                raise Refused(400, {"error": "unsupported_grant_type"})
            account = self.data["account"]
            claims = signed(form["assertion"], account["key"])
            if claims is None or claims["iss"] != account["email"] or \
                    claims["aud"] != self.server.url + "/token" or \
                    claims["exp"] - claims["iat"] > 3600 or \
                    abs(claims["iat"] - time.time()) > 300 or \
                    "/auth/drive.readonly" not in claims["scope"]:
                raise Refused(400, refused)
            if claims.get("sub") != account.get("subject"):
                raise Refused(401, {"error": "unauthorized_client"})
        return {"access_token": self.data["token"], "expires_in": 3599,
                "token_type": "Bearer"}

    # ---- what there is ----

    def drive(self, wanted):
        for d in self.data["drives"]:
            if d["id"] == wanted:
                return d
        raise Refused(404, "notFound", f"Shared drive not found: {wanted}")

    def drives(self):
        self.takes("pageSize", "pageToken", "q", "useDomainAdminAccess")
        return self.page("drives", self.data["drives"], 10, 100)

    def one_drive(self, wanted):
        self.takes("useDomainAdminAccess")
        return self.fields(self.drive(wanted))

    def visible(self, f):
        return {k: v for k, v in f.items() if k != "content"}

    def corpus(self):
        wanted = self.query.get("driveId")
        corpora = self.query.get("corpora", "user")
        both = self.flag("supportsAllDrives") and \
            self.flag("includeItemsFromAllDrives")
        if corpora == "drive":
            if not wanted or not both:
                self.bad("corpora")
            self.drive(wanted)
        elif corpora != "user" or wanted:
            self.bad("driveId")
        return [f for f in self.data["files"] if f.get("driveId") == wanted]

    def files(self):
        self.takes("corpora", "driveId", "includeItemsFromAllDrives",
                   "includeLabels", "includePermissionsForView", "orderBy",
                   "pageSize", "pageToken", "q", "spaces",
                   "supportsAllDrives")
        found = self.corpus()
        for clause in filter(None, self.query.get("q", "").split(" and ")):
            if clause == "trashed = false":
                found = [f for f in found if not f["trashed"]]
            elif clause == "'me' in owners":
                found = [f for f in found if f.get("ownedByMe")]
            else:
                self.bad("q")
        return self.page("files", [self.visible(f) for f in found], 100,
                         1000)

    def get(self, wanted):
        for f in self.data["roots"] + self.data["files"]:
            if wanted in (f["id"], "root" if f["name"] == "My Drive" else ""):
                if "driveId" in f and not self.flag("supportsAllDrives"):
                    break
                return f
        raise Refused(404, "notFound", f"File not found: {wanted}.")

    def file(self, wanted):
        self.takes("acknowledgeAbuse", "supportsAllDrives",
                   "includePermissionsForView", "includeLabels")
        f = self.get(wanted)
        if self.query.get("alt") != "media":
            return self.fields(self.visible(f))
        if f["mimeType"].startswith("application/vnd.google-apps."):
            raise Refused(403, "fileNotDownloadable", "Only files with binary "
                          "content can be downloaded. Use Export with Docs")
        return f["content"].encode(
            "latin-1" if f.get("latin") else "utf-8"), f["mimeType"]

    def export(self, wanted):
        self.takes("mimeType")
        f = self.get_any(wanted)
        kind = f["mimeType"].rpartition("google-apps.")[2]
        mime = self.query.get("mimeType")
        if kind not in KINDS:
            raise Refused(403, "fileNotExportable",
                          "Export only supports Docs Editors files.")
        if mime not in KINDS[kind]:
            raise Refused(400, "badRequest", "The requested conversion is "
                          "not supported.")
        if len(f["content"]) > self.data.get("large", LARGE):
            raise Refused(403, "exportSizeLimitExceeded",
                          "This file is too large to be exported.")
        return b"\xef\xbb\xbf" + f["content"].encode(), mime

    def get_any(self, wanted):
        self.query["supportsAllDrives"] = "true"
        return self.get(wanted)

    # ---- changes ----

    def of(self):
        wanted = self.query.get("driveId")
        if wanted:
            if not self.flag("supportsAllDrives"):
                self.bad("driveId")
            self.drive(wanted)
        return wanted or "user"

    def start(self):
        self.takes("driveId", "supportsAllDrives")
        of = self.of()
        n = len([c for c in self.data["log"] if c["of"] == of])
        return self.fields({"kind": "drive#startPageToken",
                            "startPageToken": f"{n}x"})

    def change(self, c):
        c = {k: v for k, v in c.items() if k != "of"}
        c.setdefault("kind", "drive#change")
        c.setdefault("changeType", "file")
        c.setdefault("removed", False)
        if c["changeType"] == "file" and not c["removed"]:
            c["file"] = self.visible(self.get_any(c["fileId"]))
        return c

    def changes(self):
        self.takes("driveId", "includeCorpusRemovals",
                   "includeItemsFromAllDrives", "includeLabels",
                   "includePermissionsForView", "includeRemoved", "pageSize",
                   "pageToken", "restrictToMyDrive", "spaces",
                   "supportsAllDrives")
        of = self.of()
        if "pageToken" not in self.query:
            self.bad("pageToken")
        if of != "user" and not self.flag("includeItemsFromAllDrives"):
            self.bad("includeItemsFromAllDrives")
        return self.page("changes", [self.change(c) for c in self.data["log"]
                                     if c["of"] == of], 100, 1000,
                         "newStartPageToken")

    def check(self):
        if self.at != "/token" and self.headers.get("Authorization") != \
                f"Bearer {self.data['token']}":
            raise Refused(401, "authError", "Invalid Credentials")

    def routes(self):
        return {
            "POST /token": self.token,
            "GET /drive/v3/drives": self.drives,
            "GET /drive/v3/drives/([^/]+)": self.one_drive,
            "GET /drive/v3/files": self.files,
            "GET /drive/v3/files/([^/]+)": self.file,
            "GET /drive/v3/files/([^/]+)/export": self.export,
            "GET /drive/v3/changes": self.changes,
            "GET /drive/v3/changes/startPageToken": self.start}


if __name__ == "__main__":
    saas.serve(Drive)

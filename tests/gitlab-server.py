#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""GitLab, as docs.gitlab.com/api documents its API v4: rest (pagination by
offset and by key, encoding, status codes), rest/authentication, oauth2,
projects, groups (projects), issues, merge_requests, discussions, wikis,
releases, project_snippets, repositories (tree, compare), repository_files,
branches, epics, and administration/instance_limits (the highest offset). See
saas.py.

GitLab itself passes over parameters that it does not know and cuts a page_size
that is too large; here both are refused.

DATA: {"token", "oauth": {client_id, client_secret, refresh_token}, "offset":
the highest, "groups": {PATH: {"id", "epics", "licensed"}}, "projects": [{...,
"member", "issues", "merge_requests", "threads": {"issues/IID": []}, "wikis",
"releases", "snippets", "head": SHA, "commits": {SHA: {PATH: TEXT}}, "blind": its
issues are not to be seen}]}."""
import base64
import hashlib
import re
import urllib.parse

import saas
from saas import Refused

OFFSET = ("page", "per_page")
LISTED = ("order_by", "sort", "state", "updated_after", "created_after")
HIDDEN = ("member", "issues", "merge_requests", "threads", "wikis", "releases",
          "snippets", "head", "commits", "overflow", "offset", "blind")


def sha(text):
    data = text.encode("latin-1" if "\0" in text else "utf-8")
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class GitLab(saas.Service):
    def error(self, e):
        if e.status == 429:
            self.extra["Retry-After"] = "1"
            return 429, (b"Retry later\n", "text/plain")
        if e.status in (400, 405):
            return e.status, {"error": f"{e.code} {e}".strip()}
        return e.status, {"message": f"{e.status} {e.code}"}

    def check(self):
        good = [self.data["token"]] + list(self.server.used.get("bearer", []))
        if self.command == "GET" and self.headers.get("Authorization") not in [
                f"Bearer {token}" for token in good]:
            raise Refused(401, "Unauthorized")

    def answer(self):
        """What is named must be encoded: a slash in it is no part of the
        path."""
        self.check()
        path = urllib.parse.urlsplit(self.path).path
        path = path.removeprefix(self.data.get("root", ""))
        for pattern, call in self.routes().items():
            m = re.fullmatch(pattern, f"{self.command} {path}")
            if m:
                return call(*map(urllib.parse.unquote, m.groups()))
        raise Refused(404, "Not Found")

    def routes(self):
        p = r"GET /api/v4/projects/([^/]+)"
        return {
            r"POST /oauth/token": self.oauth,
            r"GET /api/v4/projects": self.projects,
            r"GET /api/v4/groups/([^/]+)/projects": self.group,
            r"GET /api/v4/groups/([^/]+)/epics": self.epics,
            r"GET /api/v4/groups/([^/]+)/epics/(\d+)": self.epic,
            r"GET /api/v4/groups/([^/]+)/epics/(\d+)/discussions": self.talk,
            p: self.project,
            p + r"/(issues)": self.issues,
            p + r"/(merge_requests)": self.issues,
            p + r"/(issues|merge_requests)/(\d+)": self.issue,
            p + r"/(issues|merge_requests)/(\d+)/discussions": self.threads,
            p + r"/wikis": self.wikis,
            p + r"/wikis/([^/]+)": self.wiki,
            p + r"/releases": self.releases,
            p + r"/releases/([^/]+)": self.release,
            p + r"/snippets": self.snippets,
            p + r"/snippets/(\d+)": self.snippet,
            p + r"/snippets/(\d+)/raw": self.raw,
            p + r"/repository/branches/([^/]+)": self.branch,
            p + r"/repository/tree": self.tree,
            p + r"/repository/compare": self.compare,
            p + r"/repository/files/([^/]+)": self.file,
        }

    def oauth(self):
        want = self.data["oauth"]
        if self.body.get("grant_type") != "refresh_token" or any(
                self.body.get(k) != want[k]
                for k in ("client_id", "client_secret")):
            raise Refused(401, "invalid_client")
        used = self.server.used
        if self.body["refresh_token"] != used.get("refresh",
                                                  want["refresh_token"]):
            raise Refused(400, "invalid_grant")
        n = len(used.setdefault("bearer", [])) + 1
        used["bearer"].append(f"access{n}")
        used["refresh"] = f"refresh{n}"
        return {"access_token": f"access{n}", "token_type": "Bearer",
                "expires_in": 7200, "refresh_token": f"refresh{n}",
                "created_at": 1}

    # ---- pages ----

    def link(self, **more):
        """The address of the next page, at the host of the configuration."""
        query = {k: v for k, v in {**self.query, **more}.items() if v}
        path = urllib.parse.urlsplit(self.path).path
        host = self.data.get("external_url", self.server.url)
        self.extra["Link"] = \
            f'<{host}{path}?{urllib.parse.urlencode(query)}>; rel="next"'

    def page(self, items, offset=50000):
        size = min(self.number("per_page", 20, 1, 100), saas.SIZE)
        page = self.number("page", 1, 1, 1 << 30)
        if (page - 1) * size > offset:
            raise Refused(405, "Offset pagination has a maximum allowed offset"
                          f" of {offset}")
        part = items[(page - 1) * size:page * size]
        self.extra.update({"X-Page": str(page), "X-Per-Page": str(size),
                           "X-Next-Page": ""})
        if page * size < len(items):
            self.extra["X-Next-Page"] = str(page + 1)
            self.link(page=str(page + 1))
        return part

    def listed(self, items, *known, offset=50000):
        self.only(*OFFSET, *LISTED, *known)
        if self.query.get("state", "all") != "all":
            raise Refused(400, "only what is open")
        key = self.query.get("order_by", "created_at")
        if key not in ("created_at", "updated_at"):
            raise Refused(400, "order_by does not have a valid value")
        for name in ("updated", "created"):
            least = self.query.get(f"{name}_after", "")
            items = [i for i in items if i.get(f"{name}_at", "") >= least]
        return self.page(sorted(items, key=lambda i: i[key], reverse=self.query
                                .get("sort", "desc") == "desc"), offset)

    # ---- projects ----

    def named(self, name):
        for p in self.data["projects"]:
            if name in (str(p["id"]), p["path_with_namespace"]):
                return p
        raise Refused(404, "Project Not Found")

    def can(self, p, what, code=403):
        if p.get(f"{what}_access_level", "enabled") == "disabled":
            raise Refused(code, {403: "Forbidden", 404: "Not Found"}[code])

    def bare(self, p):
        return {k: v for k, v in p.items() if k not in HIDDEN} | {
            "_links": {"self": "", "labels": ""} | (
                {} if p.get("blind") else {"issues": ""})}

    def projects(self):
        self.only("per_page", "pagination", "order_by", "sort", "membership",
                  "id_after")
        if self.query.get("membership") != "true":
            raise Refused(400, "all of the world")
        if self.query.get("order_by") != "id" or \
                self.query.get("sort") != "asc" or \
                self.query.get("pagination") != "keyset":
            raise Refused(405, "Keyset pagination is not yet available for "
                          "this type of request")
        after = int(self.query.get("id_after", 0))
        items = [p for p in self.data["projects"]
                 if p["member"] and p["id"] > after]
        size = min(self.number("per_page", 20, 1, 100), saas.SIZE)
        if len(items) >= size:
            self.link(id_after=str(items[size - 1]["id"]))
        return [self.bare(p) for p in items[:size]]

    def group(self, name):
        self.only(*OFFSET, "order_by", "sort", "include_subgroups",
                  "with_shared", "archived", "simple")
        if name not in self.data["groups"]:
            raise Refused(404, "Group Not Found")
        deep = self.query.get("include_subgroups") == "true"
        items = [p for p in self.data["projects"]
                 if (p["path_with_namespace"].startswith(name + "/") if deep
                     else p["path_with_namespace"].rsplit("/", 1)[0] == name)]
        return [self.bare(p) for p in self.page(items)]

    def project(self, name):
        self.only("license", "statistics", "with_custom_attributes")
        p = self.named(name)
        return self.bare(p) | {"permissions": {
            "project_access": None, "group_access": {"access_level": 20}
            if p["member"] else None}}

    # ---- issues, merge requests, epics ----

    def issues(self, name, kind):
        p = self.named(name)
        self.can(p, kind)
        if self.query.get("scope") != "all":
            raise Refused(400, "only one's own")
        if kind == "issues" and p.get("blind"):
            return self.listed([], "scope")
        return self.listed(p[kind], "scope", offset=p.get("offset", 50000))

    def issue(self, name, kind, iid):
        self.only()
        p = self.named(name)
        self.can(p, kind)
        for i in p[kind] if not p.get("blind") else []:
            if i["iid"] == int(iid):
                return i
        raise Refused(404, "Not found")

    def threads(self, name, kind, iid):
        self.only(*OFFSET)
        return self.page(self.named(name)["threads"].get(f"{kind}/{iid}", []))

    def licensed(self, name):
        g = self.data["groups"].get(name) or next((
            g for g in self.data["groups"].values() if str(g["id"]) == name),
            None)
        if g is None:
            raise Refused(404, "Group Not Found")
        if not g.get("licensed", True):
            raise Refused(403, "Forbidden")
        return g

    def epics(self, name):
        self.licensed(name)
        return self.listed([e for path, g in self.data["groups"].items()
                            if (path + "/").startswith(name + "/")
                            for e in g["epics"]])

    def epic(self, name, iid):
        self.only()
        for e in self.licensed(name)["epics"]:
            if e["iid"] == int(iid):
                return e
        raise Refused(404, "Not found")

    def talk(self, name, number):
        self.only(*OFFSET)
        g = self.licensed(name)
        self.find(g["epics"], number)
        return self.page(g["threads"].get(number, []))

    # ---- wikis, releases, snippets ----

    def wikis(self, name):
        self.only("with_content")
        p = self.named(name)
        self.can(p, "wiki")
        if self.query.get("with_content") == "true":
            return p["wikis"]
        return [{k: v for k, v in w.items() if k not in ("content", "encoding")}
                for w in p["wikis"]]

    def wiki(self, name, slug):
        self.only("render_html", "version")
        for w in self.named(name)["wikis"]:
            if w["slug"] == slug:
                return w
        raise Refused(404, "Wiki Page Not Found")

    def releases(self, name):
        self.only(*OFFSET, "order_by", "sort", "include_html_description")
        p = self.named(name)
        self.can(p, "releases")
        return self.page(p["releases"])

    def release(self, name, tag):
        self.only("include_html_description")
        for r in self.named(name)["releases"]:
            if r["tag_name"] == tag:
                return r
        raise Refused(404, "Not Found")

    def snippets(self, name):
        self.only(*OFFSET)
        p = self.named(name)
        self.can(p, "snippets")
        return [{k: v for k, v in s.items() if k != "text"}
                for s in self.page(p["snippets"])]

    def snippet(self, name, number):
        self.only()
        found = dict(self.find(self.named(name)["snippets"], number))
        del found["text"]
        return found

    def raw(self, name, number):
        self.only()
        return self.find(self.named(name)["snippets"], number)[
            "text"].encode(), "text/plain; charset=utf-8"

    # ---- the repository ----

    def files(self, p, ref):
        if ref in ("HEAD", p["default_branch"]):
            ref = p["head"]
        if ref not in p["commits"]:
            raise Refused(404, "Commit Not Found")
        return p["commits"][ref]

    def branch(self, name, branch):
        self.only()
        p = self.named(name)
        self.can(p, "repository")
        if p["head"] is None or branch != p["default_branch"]:
            raise Refused(404, "Branch Not Found")
        return {"name": branch, "default": True, "commit": {"id": p["head"]}}

    def tree(self, name):
        self.only("path", "ref", "recursive", "per_page", "page_token",
                  "pagination")
        p = self.named(name)
        files = self.files(p, self.query["ref"])
        if self.query.get("recursive") != "true":
            files = {f: t for f, t in files.items() if "/" not in f}
        entries = [{"id": sha(t), "name": f.rsplit("/", 1)[-1], "path": f,
                    "type": "blob", "mode": "100644"}
                   for f, t in files.items()]
        entries += [{"id": "0" * 40, "name": d, "path": d, "type": "tree",
                     "mode": "040000"}
                    for d in sorted({f.rsplit("/", 1)[0] for f in files
                                     if "/" in f})]
        entries.append({"id": "1" * 40, "name": "sub.md", "path": "sub.md",
                        "type": "commit", "mode": "160000"})
        if self.query.get("pagination") != "keyset":
            return self.page(entries)
        size = min(self.number("per_page", 20, 1, 100), saas.SIZE)
        token = self.query.get("page_token")
        at = 0 if token is None else 1 + [
            sha(e["path"]) for e in entries].index(token)
        if at + size < len(entries):
            self.link(page_token=sha(entries[at + size - 1]["path"]))
        return entries[at:at + size]

    def compare(self, name):
        self.only("from", "to", "from_project_id", "straight", "unidiff")
        p = self.named(name)
        old, new = (self.files(p, self.query[k]) for k in ("from", "to"))
        if self.query.get("straight") != "true":
            raise Refused(400, "by the merge base")
        diffs = []
        gone = {f: t for f, t in old.items() if f not in new}
        for path, text in new.items():
            was = [f for f, t in gone.items() if t == text]
            if old.get(path) == text:
                continue
            move = path not in old and was
            diffs.append({
                "old_path": was[0] if move else path, "new_path": path,
                "a_mode": "100644", "b_mode": "100644", "diff": "",
                "new_file": path not in old and not was,
                "renamed_file": bool(move), "deleted_file": False})
            if move:
                del gone[was[0]]
        diffs += [{"old_path": f, "new_path": f, "a_mode": "100644",
                   "b_mode": "0", "diff": "", "new_file": False,
                   "renamed_file": False, "deleted_file": True} for f in gone]
        return {"commit": {"id": self.query["to"]}, "commits": [],
                "diffs": diffs, "compare_timeout": p.get("overflow", False),
                "compare_same_ref": False, "web_url": "u"}

    def file(self, name, path):
        self.only("ref", "lfs")
        p = self.named(name)
        if "ref" not in self.query:
            raise Refused(400, "ref is missing")
        text = self.files(p, self.query["ref"]).get(path)
        if text is None:
            raise Refused(404, "File Not Found")
        data = text.encode("latin-1" if "\0" in text else "utf-8")
        return {"file_name": path.rsplit("/", 1)[-1], "file_path": path,
                "size": len(data), "encoding": "base64", "blob_id": sha(text),
                "content": base64.b64encode(data).decode(),
                "ref": self.query["ref"], "commit_id": p["head"],
                "last_commit_id": "9" * 40}


if __name__ == "__main__":
    saas.serve(GitLab)

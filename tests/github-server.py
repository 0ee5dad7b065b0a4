#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""github-server.py DATA LOG

Not GitHub, but a server that answers as docs.github.com/en says, version
2022-11-28, out of the JSON file DATA: rest/repos/repos, rest/repos/contents,
rest/issues/issues, rest/issues/comments, rest/pulls/pulls, rest/pulls/reviews,
rest/pulls/comments, rest/releases/releases, rest/git/refs, rest/git/trees,
rest/git/blobs, rest/commits/commits (compare),
rest/using-the-rest-api/rate-limits-for-the-rest-api and
graphql/guides/using-the-graphql-api-for-discussions. It refuses what GitHub
would refuse, and more: requests without a token (401), without the media type
or the version (415, 400), with a parameter that the documentation does not
name or a page of over 100 (422). GitHub itself ignores the last two. Prints
its URL; LOG gets a line "METHOD PATH QUERY" for each request.

DATA: {"token", "page": the most items of a page, "repos": {NAME: {"repo": {},
"issues": [], "pulls": [], "comments": [], "review_comments": [],
"releases": [], "reviews": {NUMBER: []}, "commits": {SHA: {PATH: TEXT}},
"head": SHA, "discussions": []}}, "deep": {LIST: the most pages of a
repository's "comments" or "releases"; the 422 after them is not in the
documentation},
"faults": [{"on": REGEX of METHOD PATH, "status", "headers", "body", "times"}],
"touches": [{"on": REGEX, "repo", "list", "time"}]}.
A repository's files are those of the commit "head"; none: it is empty. A touch
changes the first of a list after one such request was answered."""
import base64
import hashlib
import http.server
import json
import re
import sys
import threading
import urllib.parse

PAGES = {"per_page", "page"}
LISTS = {"sort", "direction", "since"} | PAGES


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def blob_sha(text):
    data = text.encode("latin-1" if "\0" in text else "utf-8")
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def encoded(text):
    """As GitHub does: with line breaks."""
    data = base64.b64encode(text.encode()).decode()
    return "".join(data[i:i + 60] + "\n" for i in range(0, len(data), 60))


class Github:
    """One request. routes: path, parameters, method."""

    def __init__(self, server, data, query, path, body):
        self.url, self.data, self.query = server.url, data, query
        self.path, self.body, self.links = path, body, {}

    def need(self, allowed):
        for name in self.query:
            if name not in allowed:
                raise Refused(422, f"unknown parameter {name}")
        if int(self.query.get("per_page", 30)) > 100:
            raise Refused(422, "per_page is over 100")

    def page(self, items):
        size = min(int(self.query.get("per_page", 30)), self.data["page"])
        at = int(self.query.get("page", 1))
        if at * size < len(items):
            query = urllib.parse.urlencode(dict(self.query, page=at + 1))
            self.links["next"] = f"{self.url}{self.path}?{query}"
        return items[(at - 1) * size:at * size]

    def sorted(self, items, since):
        key = {"created": "created_at", "updated": "updated_at"}[
            self.query.get("sort", "created")]
        items = [i for i in items if i["updated_at"] >=
                 (self.query.get("since", "") if since else "")]
        return self.page(sorted(
            items, key=lambda i: i[key],
            reverse=self.query.get("direction", "desc") == "desc"))

    def one(self, items, key, value):
        for item in items:
            if str(item[key]) == value:
                return item
        raise Refused(404, "Not Found")

    # ---- routes ----

    def org_repos(self, org):
        self.need({"type", "sort", "direction"} | PAGES)
        repos = [r["repo"] for n, r in self.data["repos"].items()
                 if n.split("/")[0] == org]
        if not repos:
            raise Refused(404, "Not Found")
        return self.page(repos)

    def repo(self, r):
        self.need(set())
        return r["repo"]

    def issues(self, r):
        self.need({"state"} | LISTS)
        if self.query.get("state", "open") != "all":
            raise Refused(422, "only what is open")
        if not r["repo"].get("has_issues", True):
            raise Refused(410, "Issues are disabled for this repo")
        return self.sorted(r["issues"], True)

    def issue(self, r, number):
        self.need(set())
        return self.one(r["issues"], "number", number)

    def pulls(self, r):
        self.need({"state", "head", "base", "sort", "direction"} | PAGES)
        if self.query.get("state", "open") != "all":
            raise Refused(422, "only what is open")
        return self.sorted(r["pulls"], False)

    def pull(self, r, number):
        self.need(set())
        return self.one(r["pulls"], "number", number)

    def reviews(self, r, number):
        self.need(PAGES)
        return self.page(r["reviews"].get(number, []))

    def releases(self, r):
        self.need(PAGES)
        self.near("releases")
        return self.page(r["releases"])

    def release(self, r, number):
        self.need(set())
        return self.one(r["releases"], "id", number)

    def near(self, name):
        """GitHub lets nobody go further, whatever links it gave."""
        most = self.data.get("deep", {}).get(name, 1e9)
        if int(self.query.get("page", 1)) > most:
            raise Refused(422, "In order to keep the API fast for everyone, "
                          "pagination is limited for this resource.")

    def comments(self, r):
        self.need(LISTS)
        self.near("comments")
        return self.sorted(r["comments"], True)

    def comment(self, r, number):
        self.need(set())
        return self.one(r["comments"], "id", number)

    def review_comments(self, r):
        self.need(LISTS)
        self.near("comments")
        return self.sorted(r["review_comments"], True)

    def review_comment(self, r, number):
        self.need(set())
        return self.one(r["review_comments"], "id", number)

    def ref(self, r, branch):
        self.need(set())
        if not r.get("head"):
            raise Refused(409, "Git Repository is empty.")
        if branch != r["repo"]["default_branch"]:
            raise Refused(404, "Not Found")
        return {"ref": f"refs/heads/{branch}", "url": "u",
                "object": {"type": "commit", "sha": r["head"], "url": "u"}}

    def commit(self, r, sha):
        if sha not in r["commits"]:
            raise Refused(404, "Not Found")
        return r["commits"][sha]

    def tree(self, r, sha):
        self.need({"recursive"})
        files = self.commit(r, sha)
        if "recursive" not in self.query:
            files = {p: t for p, t in files.items() if "/" not in p}
        tree = [{"path": p, "mode": "100644", "type": "blob", "size": len(t),
                 "sha": blob_sha(t), "url": "u"} for p, t in files.items()]
        for folder in {p.rsplit("/", 1)[0] for p in files if "/" in p}:
            tree.append({"path": folder, "mode": "040000", "type": "tree",
                         "sha": "0" * 40, "url": "u"})
        return {"sha": sha, "url": "u", "tree": tree,
                "truncated": r.get("truncated", False)}

    def blob(self, r, sha):
        self.need(set())
        for files in r["commits"].values():
            for text in files.values():
                if blob_sha(text) == sha:
                    return {"content": encoded(text), "encoding": "base64",
                            "size": len(text.encode()), "sha": sha}
        raise Refused(404, "Not Found")

    def contents(self, r, path):
        self.need({"ref"})
        files = self.commit(r, r["head"])
        if path in files:
            return {"type": "file", "path": path, "sha": blob_sha(files[path]),
                    "encoding": "base64", "content": encoded(files[path]),
                    "size": len(files[path])}
        inside = [p for p in files if p.startswith(path + "/")]
        if not inside:
            raise Refused(404, "Not Found")
        return [{"type": "file", "path": p, "sha": blob_sha(files[p])}
                for p in inside]

    def compare(self, r, base, head):
        self.need(PAGES)
        old, new = self.commit(r, base), self.commit(r, head)
        files = []
        gone = {p: t for p, t in old.items() if p not in new}
        for path, text in new.items():
            was = [p for p, t in gone.items() if t == text]
            if path in old and old[path] == text:
                continue
            entry = {"filename": path, "sha": blob_sha(text),
                     "status": "modified" if path in old else "added"}
            if path not in old and was:
                entry.update(status="renamed", previous_filename=was[0])
                del gone[was[0]]
            files.append(entry)
        files += [{"filename": p, "sha": blob_sha(t), "status": "removed"}
                  for p, t in gone.items()]
        return {"status": r.get("compare", "ahead"), "total_commits": 1,
                "commits": [], "files": files[:300]}

    # ---- GraphQL ----

    def graphql(self):
        self.need(set())
        v = self.body["variables"]
        for name in v:
            if f"${name}:" not in self.body["query"]:
                raise Refused(400, f"variable {name} is not declared")
        if "node(id:" in self.body["query"]:
            return {"data": {"node": self.replies(v)}}
        r = self.data["repos"].get(f"{v['owner']}/{v['name']}")
        if r is None:
            return {"data": {"repository": None}, "errors": [
                {"type": "NOT_FOUND", "path": ["repository"],
                 "message": "Could not resolve to a Repository"}]}
        if "discussion(number:" in self.body["query"]:
            return self.discussion(r, v["number"])
        field, direction = v["order"]["field"], v["order"]["direction"]
        key = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}[field]
        items = sorted(r["discussions"], key=lambda d: d[key],
                       reverse=direction == "DESC")
        return {"data": {"repository": {
            "discussions": self.connection(items, v, 100)}}}

    def connection(self, items, v, most):
        asked = int(re.search(r"first: (\d+)", self.body["query"])[1])
        if asked > most:
            raise Refused(400, "first is over 100")
        at, size = int(v.get("after") or 0), min(asked, self.data["page"])
        return {"nodes": [self.bare(i) for i in items[at:at + size]],
                "pageInfo": {"hasNextPage": at + size < len(items),
                             "endCursor": str(at + size)}}

    def bare(self, d):
        if "all" not in d:
            return d
        return {k: x for k, x in d.items() if k != "all"} | {
            "comments": {"totalCount": len(d["all"])}}

    def replies(self, v):
        for r in self.data["repos"].values():
            for d in r["discussions"]:
                if d["id"] == v["id"]:
                    return {"comments": self.connection(d["all"], v, 100)}
        return None

    def discussion(self, r, number):
        if not isinstance(number, int):
            raise Refused(400, "number is no Int")
        for d in r["discussions"]:
            if d["number"] == number:
                return {"data": {"repository": {"discussion": self.bare(d)}}}
        return {"data": {"repository": {"discussion": None}}, "errors": [
            {"type": "NOT_FOUND", "path": ["repository", "discussion"],
             "message": "Could not resolve to a Discussion"}]}

    ROUTES = [
        (r"", repo), (r"/issues", issues), (r"/issues/(\d+)", issue),
        (r"/issues/comments", comments), (r"/issues/comments/(\d+)", comment),
        (r"/pulls", pulls), (r"/pulls/(\d+)", pull),
        (r"/pulls/(\d+)/reviews", reviews),
        (r"/pulls/comments", review_comments),
        (r"/pulls/comments/(\d+)", review_comment),
        (r"/releases", releases), (r"/releases/(\d+)", release),
        (r"/git/ref/heads/(.+)", ref), (r"/git/trees/(\w+)", tree),
        (r"/git/blobs/(\w+)", blob), (r"/contents/(.+)", contents),
        (r"/compare/(\w+)\.\.\.(\w+)", compare)]

    def answer(self, method):
        path = urllib.parse.unquote(self.path)
        if method == "POST":
            if path not in ("/graphql", "/api/graphql"):
                raise Refused(404, "Not Found")
            return self.graphql()
        path = path.removeprefix("/api/v3")
        m = re.fullmatch(r"/orgs/([^/]+)/repos", path)
        if m:
            return self.org_repos(m[1])
        m = re.match(r"/repos/([^/]+/[^/]+)", path)
        if not m or m[1] not in self.data["repos"]:
            raise Refused(404, "Not Found")
        r = self.data["repos"][m[1]]
        for pattern, method in self.ROUTES:
            found = re.fullmatch(pattern, path[m.end():])
            if found:
                return method(self, r, *found.groups())
        raise Refused(404, "Not Found")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def headers_fit(self, data):
        if self.headers.get("Authorization") != f"Bearer {data['token']}":
            raise Refused(401, "Bad credentials")
        if not self.headers.get("User-Agent"):
            raise Refused(403, "Request forbidden by administrative rules")
        if self.headers.get("Accept") != "application/vnd.github+json":
            raise Refused(415, "Must accept 'application/json'")
        if self.headers.get("X-GitHub-Api-Version") != "2022-11-28":
            raise Refused(400, "version")

    def fault(self, data, path):
        for fault in data.get("faults", []):
            if not re.fullmatch(fault["on"], f"{self.command} {path}"):
                continue
            key = json.dumps(fault)
            used = self.server.used.get(key, 0)
            if used < fault.get("times", 1 << 30):
                self.server.used[key] = used + 1
                return fault
        return None

    def touch(self, data, path):
        for touch in data.get("touches", []):
            if re.fullmatch(touch["on"], f"{self.command} {path}"):
                key = json.dumps(touch)
                if self.server.used.setdefault(key, False):
                    data["repos"][touch["repo"]][touch["list"]][0][
                        "updated_at"] = touch["time"]
                self.server.used[key] = True

    def handle_request(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with open(self.server.data, encoding="utf-8") as f:
            data = json.load(f)
        with self.server.lock, open(self.server.log, "a") as f:
            f.write(f"{self.command} {url.path} {url.query}\n")
            fault = self.fault(data, url.path)
            self.touch(data, url.path)
        if fault:
            self.reply(fault["status"], fault.get("body", {}),
                       fault.get("headers", {}))
            return
        g = Github(self.server, data, dict(urllib.parse.parse_qsl(
            url.query)), url.path, json.loads(body) if body else None)
        try:
            self.headers_fit(data)
            status, reply = 200, g.answer(self.command)
        except Refused as e:
            status, reply = e.status, {
                "message": str(e), "status": str(e.status),
                "documentation_url": "https://docs.example.com/rest"}
        self.reply(status, reply, {"Link": ", ".join(
            f'<{u}>; rel="{rel}"' for rel, u in g.links.items())})

    do_GET = do_POST = handle_request

    def reply(self, status, body, headers):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.data, server.log = sys.argv[1:]
    server.lock, server.used = threading.Lock(), {}
    server.url = f"http://127.0.0.1:{server.server_port}"
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gitea, as docs.gitea.com documents its API (development/api-usage) and its
own /api/swagger each reply; what the two leave open is as the source of Gitea
1.26 has it. A real one is read by tests/ftest/gitea. See saas.py.

Gitea itself passes over parameters that it does not know and cuts a limit that
is too large; here both are refused. {} in a wiki is an image.

DATA: {"token", "scopes": those it has (default all), "outside": the address
that the server thinks it has, "repos": {OWNER/NAME: {"mine", "org", "off":
["wiki"...], "hidden": [as off, but not to be seen], "issues": [], "pulls": [],
"comments": [{"id", "on": NUMBER}], "reviews": {NUMBER: [{"id", "comments"}]},
"releases", "milestones", "labels", "wiki": [{"title", "sub", "text", "date"}],
"head": SHA, "commits": {SHA: {"parents": [], "files": {PATH: TEXT}}}}}}."""
import base64
import hashlib
import re
import urllib.parse

import saas
from saas import Refused

T = "2024-01-01T00:00:00Z"
PARTS = ("issues", "pull_requests", "wiki", "releases", "code")


def sha(text):
    data = text.encode("latin-1" if "\0" in text else "utf-8")
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def packed(text):
    return base64.b64encode(
        text.encode("latin-1" if "\0" in text else "utf-8")).decode()


def user(name):
    return {**dict.fromkeys((
        "full_name", "email", "avatar_url", "html_url", "language", "location",
        "website", "description", "login_name"), ""), "id": 1, "login": name,
        "username": name, "source_id": 0, "is_admin": False, "last_login": T,
        "created": T, "restricted": False, "active": False,
        "prohibit_login": False, "visibility": "public", "followers_count": 0,
        "following_count": 0, "starred_repos_count": 0}


def label(item):
    return {"id": 1, "exclusive": False, "is_archived": False, "color": "ff0000",
            "description": "", "url": "", **item}


def person(name):
    return {"name": name, "email": f"{name}@example.org"}


class Gitea(saas.Service):
    def error(self, e):
        if e.status == 404:
            return 404, {"errors": [str(e)] if str(e) else None,
                         "message": "not found", "url": "/api/swagger"}
        return e.status, {"message": f"{e.code} {e}".strip(),
                          "url": "/api/swagger"}

    def check(self):
        sent = self.headers.get("Authorization")
        if sent is None and self.data.get("public"):
            return
        if sent != f"Bearer {self.data['token']}":
            raise Refused(401, "token is required" if sent is None else
                          "user does not exist [uid: 0, name: ]")

    def answer(self):
        """A slash that is encoded is no part of the path."""
        self.check()
        path = urllib.parse.urlsplit(self.path).path
        for pattern, call in self.routes().items():
            m = re.fullmatch(pattern, f"{self.command} {path}")
            if m:
                return call(*map(urllib.parse.unquote, m.groups()))
        raise Refused(404, "no such path", path)

    def routes(self):
        p = r"GET /api/v1/repos/([^/]+/[^/]+)"
        return {
            r"GET /api/v1/user/repos": self.mine,
            r"GET /api/v1/repos/search": self.search,
            r"GET /api/v1/orgs/([^/]+)/repos": self.org,
            p: self.one_repo,
            p + "/issues": self.issues,
            p + r"/issues/(\d+)": self.issue,
            p + "/issues/comments": self.comments,
            p + r"/issues/comments/(\d+)": self.comment,
            p + "/pulls": self.pulls,
            p + r"/pulls/(\d+)": self.pull,
            p + r"/pulls/(\d+)/reviews": self.reviews,
            p + r"/pulls/(\d+)/reviews/(\d+)/comments": self.lines,
            p + "/releases": self.releases,
            p + r"/releases/(\d+)": self.release,
            p + "/milestones": self.milestones,
            p + r"/milestones/(\d+)": self.milestone,
            p + "/labels": self.labels,
            p + r"/labels/(\d+)": self.label,
            p + "/wiki/pages": self.wiki,
            p + "/wiki/page/([^/]+)": self.page_of_wiki,
            p + "/branches/(.+)": self.branch,
            p + "/git/trees/([0-9a-f]+)": self.tree,
            p + r"/compare/([0-9a-f]+)\.\.\.([0-9a-f]+)": self.compare,
            p + "/contents/(.+)": self.contents,
        }

    # ---- pages ----

    def address(self, path):
        return self.data.get("outside", "http://git.test") + path

    def page(self, items, links=True, most=saas.SIZE):
        size = min(self.number("limit", 30, 1, 50), most)
        page = self.number("page", 1, 1, 1 << 30)
        self.extra["X-Total-Count"] = str(len(items))
        last = -(-len(items) // size)
        if links and last > 1:
            path = urllib.parse.urlsplit(self.path).path
            to = {"first": 1, "prev": page - 1} if page > 1 else {}
            if page < last:
                to.update(next=page + 1, last=last)
            self.extra["Link"] = ",".join(
                "<%s?%s>; rel=\"%s\"" % (
                    self.address(path),
                    urllib.parse.urlencode({**self.query, "page": n}), rel)
                for rel, n in to.items())
        return items[(page - 1) * size:page * size]

    def since(self, items):
        return [i for i in items
                if i["updated_at"] >= self.query.get("since", "")]

    def all_states(self):
        if self.query.get("state") != "all":
            raise Refused(422, "only what is open")

    # ---- repositories ----

    def part(self, name, *parts):
        """The repository, if it has one of these parts and they may be seen."""
        repo = self.data["repos"].get(name)
        if repo is None:
            raise Refused(404, "")
        gone = repo.get("off", []) + repo.get("hidden", [])
        scope = "issue" if "issues" in parts else "repository"
        if scope not in self.data.get("scopes", [scope]):
            raise Refused(403, "token does not have at least one of required "
                          f"scope(s): [read:{scope}]")
        if parts and all(p in gone for p in parts):
            if parts[0] in ("releases", "code"):
                raise Refused(403, "user should have specific read permission "
                              "or be a repo admin or a site admin")
            raise Refused(404, "")
        return repo

    def repo(self, name):
        r = self.data["repos"][name]
        owner, short = name.split("/")
        return {
            **{"has_" + p: p not in r.get("off", []) for p in PARTS},
            **dict.fromkeys((
                "allow_fast_forward_only_merge", "allow_manual_merge",
                "allow_merge_commits", "allow_rebase", "allow_rebase_explicit",
                "allow_rebase_update", "allow_squash_merge", "archived",
                "autodetect_manual_merge", "default_allow_maintainer_edit",
                "default_delete_branch_after_merge", "fork", "has_actions",
                "has_packages", "has_projects", "ignore_whitespace_conflicts",
                "internal", "mirror", "private", "template"), False),
            **dict.fromkeys((
                "branch_count", "forks_count", "open_issues_count",
                "open_pr_counter", "release_counter", "size", "stars_count",
                "watchers_count"), 0),
            **dict.fromkeys((
                "avatar_url", "clone_url", "languages_url", "link",
                "mirror_interval", "original_url", "ssh_url", "website"), ""),
            "archived_at": T, "mirror_updated": T, "created_at": T,
            "updated_at": r.get("updated_at", T), "id": 1, "name": short,
            "full_name": name, "owner": user(owner), "language": "C",
            "description": r.get("description", short), "default_branch": "main",
            "default_merge_style": "merge", "empty": r.get("head") is None,
            "html_url": self.address("/" + name), "projects_mode": "all",
            "internal_tracker": {}, "licenses": None, "topics": ["docs"],
            "object_format_name": "sha1", "permissions": {"pull": True},
            "url": self.address("/api/v1/repos/" + name)}

    def named(self, wanted):
        return [self.repo(n) for n, r in sorted(self.data["repos"].items())
                if wanted(n, r)]

    def mine(self):
        self.only("page", "limit")
        return self.page(self.named(lambda n, r: r.get("mine")))

    def search(self):
        self.only("page", "limit", "sort")
        return {"ok": True, "data": self.page(self.named(lambda n, r: True))}

    def org(self, org):
        self.only("page", "limit")
        found = self.named(lambda n, r: n.split("/")[0] == org)
        if not found:
            raise Refused(404, "", f"org {org}")
        return self.page(found)

    def one_repo(self, name):
        self.only()
        self.part(name)
        return self.repo(name)

    # ---- issues and pull requests ----

    def thing(self, name, i, kind):
        return {
            "assets": [], "assignee": None, "assignees": None, "body": "",
            "closed_at": None, "comments": 0, "created_at": T, "due_date": None,
            "id": 1000 + i["number"], "is_locked": False, "milestone": None,
            "pin_order": 0, "state": "open", "title": f"No. {i['number']}",
            "updated_at": T, "url": "", "user": user("ann"), **i,
            "labels": [label(x) for x in i.get("labels", [])],
            "html_url": self.address(f"/{name}/{kind}/{i['number']}")}

    def as_issue(self, name, i, pull=None):
        owner, short = name.split("/")
        return {**self.thing(name, i, "pulls" if pull else "issues"),
                "content_version": 0, "original_author": "",
                "original_author_id": 0, "ref": "", "time_estimate": 0,
                "pull_request": pull, "repository": {
                    "id": 1, "name": short, "owner": owner, "full_name": name}}

    def as_pull(self, name, i):
        ref = {"label": "main", "ref": "main", "repo": self.repo(name),
               "repo_id": 1, "sha": "a" * 40}
        return {**dict.fromkeys((
            "additions", "changed_files", "deletions", "review_comments"), 0),
            **dict.fromkeys(("diff_url", "patch_url"), ""),
            **dict.fromkeys(("allow_maintainer_edit", "draft", "mergeable",
                             "merged"), False),
            **dict.fromkeys(("merge_commit_sha", "merged_at", "merged_by")),
            "merge_base": "a" * 40, "requested_reviewers": [],
            "requested_reviewers_teams": [],
            **self.thing(name, i, "pulls"), "base": ref,
            "head": {**ref, "ref": "fix", "label": "fix"}}

    def issues(self, name):
        repo = self.part(name, "issues")
        self.only("page", "limit", "state", "type", "since")
        self.all_states()
        if self.query.get("type") != "issues":
            raise Refused(422, "pull requests, too")
        return self.page([self.as_issue(name, i) for i in self.since(
            [{"updated_at": T, **i} for i in repo["issues"][::-1]])])

    def issue(self, name, number):
        repo = self.part(name, "issues")
        self.only()
        for kind, pull in ("issues", None), ("pulls", {"merged": False}):
            for i in repo[kind]:
                if str(i["number"]) == number:
                    return self.as_issue(name, i, pull)
        raise Refused(404, "", "issue does not exist")

    def pulls(self, name):
        repo = self.part(name, "pull_requests")
        if self.part(name, "code").get("head") is None:
            raise Refused(404, "")
        self.only("page", "limit", "state", "sort")
        self.all_states()
        items = [self.as_pull(name, i) for i in repo["pulls"]]
        if self.query["sort"] == "recentupdate":
            items.sort(key=lambda i: i["updated_at"], reverse=True)
        elif self.query["sort"] != "oldest":
            raise Refused(422, "sort")
        return self.page(items)

    def pull(self, name, number):
        pulls = self.part(name, "pull_requests")["pulls"]
        self.only()
        found = self.find([{"id": i["number"], "as": i} for i in pulls], number)
        return {**self.as_pull(name, found["as"]),
                "requested_reviewers": [user("ann")]}

    def as_comment(self, name, c):
        repo = self.data["repos"][name]
        pull = any(i["number"] == c["on"] for i in repo["pulls"])
        to = self.address(f"/{name}/{'pulls' if pull else 'issues'}/{c['on']}")
        item = {"assets": [], "created_at": T, "original_author": "",
                "original_author_id": 0, "updated_at": T, "user": user("bob"),
                "html_url": f"{to}#issuecomment-{c['id']}",
                "issue_url": "" if pull else to,
                "pull_request_url": to if pull else "", **c}
        del item["on"]
        return item

    def said(self, name):
        """The comments on what may be seen."""
        repo = self.part(name, "issues", "pull_requests")
        gone = repo.get("off", []) + repo.get("hidden", [])
        return [c for c in (self.as_comment(name, c) for c in repo["comments"])
                if ("issues" if c["issue_url"] else "pull_requests") not in gone]

    def comments(self, name):
        self.only("page", "limit", "since")
        return self.page(self.since(self.said(name)), links=False)

    def comment(self, name, number):
        self.only()
        return self.find(self.said(name), number)

    def reviews(self, name, number):
        repo = self.part(name, "pull_requests")
        self.only("page", "limit")
        return self.page([{
            "body": "", "commit_id": "a" * 40, "dismissed": False,
            "official": False, "stale": False, "state": "COMMENT",
            "submitted_at": T, "team": None, "updated_at": T,
            "html_url": "", "user": user("cid"),
            "pull_request_url": self.address(f"/{name}/pulls/{number}"), **r,
            "comments_count": len(r.pop("comments", []))}
            for r in map(dict, repo["reviews"].get(number, []))], links=False)

    def lines(self, name, number, review):
        repo = self.part(name, "pull_requests")
        self.only("limit")
        found = self.find(repo["reviews"].get(number, []), review)
        return [{"commit_id": "", "created_at": T, "diff_hunk": "@@",
                 "html_url": "", "id": n, "original_commit_id": "",
                 "original_position": 0, "path": "x.c", "position": 1,
                 "pull_request_review_id": int(review), "updated_at": T,
                 "pull_request_url": self.address(f"/{name}/pulls/{number}"),
                 "resolver": None, "user": user("cid"), "body": body}
                for n, body in enumerate(found.get("comments", []))]

    # ---- what else a repository has ----

    def as_release(self, name, r):
        return {"assets": [], "author": user("ann"), "body": "", "created_at": T,
                "draft": False, "name": "", "prerelease": False,
                "published_at": T, "tarball_url": "", "zipball_url": "",
                "target_commitish": "main", "upload_url": "", "url": "",
                "html_url": self.address(f"/{name}/releases/tag/{r['tag_name']}"),
                **r}

    def releases(self, name):
        repo = self.part(name, "releases")
        self.only("page", "limit", "draft")
        return self.page([self.as_release(name, r) for r in repo["releases"]
                          if self.query.get("draft") != "false"
                          or not r.get("draft")])

    def release(self, name, number):
        repo = self.part(name, "releases")
        self.only()
        return self.as_release(name, self.find(repo["releases"], number))

    @staticmethod
    def as_milestone(item):
        return {"closed_at": None, "closed_issues": 0, "created_at": T,
                "description": "", "due_on": None, "open_issues": 0,
                "state": "open", "updated_at": T, **item}

    def milestones(self, name):
        repo = self.part(name, "issues", "pull_requests")
        self.only("page", "limit", "state")
        self.all_states()
        return self.page([self.as_milestone(m) for m in repo["milestones"]],
                         links=False)

    def milestone(self, name, number):
        repo = self.part(name, "issues", "pull_requests")
        self.only()
        return self.as_milestone(self.find(repo["milestones"], number))

    def labels(self, name):
        repo = self.part(name, "issues", "pull_requests")
        self.only("page", "limit")
        return self.page([label(x) for x in repo["labels"]], links=False)

    def label(self, name, number):
        repo = self.part(name, "issues", "pull_requests")
        self.only()
        return label(self.find(repo["labels"], number))

    def as_page(self, name, w):
        by = {**person("ann"), "date": w["date"]}
        return {"title": w["title"], "sub_url": w["sub"],
                "html_url": self.address(f"/{name}/wiki/{w['sub']}"),
                "last_commit": {"sha": "a" * 40, "author": by, "commiter": by,
                                "message": "an edit"}}

    def wiki(self, name):
        wiki = self.part(name, "wiki")["wiki"]
        self.only("page", "limit")
        if not wiki:
            raise Refused(404, "", "object does not exist [id: refs/heads/main]")
        return [self.as_page(name, w) for w in self.page(wiki, False, 50) if w]

    def page_of_wiki(self, name, title):
        repo = self.part(name, "wiki")
        self.only()
        for w in repo["wiki"]:
            if urllib.parse.unquote(w["sub"]) == title:
                return {**self.as_page(name, w), "commit_count": 1,
                        "content_base64": packed(w["text"]), "footer": "",
                        "sidebar": ""}
        raise Refused(404, "")

    # ---- files ----

    def branch(self, name, branch):
        repo = self.part(name, "code")
        self.only()
        if branch != "main" or repo["head"] is None:
            raise Refused(404, "", f"branch does not exist [name: {branch}]")
        return {"name": branch, "protected": False, "required_approvals": 0,
                "enable_status_check": False, "status_check_contexts": [],
                "user_can_push": False, "user_can_merge": False,
                "effective_branch_protection_name": "", "commit": {
                    "id": repo["head"], "message": "", "url": "", "added": None,
                    "author": {**person("ann"), "username": ""},
                    "committer": {**person("ann"), "username": ""},
                    "modified": None, "removed": None, "timestamp": T,
                    "verification": {}}}

    def tree(self, name, head):
        repo = self.part(name, "code")
        self.only("recursive", "page", "per_page")
        files = repo["commits"][head]["files"]
        size = min(self.number("per_page", 1000, 1, 1000), saas.SIZE)
        page = self.number("page", 1, 1, 1 << 30)
        found = [{"path": "docs", "mode": "040000", "type": "tree", "size": 0,
                  "sha": "d" * 40, "url": ""}] + [
            {"path": p, "mode": "100644", "type": "blob", "sha": sha(t),
             "size": len(t), "url": ""} for p, t in sorted(files.items())]
        part = found[(page - 1) * size:page * size]
        return {"sha": head, "url": "", "tree": part or None, "page": page,
                "truncated": page * size < len(found), "total_count": len(found)}

    def compare(self, name, base, head):
        repo = self.part(name, "code")
        self.only()
        commits = repo["commits"]
        if base not in commits or head not in commits:
            raise Refused(404, "")

        def above(tip):
            seen, rest = [], [tip]
            while rest:
                at = rest.pop(0)
                if at not in seen:
                    seen.append(at)
                    rest += commits[at]["parents"]
            return seen

        def changes(at):
            new = commits[at]["files"]
            old = commits[commits[at]["parents"][0]]["files"] \
                if commits[at]["parents"] else {}
            for path in sorted({**old, **new}):
                if old.get(path) != new.get(path):
                    yield {"filename": path, "status": "removed"
                           if path not in new else "added"
                           if path not in old else "modified"}
        found = [c for c in above(head) if c not in above(base)]
        return {"total_commits": len(found), "commits": [
            {"url": "", "sha": c, "created": T, "html_url": "", "commit": {
                "url": "", "author": {**person("ann"), "date": T},
                "committer": {**person("ann"), "date": T}, "message": "",
                "tree": {"url": "", "sha": c, "created": T},
                "verification": {}},
             "author": user("ann"), "committer": user("ann"),
             "parents": [{"url": "", "sha": p, "created": T}
                         for p in commits[c]["parents"]],
             "files": list(changes(c)),
             "stats": {"total": 1, "additions": 1, "deletions": 0}}
            for c in found]}

    def contents(self, name, path):
        repo = self.part(name, "code")
        self.only("ref")
        files = repo["commits"][repo["head"]]["files"]
        if path not in files:
            if any(f.startswith(path + "/") for f in files):
                return []
            raise Refused(404, "", "object does not exist")
        text = files[path]
        return {"name": path.split("/")[-1], "path": path, "sha": sha(text),
                "last_commit_sha": repo["head"], "last_committer_date": T,
                "last_author_date": T, "type": "file", "size": len(text),
                "encoding": "base64", "content": packed(text), "target": None,
                "url": "", "html_url": "", "git_url": "", "download_url": "",
                "submodule_git_url": None, "_links": {
                    "self": "", "git": "", "html": ""}}


saas.serve(Gitea)

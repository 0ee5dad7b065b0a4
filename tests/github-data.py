#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""github-data.py: what github-server.py has at first."""
import json

WEB = "https://github.example.com/acme/app"
API = "https://api.github.example.com/repos/acme/app"
ANN, BOB = {"login": "ann"}, {"login": "bob"}


def repo(name):
    return {"repo": {
        "id": 1, "name": name, "full_name": f"acme/{name}", "private": False,
        "owner": {"login": "acme"}, "description": f"The {name}",
        "html_url": f"https://github.example.com/acme/{name}", "fork": False,
        "default_branch": "main", "topics": ["t"], "language": "C",
        "archived": False, "created_at": "2023-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:00Z"},
        "issues": [], "pulls": [], "comments": [], "review_comments": [], "releases": [],
        "reviews": {}, "commits": {}, "head": None, "discussions": []}


def issue(number, updated, **more):
    return {"id": 100 + number, "number": number, "title": f"Issue {number}",
            "body": f"body {number}", "user": ANN, "state": "open",
            "html_url": f"{WEB}/issues/{number}", "comments": 1,
            "repository_url": API, "labels": [{"name": "bug"}],
            "milestone": {"title": "1.0"}, "assignees": [BOB],
            "closed_at": None, "created_at": f"2024-01-0{number}T00:00:00Z",
            "updated_at": updated} | more


def pull(number, updated):
    return {"id": 200 + number, "number": number, "title": f"Pull {number}",
            "body": f"body {number}", "user": BOB, "state": "open",
            "draft": True, "html_url": f"{WEB}/pull/{number}",
            "merged_at": None, "closed_at": None, "labels": [],
            "milestone": None, "assignees": [],
            "base": {"ref": "main", "repo": {"full_name": "acme/app"}},
            "head": {"ref": "fix", "repo": None},
            "created_at": f"2024-01-0{number}T00:00:00Z",
            "updated_at": updated}


def comment(number, kind, of):
    return {"id": number, "body": f"comment {number}", "user": ANN,
            "html_url": f"{WEB}/{kind}/{of}#issuecomment-{number}",
            "issue_url": f"{API}/issues/{of}",
            "created_at": f"2024-02-01T00:00:{number % 60:02}Z",
            "updated_at": "2024-02-01T00:00:00Z"}


def release(number, **more):
    return {"id": number, "tag_name": f"v{number}", "name": None,
            "body": f"What is new in {number}", "draft": False,
            "prerelease": False, "author": BOB,
            "html_url": f"{WEB}/releases/tag/v{number}",
            "assets": [{"name": "app.tar.gz"}],
            "created_at": "2024-02-01T00:00:00Z",
            "published_at": "2024-02-02T00:00:00Z"} | more


def discussion(number, replies):
    return {"id": f"D_{number}", "number": number, "title": f"T {number}",
            "body": f"D {number}", "url": f"{WEB}/discussions/{number}",
            "createdAt": f"2024-03-{number}T00:00:00Z",
            "updatedAt": f"2024-03-{number}T00:00:00Z", "author": ANN,
            "category": {"name": "Ideas"}, "labels": {"nodes": []},
            "answerChosenAt": "2024-04-01T00:00:00Z", "all": [
                {"body": b, "replies": {"nodes": [{"body": r} for r in of]}}
                for b, of in replies]}


def main():
    app, lib, third = repo("app"), repo("lib"), repo("third")
    app["issues"] = [
        issue(1, "2024-05-01T00:00:00Z", body=None, user=None),
        issue(2, "2024-06-01T00:00:00Z"),
        issue(3, "2024-06-02T00:00:00Z", pull_request={"url": "u"}),
        issue(4, "2024-06-03T00:00:00Z")]
    app["pulls"] = [pull(3, "2024-06-02T00:00:00Z"),
                    pull(5, "2024-06-03T00:00:00Z"),
                    pull(6, "2024-06-04T00:00:00Z")]
    app["reviews"] = {"3": [{"body": "looks good"}, {"body": ""}]}
    app["comments"] = [comment(501, "issues", 1), comment(502, "pull", 3),
                       comment(503, "issues", 2)]
    app["review_comments"] = [comment(601, "pull", 3) | {
        "path": "src/x.c", "pull_request_url": f"{API}/pulls/3"}]
    app["releases"] = [
        release(703, draft=True, published_at=None), release(702),
        release(701, name="First", updated_at="2024-02-03T00:00:00Z")]
    app["discussions"] = [
        discussion(21, [("c1", ["r1", "r2"]), ("c2", []), ("c3", [])]),
        discussion(22, []), discussion(23, [])]
    app["head"] = "a" * 40
    old = {"README.md": "# App\n", "docs/one.md": "# One\nüber\n",
           "docs/a b/é #1.md": "odd", "docs/nul.txt": "a\0b", "src/x.c": "x"}
    new = dict(old, **{"new.md": "new", "docs/moved.md": old["docs/one.md"],
                       "src/x.c": "y"})
    del new["README.md"], new["docs/one.md"]
    app["commits"] = {"a" * 40: old, "b" * 40: new}
    print(json.dumps({"token": "t0ken", "page": 2, "repos": {
        "acme/app": app, "acme/lib": lib, "acme/third": third}}))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gitlab-data.py: what tests/gitlab-server.py serves at first, as JSON."""
import json

WEB = "https://gitlab.example.com/"


def issue(project, iid, month, **more):
    return {"id": project * 100 + iid, "iid": iid, "project_id": project,
            "title": f"Issue {iid}", "description": f"text {iid}",
            "state": "opened", "issue_type": "issue", "labels": ["bug"],
            "created_at": f"2024-01-{iid:02}T00:00:00.000Z",
            "updated_at": f"2024-{month:02}-01T00:00:00.000Z",
            "closed_at": None, "due_date": None, "confidential": False,
            "author": {"id": 1, "username": "ann", "name": "Ann"},
            "assignees": [{"id": 2, "username": "bob"}],
            "milestone": {"id": 1, "title": "1.0"}, "user_notes_count": 0,
            "web_url": f"{WEB}acme/app/-/issues/{iid}", **more}


def merge(project, iid, month, **more):
    i = issue(project, iid, month, title=f"Merge {iid}", draft=False,
              merged_at=None, source_branch="fix", target_branch="main",
              reviewers=[{"username": "cy"}],
              web_url=f"{WEB}acme/app/-/merge_requests/{iid}", **more)
    for key in ("issue_type", "confidential", "due_date"):
        del i[key]
    return i


def thread(*notes):
    return {"id": "f" * 40, "individual_note": len(notes) == 1, "notes": [
        {"id": 1, "type": None, "body": body, "system": False,
         "author": {"username": "bob"}, "internal": False, **more}
        for body, more in notes]}


def release(tag):
    return {"tag_name": tag, "name": f"Release {tag}",
            "description": f"new in {tag}",
            "created_at": "2024-02-01T00:00:00.000Z",
            "released_at": "2024-02-02T00:00:00.000Z",
            "author": {"username": "ann"}, "milestones": [{"title": "1.0"}],
            "assets": {"count": 1, "sources": [], "links": [
                {"id": 1, "name": "app.msi", "url": "u"}]}}


def wiki(slug, text):
    return {"slug": slug, "title": slug.rsplit("/", 1)[-1], "content": text,
            "format": "markdown", "encoding": "UTF-8"}


def snippet(number):
    return {"id": number, "title": f"Snippet {number}", "file_name": "a.rb",
            "description": "how to", "author": {"username": "ann"},
            "created_at": "2024-03-01T00:00:00.000Z", "project_id": 11,
            "updated_at": "2024-03-02T00:00:00.000Z", "text": "puts 1\n",
            "web_url": f"{WEB}acme/app/-/snippets/{number}"}


def epic(group, iid, **more):
    return {"id": group * 10 + iid, "iid": iid, "group_id": group,
            "title": f"Epic {iid}", "description": "big", "state": "opened",
            "labels": [], "confidential": False, "start_date": None,
            "author": {"username": "ann"}, "due_date": "2024-12-01",
            "created_at": f"2024-01-0{iid}T00:00:00.000Z", "closed_at": None,
            "updated_at": f"2024-02-0{iid}T00:00:00.000Z",
            "web_url": f"{WEB}groups/acme/-/epics/{iid}", **more}


def project(number, path, **more):
    return {"id": number, "path_with_namespace": path, "member": True,
            "name_with_namespace": path.replace("/", " / "),
            "description": f"about {path}", "web_url": WEB + path,
            "created_at": "2023-01-01T00:00:00.000Z", "topics": ["c"],
            "updated_at": "2024-01-01T00:00:00.000Z", "archived": False,
            "visibility": "private", "default_branch": "main",
            "issues": [], "merge_requests": [], "threads": {}, "wikis": [],
            "releases": [], "snippets": [], "head": "a" * 40,
            "commits": {"a" * 40: {}}, **more}


FILES = {"README.md": "# App\n", "docs/one.md": "# One\nüber\n",
         "docs/a b/é #1.md": "odd\n", "docs/nul.txt": "a\0b",
         "src/x.c": "int x;\n"}
LATER = {"docs/one.md": "# One\nchanged\n", "docs/moved.md": "# App\n",
         "docs/a b/é #1.md": "odd\n", "new.md": "new\n", "src/x.c": "y\n"}

print(json.dumps({
    "token": "t0ken", "oauth": {"client_id": "app", "client_secret": "s3cret",
                                "refresh_token": "refresh0"},
    "groups": {"acme": {"id": 5, "epics": [
        epic(5, 1), epic(5, 3, confidential=True)],
        "threads": {"51": [thread(("why", {}))]}},
        "acme/team": {"id": 6, "epics": [epic(6, 2)], "threads": {}}},
    "projects": [
        project(11, "acme/app", issues=[
            issue(11, 1, 5, user_notes_count=4),
            issue(11, 2, 6, confidential=True),
            issue(11, 3, 7, state="closed"), issue(11, 4, 8, description=None)],
            merge_requests=[merge(11, 1, 5), merge(11, 2, 6),
                            merge(11, 3, 7, user_notes_count=1)],
            threads={"issues/1": [
                thread(("first", {}), ("reply", {})),
                thread(("changed the label", {"system": True})),
                thread(("not for all", {"internal": True})),
                thread(("last", {}))],
                "merge_requests/3": [thread(("on a line", {}))]},
            wikis=[wiki("home", "# Home"), wiki("dir/pagé 1", "deep")],
            releases=[release("v1.0"), release("rel/2"), release("v3")],
            snippets=[snippet(7)], commits={"a" * 40: FILES, "b" * 40: LATER}),
        project(12, "acme/team/lib", default_branch=None, head=None,
                wiki_access_level="disabled", snippets_access_level="disabled",
                merge_requests_access_level="disabled"),
        project(13, "other/tool", issues=[issue(13, 1, 2)]),
        project(14, "other/secret", member=False)],
}))

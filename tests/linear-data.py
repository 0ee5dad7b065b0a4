#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""linear-data.py: what tests/linear-server.py serves at first, as JSON."""
import json

WEB = "https://linear.example.com/acme/"


def entry(key, day, **more):
    return {"id": key, "createdAt": f"2024-01-{day:02}T00:00:00.000Z",
            "updatedAt": f"2024-02-{day:02}T00:00:00.000Z",
            "archivedAt": None, "url": WEB + key, **more}


def gone():
    return {"archivedAt": "2024-03-01T00:00:00.000Z"}


def issue(number, team="t1", **more):
    return entry(f"i{number}", number, **{
        "identifier": f"ENG-{number}", "title": f"Issue {number}",
        "description": f"text {number}", "team": team, "state": "Todo",
        "creator": "ann", "assignee": "bob", "priorityLabel": "High",
        "labels": ["bug"], "trashed": None, **more})


def comment(number, body, **more):
    return entry(f"c{number}", number, body=body, issueId=more.get("issue"),
                 **{"user": "ann", **more})


def project(number, *teams, **more):
    return entry(f"p{number}", number, name=f"Project {number}",
                 description="short", content="long", teams=list(teams),
                 status="Started", lead="bob", creator="ann", labels=["core"],
                 health="onTrack", trashed=None, **more)


print(json.dumps({
    "token": "lin_api_t0ken",
    "oauth": {"client_id": "app", "client_secret": "s3cret",
              "refresh_token": "refresh0"},
    "teams": [{"id": "t1", "key": "ENG", "name": "Engineering"},
              {"id": "t2", "key": "OPS", "name": "Operations"}],
    "issues": [
        issue(1, project="p1", description=None,
              labels=[f"l{n}" for n in range(1, 4)]),
        issue(2, parent="i1"), issue(3, "t2"), issue(4) | gone(),
        issue(5, trashed=True) | gone()],
    "comments": [
        comment(1, "on an issue", issue="i1"),
        comment(2, "a reply", issue="i1", parentId="c1", user=None,
                externalUser="Eve"),
        comment(3, "on one of OPS", issue="i3"),
        comment(4, "on an archived one", issue="i4"),
        comment(5, "on an update", projectUpdateId="u1"),
        comment(6, "on a document",
                documentContent={"id": "x", "document": "d1"}),
        comment(7, "deleted", issue="i1") | gone()],
    "projects": [project(1, "t1", "t2"), project(2, "t2"),
                 project(3, "t1") | gone()],
    "projectUpdates": [
        entry("u1", 1, body="all well", health="onTrack", user="bob",
              project="p1"),
        entry("u2", 2, body="late", health="atRisk", user="bob",
              project="p2")],
    "documents": [
        entry("d1", 1, title="Spec", content="# Spec", creator="ann",
              project="p1", trashed=None),
        entry("d2", 2, title="Runbook", content="", creator="ann", team="t2",
              trashed=None),
        entry("d3", 3, title="Old", content="", creator="ann", issue="i1",
              trashed=True) | gone()],
    "initiatives": [
        entry("n1", 1, name="Grow", description="more", content=None,
              status="Active", owner="ann", teams=["t1"], trashed=None)],
    "initiativeUpdates": [
        entry("v1", 1, body="grown", health="onTrack", user="ann",
              initiative="n1")],
}))

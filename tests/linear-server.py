#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Linear, as linear.app/developers documents its GraphQL API (graphql,
pagination, filtering, rate-limiting, oauth-2-0-authentication) and as its
published schema has it: of that, the fields, arguments and filters below.
Queries are parsed and checked: what the schema does not have, an argument of
another type, a variable that is not declared or not used, a page of over 250
and a query of over 10,000 points of complexity are refused. See saas.py.

DATA: {"token": the API key, "oauth": {client_id, client_secret,
refresh_token}, "now": of archived things, COLLECTION: [...]}; an object inside
another is its id."""
import re

import saas
from saas import Refused

# A type's scalars; its objects; its connections.
TYPES = {
    "Issue": ("id identifier number title description url createdAt updatedAt "
              "archivedAt trashed priorityLabel dueDate completedAt "
              "canceledAt estimate",
              {"team": "Team", "state": "WorkflowState", "assignee": "User",
               "creator": "User", "project": "Project", "parent": "Issue"},
              {"labels": "IssueLabel"}),
    "Comment": ("id body url createdAt updatedAt archivedAt editedAt parentId "
                "issueId projectId projectUpdateId initiativeId "
                "initiativeUpdateId",
                {"user": "User", "externalUser": "User", "botActor": "User",
                 "issue": "Issue", "documentContent": "DocumentContent"}, {}),
    "Project": ("id name description content url createdAt updatedAt "
                "archivedAt trashed startDate targetDate health "
                "priorityLabel",
                {"lead": "User", "creator": "User", "status": "ProjectStatus"},
                {"teams": "Team", "labels": "ProjectLabel"}),
    "ProjectUpdate": ("id body url createdAt updatedAt archivedAt health",
                      {"user": "User", "project": "Project"}, {}),
    "Document": ("id title content url createdAt updatedAt archivedAt trashed "
                 "hiddenAt",
                 {"creator": "User", "updatedBy": "User", "project": "Project",
                  "issue": "Issue", "initiative": "Initiative",
                  "team": "Team"}, {}),
    "Initiative": ("id name description content url createdAt updatedAt "
                   "archivedAt trashed status health targetDate",
                   {"owner": "User", "creator": "User"}, {}),
    "InitiativeUpdate": ("id body url createdAt updatedAt archivedAt health",
                         {"user": "User", "initiative": "Initiative"}, {}),
    "Team": ("id key name", {}, {}), "User": ("id name displayName", {}, {}),
    "WorkflowState": ("id name type", {}, {}),
    "ProjectStatus": ("id name type", {}, {}),
    "IssueLabel": ("id name", {}, {}), "ProjectLabel": ("id name", {}, {}),
    "DocumentContent": ("id", {"document": "Document"}, {}),
    "PageInfo": ("hasNextPage endCursor", {}, {}),
}
LISTS = {"issues": "Issue", "comments": "Comment", "projects": "Project",
         "projectUpdates": "ProjectUpdate", "documents": "Document",
         "initiatives": "Initiative", "initiativeUpdates": "InitiativeUpdate",
         "teams": "Team"}
WHERE = {t: name for name, t in LISTS.items()}
# What a filter may have beside id, createdAt, updatedAt, and, or.
FILTERS = {
    "IssueFilter": {"archivedAt": "Date", "team": "TeamFilter"},
    "TeamFilter": {"key": "Text"},
    "CommentFilter": {"issue": "IssueFilter"},
    "ProjectFilter": {"accessibleTeams": "TeamCollectionFilter"},
    "ProjectUpdateFilter": {"project": "ProjectFilter"},
    "DocumentFilter": {"project": "ProjectFilter", "issue": "IssueFilter",
                       "team": "TeamFilter"},
    "InitiativeFilter": {"teams": "TeamCollectionFilter"},
    "InitiativeUpdateFilter": {"initiative": "InitiativeFilter"},
    "TeamCollectionFilter": {"some": "TeamFilter", "every": "TeamFilter"},
}
COMPARE = {"Date": {"eq", "gt", "gte", "lt", "lte"}, "Id": {"eq", "in"},
           "Text": {"eq", "in", "startsWith"}}
TOKEN = re.compile(r'\s*(?:,\s*)*(\.\.\.|[A-Za-z_]\w*|\d+|"[^"]*"|[{}()\[\]:!$@=])')


def invalid(message):
    raise Refused(400, "GRAPHQL_VALIDATION_FAILED", message)


class Query:
    """The text of one query: its variables and its selection."""

    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.rstrip()
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                invalid(f"Syntax Error: {text[at:at + 20]}")
            self.tokens.append(m[1])
            at = m.end()
        self.declared, self.used = {}, set()
        self.take("query")
        if self.tokens[:1] == ["("]:
            self.take("(")
            while self.tokens[0] != ")":
                self.take("$")
                name = self.take()
                self.take(":")
                kind = self.take()
                self.declared[name] = kind + (
                    self.take() if self.tokens[0] == "!" else "")
            self.take(")")
        self.selection = self.fields()
        if self.tokens:
            invalid("Syntax Error: Unexpected " + self.tokens[0])

    def take(self, want=None):
        if not self.tokens or want not in (None, self.tokens[0]):
            invalid(f"Syntax Error: Expected {want}")
        return self.tokens.pop(0)

    def value(self):
        token = self.take()
        if token == "$":
            name = self.take()
            self.used.add(name)
            if name not in self.declared:
                invalid(f'Variable "${name}" is not defined.')
            return ("$", name)
        word = {"true": True, "false": False, "null": None}
        return int(token) if token.isdigit() else word.get(
            token, token.strip('"'))

    def arguments(self):
        found = {}
        if self.tokens[:1] == ["("]:
            self.take("(")
            while self.tokens[0] != ")":
                name = self.take()
                self.take(":")
                found[name] = self.value()
            self.take(")")
        return found

    def fields(self):
        """A list of (alias, name, arguments, condition, fields)."""
        out = []
        self.take("{")
        while self.tokens and self.tokens[0] != "}":
            alias = name = self.take()
            if name != "..." and self.tokens[0] == ":":
                self.take(":")
                name = self.take()
            args = {} if name == "..." else self.arguments()
            condition = None
            if self.tokens[0] == "@":
                self.take("@")
                self.take("include")
                condition = self.arguments().get("if")
            inner = self.fields() if self.tokens[0] == "{" else None
            out.append((alias, name, args, condition, inner))
        self.take("}")
        return out


class Linear(saas.Service):
    def error(self, e):
        types = {"AUTHENTICATION_ERROR": "authentication error",
                 "INPUT_ERROR": "invalid input"}
        return e.status, {"errors": [{
            "message": str(e), "extensions": {
                "code": e.code, "type": types.get(e.code, "graphql error"),
                "userError": True, "userPresentableMessage": str(e)}}]}

    def check(self):
        pass

    def routes(self):
        return {r"POST /graphql": self.graphql, r"POST /oauth/token": self.oauth}

    def oauth(self):
        want, used = self.data["oauth"], self.server.used
        kind = self.body.get("grant_type")
        good = all(self.body.get(k) == want[k]
                   for k in ("client_id", "client_secret"))
        if kind == "refresh_token":
            good = good and self.body.get("refresh_token") == used.get(
                "refresh", want["refresh_token"])
        elif kind != "client_credentials" or self.body.get("scope") != "read":
            good = False
        if not good:
            return {"error": "invalid_grant"}
        n = len(used.setdefault("bearer", [])) + 1
        used["bearer"].append(f"Bearer access{n}")
        reply = {"access_token": f"access{n}", "token_type": "Bearer",
                 "expires_in": 86399, "scope": "read"}
        if kind == "refresh_token":
            used["refresh"] = reply["refresh_token"] = f"refresh{n}"
        return reply

    # ---- what the schema allows ----

    def argument(self, name, kind, args):
        value = args[name]
        if isinstance(value, tuple):
            declared = self.query_.declared[value[1]]
            if declared.rstrip("!") != kind:
                invalid(f'Variable "${value[1]}" of type "{declared}" used in '
                        f'position expecting type "{kind}".')
            value = self.variables.get(value[1])
        if value is None:
            return None
        if kind == "Int" and (type(value) is not int or not 1 <= value <= 250):
            raise Refused(400, "INPUT_ERROR", "Argument Validation Error")
        if kind in ("String", "Boolean") and \
                not isinstance(value, {"String": str, "Boolean": bool}[kind]):
            invalid(f"{kind} cannot represent {value!r}")
        if kind in FILTERS:
            self.filter(kind, value)
        return value

    def filter(self, kind, value):
        """Refuses what a filter does not have."""
        if not isinstance(value, dict):
            invalid(f'Expected type "{kind}" to be an object.')
        known = {"id": "Id", "createdAt": "Date", "updatedAt": "Date",
                 **FILTERS[kind]}
        for key, inner in value.items():
            if key in ("and", "or"):
                for part in inner:
                    self.filter(kind, part)
            elif known.get(key) in FILTERS:
                self.filter(known[key], inner)
            elif key not in known or not inner or \
                    set(inner) - COMPARE[known[key]]:
                invalid(f'Field "{key}" is not defined by type "{kind}".')

    def points(self, kind, fields, depth=0):
        """Checks the fields, and what they cost."""
        total = 1.0
        scalars, objects, lists = TYPES[kind] if kind in TYPES else ("", {}, {})
        for _, name, args, condition, inner in fields:
            if condition is not None:
                self.argument("if", "Boolean", {"if": condition})
            if name == "...":
                total += self.points(kind, inner) - 1
            elif name in lists or kind == "Query" and name in LISTS:
                total += self.related(
                    lists.get(name) or LISTS[name], args, inner,
                    kind == "Query")
            elif name in objects or kind == "Query" and name == "issue":
                if not inner:
                    invalid(f'Field "{name}" must have a selection.')
                total += self.points(objects.get(name, "Issue"), inner)
            elif name in scalars.split() and inner is None and not args:
                total += 0.1
            else:
                invalid(f'Cannot query field "{name}" on type "{kind}".')
        return total

    def related(self, kind, args, inner, top):
        known = {"first": "Int", "after": "String", "includeArchived":
                 "Boolean", "orderBy": "PaginationOrderBy"}
        if top:
            known["filter"] = kind + "Filter"
        for name in args:
            if name not in known:
                invalid(f'Unknown argument "{name}".')
            self.argument(name, known[name], args)
        first = self.argument("first", "Int", {"first": args.get("first", 50)})
        total = 1.0
        for _, name, args, _, fields in inner or invalid("no selection"):
            if name == "pageInfo":
                total += self.points("PageInfo", fields)
            elif name == "nodes":
                total += first * self.points(kind, fields)
            else:
                invalid(f'Cannot query field "{name}" on a connection.')
        return total

    # ---- answers ----

    def graphql(self):
        given = self.headers.get("Authorization")
        if given != self.data["token"] and \
                given not in self.server.used.get("bearer", []):
            raise Refused(401, "AUTHENTICATION_ERROR",
                          "Authentication required, not authenticated")
        if set(self.body) - {"query", "variables", "operationName"}:
            invalid("unknown member")
        self.variables = self.body.get("variables", {})
        self.query_ = q = Query(self.body["query"])
        for name in q.declared:
            if name not in q.used:
                invalid(f'Variable "${name}" is never used.')
            if q.declared[name].endswith("!") and \
                    self.variables.get(name) is None:
                invalid(f'Variable "${name}" was not provided.')
        points = self.points("Query", q.selection)
        self.extra["X-Complexity"] = str(round(points))
        if points > 10000:
            raise Refused(400, "INPUT_ERROR", "Query too complex")
        return {"data": {alias: self.root(name, args, inner) for
                         alias, name, args, _, inner in q.selection}}

    def given(self, value):
        return self.variables.get(value[1]) if isinstance(value, tuple) \
            else value

    def root(self, name, args, inner):
        args = {k: self.given(v) for k, v in args.items()}
        if name == "issue":
            found = self.by_id("Issue", args["id"])
            if found is None:
                raise Refused(200, "INPUT_ERROR", "Entity not found: Issue")
            return self.object("Issue", found, inner)
        kind = LISTS[name]
        items = [i for i in self.data[name]
                 if args.get("includeArchived") or not i.get("archivedAt")]
        if args.get("filter"):
            items = [i for i in items
                     if self.fits(kind, i, args["filter"])]
        items.sort(key=lambda i: i.get(args.get("orderBy") or "createdAt", ""),
                   reverse=True)
        return self.listed(kind, items, args, inner)

    def listed(self, kind, items, args, inner):
        at = int(args.get("after") or 0)
        end = at + min(args.get("first") or 50, saas.SIZE)
        out = {}
        for alias, name, _, _, fields in inner:
            out[alias] = {"hasNextPage": end < len(items), "endCursor":
                          str(end)} if name == "pageInfo" else \
                [self.object(kind, i, fields) for i in items[at:end]]
        return out

    def by_id(self, kind, key):
        if isinstance(key, dict):
            return key
        return next((i for i in self.data[WHERE[kind]] if i["id"] == key),
                    None) if kind in WHERE else {"id": key, "name": key,
                                                 "displayName": key}

    def object(self, kind, item, fields):
        if item is None:
            return None
        _, objects, lists = TYPES[kind]
        out = {}
        for alias, name, args, condition, inner in fields:
            if condition is not None and not self.given(condition):
                continue
            if name == "...":
                out.update(self.object(kind, item, inner))
            elif alias in out:
                invalid(f"{alias} twice: not played here")
            elif name in objects:
                key = item.get(name)
                out[alias] = None if key is None else self.object(
                    objects[name], self.by_id(objects[name], key), inner)
            elif name in lists:
                out[alias] = self.listed(
                    lists[name], [self.by_id(lists[name], i)
                                  for i in item.get(name, [])],
                    {k: self.given(v) for k, v in args.items()}, inner)
            else:
                out[alias] = item.get(name)
        return out

    def fits(self, kind, item, want):
        for key, inner in want.items():
            if key == "or":
                good = any(self.fits(kind, item, w) for w in inner)
            elif key == "and":
                good = all(self.fits(kind, item, w) for w in inner)
            elif key in ("accessibleTeams", "teams"):
                good = any(self.fits("Team", self.by_id("Team", t),
                                     inner["some"])
                           for t in item.get("teams", []))
            elif key in TYPES[kind][1]:
                of = TYPES[kind][1][key]
                other = item.get(key) and self.by_id(of, item[key])
                good = bool(other) and self.fits(of, other, inner)
            else:
                good = self.compares(item.get(key), inner)
            if not good:
                return False
        return True

    def compares(self, value, want):
        tests = {"eq": lambda w: value == w, "in": lambda w: value in w,
                 "gte": lambda w: value >= w, "gt": lambda w: value > w,
                 "lte": lambda w: value <= w, "lt": lambda w: value < w,
                 "startsWith": lambda w: value.startswith(w)}
        return value is not None and all(
            tests[op](w) for op, w in want.items())


if __name__ == "__main__":
    saas.serve(Linear)

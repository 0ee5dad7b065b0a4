#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Salesforce, as developer.salesforce.com documents it: the REST API guide
(Query, QueryAll, Query More, Search, sObject Describe, Describe Global, sObject
Blob Retrieve, query explain, status codes and error responses, the header
Sforce-Limit-Info), the SOQL guide (relationship queries, semi-joins, limits of
ContentDocumentLink) and the OAuth flows of its help. See saas.py.

DATA.objects is {NAME: {fields, below, rows}}: a field's type by its name
(reference:TARGET, richtext), child relations as {NAME: [OBJECT, FIELD]}."""
import base64
import json
import re

import saas
from saas import Refused

TYPES = {"richtext": {"type": "textarea", "htmlFormatted": True}}
API = r"/services/data/v(\d+\.0)"


def split(text):
    """At commas outside of parentheses."""
    depth, at, out = 0, 0, []
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            out.append(text[at:i].strip())
            at = i + 1
    return out + [text[at:].strip()]


def bad(code, message):
    return Refused(400, code, message)


class Query:
    """The SOQL that is read here; all else is MALFORMED_QUERY."""
    def __init__(self, data, text, deleted):
        self.data, self.deleted = data, deleted
        m = re.fullmatch(
            r"\s*SELECT\s+(.+?)\s+FROM\s+(\w+)(?:\s+WHERE\s+(.+?))?"
            r"(?:\s+ORDER\s+BY\s+(\w+)(\s+DESC)?)?(?:\s+LIMIT\s+(\d+))?\s*",
            self.hide(text), re.I | re.S)
        if not m:
            raise bad("MALFORMED_QUERY", f"unexpected token: '{text[:20]}'")
        self.fields = [self.show(f) for f in split(m[1])]
        self.name, self.where = m[2], self.show(m[3] or "")
        self.order, self.down, self.limit = m[4], m[5], m[6]

    def hide(self, text):
        """Subqueries, so that a pattern sees the outer one alone."""
        self.inner, depth, at, out = [], 0, 0, ""
        for i, c in enumerate(text):
            if c == "(":
                at = i if depth == 0 else at
                depth += 1
            elif c == ")":
                depth -= 1
                if depth == 0:
                    self.inner.append(text[at:i + 1])
                    out += f"({len(self.inner) - 1})"
            elif depth == 0:
                out += c
        if depth:
            raise bad("MALFORMED_QUERY", "unexpected end of query")
        return out

    def show(self, text):
        return re.sub(r"\((\d+)\)", lambda m: self.inner[int(m[1])], text)

    def kind(self, name):
        for known, o in self.data["objects"].items():
            if known.lower() == name.lower() and not o.get("hidden"):
                return known, o
        raise bad("INVALID_TYPE", f"sObject type '{name}' is not supported.")

    def check(self, o, name, field):
        if field not in o["fields"] or field in o.get("unreadable", []):
            raise bad("INVALID_FIELD",
                      f"No such column '{field}' on entity '{name}'.")

    def test(self, o, name, part):
        def holds(pattern):
            return re.fullmatch(pattern, part.strip(), re.I | re.S)
        m = holds(r"(\w+)\s*(>=|>|=)\s*('([^']*)'|[\w:.+-]+)")
        if m:
            field, op, value = m[1], m[2], m[4] or m[3]
            self.check(o, name, field)
            if field == "Id" and not re.fullmatch(r"\w{15}|\w{18}", value):
                raise bad("INVALID_QUERY_FILTER_OPERATOR",
                          f"invalid ID field: {value}")
            if op == ">=":
                if not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
                    raise bad("MALFORMED_QUERY", "value of filter criterion")
                return lambda r: r[field][:19] >= value[:19]
            if op == ">":
                return lambda r: r.get(field, 0) > int(value)
            return lambda r: str(r.get(field)).lower() == value.lower()
        m = holds(r"Id\s+IN\s+\((SELECT.+)\)")
        if m:
            q = Query(self.data, m[1], True)
            found = {r[q.fields[0]] for r in q.find()}
            return lambda r: r["Id"] in found
        raise bad("MALFORMED_QUERY", f"unexpected token: '{part}'")

    def find(self):
        name, o = self.kind(self.name)
        tests = [self.test(o, name, p)
                 for p in re.split(r"\s+AND\s+", self.where) if p]
        if name == "ContentDocumentLink" and not re.search(
                r"(ContentDocumentId|LinkedEntityId|\bId)\s*=", self.where):
            raise bad("MALFORMED_QUERY", "Implementation restriction: "
                      "ContentDocumentLink requires a filter by a single Id")
        rows = [r for r in o["rows"] if all(t(r) for t in tests)
                and (self.deleted or not (r.get("IsDeleted")
                                          or r.get("IsArchived")))]
        if self.order:
            self.check(o, name, self.order)
            rows.sort(key=lambda r: r[self.order], reverse=bool(self.down))
        for f in self.fields:
            self.value(o, name, f, {})
        return rows[:int(self.limit)] if self.limit else rows

    def value(self, o, name, field, row):
        """Of a column, of what it refers to, of a subquery."""
        if field[0] == "(":
            q = Query(self.data, field[1:-1], self.deleted)
            if q.name not in o.get("below", {}):
                raise bad("INVALID_FIELD", "Didn't understand relationship "
                          f"'{q.name}' in field path.")
            q.name, key = o["below"][q.name]
            rows = [r for r in q.find() if r.get(key) == row.get("Id")]
            return q, rows
        if "." not in field:
            self.check(o, name, field)
            return row.get(field)
        relation, column = field.split(".")
        key = relation[:-1] + "c" if relation.endswith("__r") \
            else relation + "Id"
        self.check(o, name, key)
        target = o["fields"][key].partition(":")[2]
        for t in target.split("|"):
            kind = self.data["objects"][t]
            if column != "Type":
                self.check(kind, t, column)
            for r in kind["rows"]:
                if r["Id"] == row.get(key):
                    return {"attributes": {"type": t},
                            column: r.get(column, t)}
        return None

    def record(self, service, row, version):
        name, o = self.kind(self.name)
        out = {"attributes": {"type": name, "url":
               f"/services/data/v{version}/sobjects/{name}/{row['Id']}"}}
        for f in self.fields:
            value = self.value(o, name, f, row)
            if f[0] == "(":
                below = re.search(r"FROM\s+(\w+)", f).group(1)
                q, rows = value
                out[below] = service.page(
                    [q.record(service, r, version) for r in rows],
                    version) if rows else None
            elif "." in f:
                relation, column = f.split(".")
                if value and relation in out and out[relation]:
                    out[relation][column] = value[column]
                else:
                    out[relation] = value
            else:
                out[f] = value
        return out


class Salesforce(saas.Service):
    cursors = {}

    def error(self, e):
        if e.code in ("invalid_client", "invalid_grant"):
            return e.status, {"error": e.code, "error_description": str(e)}
        return e.status, [{"message": str(e), "errorCode": e.code}]

    def check(self):
        limit = self.data.get("usage", [18, 5000])
        self.extra = {"Sforce-Limit-Info": "api-usage=%d/%d" % tuple(limit)}
        if self.at != "/services/oauth2/token" and \
                self.headers.get("Authorization") != \
                f"Bearer {self.data['session']}":
            raise Refused(401, "INVALID_SESSION_ID",
                          "Session expired or invalid")

    def routes(self):
        return {
            r"POST /services/oauth2/token": self.token,
            rf"GET {API}/sobjects": self.sobjects,
            rf"GET {API}/sobjects/(\w+)/describe": self.describe,
            rf"GET {API}/query": self.query_now,
            rf"GET {API}/queryAll": self.query_all,
            rf"GET {API}/query/(01g\w+-\d+)": self.more,
            rf"GET {API}/search": self.search,
            rf"GET {API}/sobjects/ContentVersion/(\w+)/VersionData":
                self.blob,
        }

    def token(self):
        f, d = self.body, self.data
        if f.get("client_id") != d["client_id"]:
            raise Refused(400, "invalid_client", "invalid client credentials")
        if f["grant_type"].endswith("jwt-bearer"):
            claims = f["assertion"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(claims + "=="))
            if (claims["iss"], claims["sub"], claims["aud"]) != (
                    d["client_id"], d["user"], d["audience"]):
                raise Refused(400, "invalid_grant", "user hasn't approved")
        elif f.get("client_secret") != d["client_secret"]:
            raise Refused(400, "invalid_client", "invalid client credentials")
        elif f["grant_type"] == "refresh_token":
            if f["refresh_token"] != d["refresh_token"]:
                raise Refused(400, "invalid_grant", "expired refresh token")
        elif f["grant_type"] != "client_credentials":
            raise Refused(400, "unsupported_grant_type", "grant type")
        return {"access_token": d["session"], "instance_url": "https://x",
                "id": "https://x/id", "token_type": "Bearer",
                "issued_at": "1767225600000", "signature": "c2ln"}

    def sobjects(self, _version):
        self.only()
        return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [
            {"name": n, "label": n, "custom": n.endswith("__c"),
             "customSetting": o.get("setting", False), "queryable": True}
            for n, o in self.data["objects"].items() if not o.get("hidden")]}

    def describe(self, _version, name):
        self.only()
        o = self.data["objects"].get(name, {"hidden": True})
        if o.get("hidden"):
            raise Refused(404, "NOT_FOUND",
                          "The requested resource does not exist")
        fields = []
        for f, kind in o["fields"].items():
            kind, _, target = kind.partition(":")
            if f in o.get("unreadable", []):
                continue
            fields.append({
                "name": f, "htmlFormatted": False, **TYPES.get(
                    kind, {"type": kind}),
                "referenceTo": target.split("|") if target else [],
                "relationshipName": None if not target else
                f[:-2] if f.endswith("Id") else f[:-1] + "r"})
        return {"name": name, "label": name, "fields": fields,
                "custom": name.endswith("__c"), "childRelationships": [
                    {"childSObject": c, "field": f, "relationshipName": r}
                    for r, (c, f) in o.get("below", {}).items()
                    if not self.data["objects"][c].get("hidden")]}

    def page(self, records, version, at=0, cursor=None):
        out = {"totalSize": len(records), "done": True,
               "records": records[at:at + saas.SIZE]}
        if at + saas.SIZE < len(records):
            if cursor is None:
                cursor = f"01g{len(self.cursors):012}"
                self.cursors[cursor] = records
            out["done"] = False
            out["nextRecordsUrl"] = f"/services/data/v{version}/query/" \
                f"{cursor}-{at + saas.SIZE}"
        return out

    def ask(self, version, deleted):
        if "explain" in self.query:
            self.only("explain")
            Query(self.data, self.query["explain"], deleted).find()
            return {"plans": [{"cardinality": 2, "leadingOperationType":
                               "TableScan", "relativeCost": 2.8}]}
        self.only("q")
        if len(self.path) > 16384:
            raise Refused(414, "URI_TOO_LONG", "URI too long")
        q = Query(self.data, self.query["q"], deleted)
        return self.page([q.record(self, r, version) for r in q.find()],
                         version)

    def query_now(self, version):
        return self.ask(version, False)

    def query_all(self, version):
        return self.ask(version, True)

    def more(self, version, locator):
        self.only()
        cursor, at = locator.split("-")
        if cursor not in self.cursors:
            raise bad("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self.page(self.cursors[cursor], version, int(at), cursor)

    def search(self, version):
        self.only("q")
        m = re.fullmatch(
            r"FIND\s+\{(\w+)\}(?:\s+IN\s+ALL\s+FIELDS)?\s+RETURNING\s+"
            r"(\w+)\s*\(([\w,\s]+)\)", self.query["q"], re.I)
        if not m:
            raise bad("MALFORMED_SEARCH", "No search term found.")
        q = Query(self.data, f"SELECT {m[3]} FROM {m[2]}", False)
        found = [q.record(self, r, version) for r in q.find()
                 if m[1].lower() in json.dumps(r).lower()]
        if self.data.get("many"):
            found = (found * 2000)[:2000]
        return {"searchRecords": found}

    def blob(self, _version, number):
        self.only()
        for v in self.data["versions"]:
            if v["Id"] == number:
                return v["text"].encode(), "application/octetstream"
        raise Refused(404, "NOT_FOUND",
                      "The requested resource does not exist")


if __name__ == "__main__":
    saas.serve(Salesforce)

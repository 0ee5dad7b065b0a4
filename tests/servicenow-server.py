#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ServiceNow, as docs.servicenow.com documents it: the Table API (encoded
queries, an invalid part of which is left out; sysparm_display_value; the
headers Link and X-Total-Count, which counts rows that ACLs hide), the Attachment
API (file), the Aggregate API (stats), inbound rate limits, OAuth and the errors
of the REST API. See saas.py.

DATA.tables is {NAME: [ROW]}; a value is a text or [VALUE, DISPLAY VALUE]; a row
with "_hidden" is hidden from the user. DATA.forbidden has names of tables."""
import base64
import re
import urllib.parse

import saas
from saas import Refused

PARAMETERS = ("sysparm_query", "sysparm_fields", "sysparm_limit",
              "sysparm_offset", "sysparm_display_value",
              "sysparm_exclude_reference_link")
ERRORS = {
    400: ("Invalid table {}", ""),
    401: ("User Not Authenticated",
          "Required to provide Auth information"),
    403: ("User Not Authorized", "Failed API level ACL Validation"),
    404: ("No Record found",
          "Record doesn't exist or ACL restricts the record retrieval"),
}


def raw(row, field):
    value = row.get(field, "")
    return value[0] if isinstance(value, list) else value


def shown(row, field):
    value = row.get(field, "")
    return value[1] if isinstance(value, list) else value


class ServiceNow(saas.Service):
    def error(self, e):
        if self.at == "/oauth_token.do":
            return e.status, {"error": e.code, "error_description": str(e)}
        message, detail = (e.code, str(e)) if e.code else ERRORS[e.status]
        return e.status, {"error": {
            "message": message.format(e), "detail": detail or None},
            "status": "failure"}

    def check(self):
        pair = f"{self.data['user']}:{self.data['password']}"
        if self.at != "/oauth_token.do" and \
                self.headers.get("Authorization") not in (
                    "Basic " + base64.b64encode(pair.encode()).decode(),
                    f"Bearer {self.data['session']}"):
            raise Refused(401, "")

    def routes(self):
        return {
            r"POST /oauth_token\.do": self.token,
            r"GET /api/now/table/(\w+)": self.table,
            r"GET /api/now/stats/(\w+)": self.stats,
            r"GET /api/now/attachment/(\w+)/file": self.file,
        }

    def token(self):
        f, d = self.body, self.data
        if (f.get("client_id"), f.get("client_secret")) != (
                d["client_id"], d["client_secret"]):
            raise Refused(401, "access_denied", "access_denied")
        if f["grant_type"] == "refresh_token":
            if f["refresh_token"] != d["refresh_token"]:
                raise Refused(401, "access_denied", "access_denied")
        elif f["grant_type"] != "client_credentials":
            raise Refused(400, "unsupported_grant_type", "grant_type")
        return {"access_token": d["session"], "scope": "useraccount",
                "token_type": "Bearer", "expires_in": 1799}

    def rows(self, name):
        if name not in self.data["tables"]:
            raise Refused(400, "", name)
        if name in self.data.get("forbidden", []):
            raise Refused(403, "")
        return self.data["tables"][name]

    def condition(self, rows, text):
        """A test of a row; None: invalid, and left out."""
        m = re.fullmatch(r"([a-z][a-z0-9_]*)(>=|=|LIKE|IN)(.*)", text, re.S)
        if not m or not any(m[1] in row for row in rows):
            return None
        field, op, value = m.groups()
        if op == ">=":
            if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value):
                return None
            return lambda row: raw(row, field) >= value
        if op == "=":
            return lambda row: raw(row, field) == value
        if op == "IN":
            return lambda row: raw(row, field) in value.split(",")
        return lambda row: value.lower() in raw(row, field).lower()

    def clause(self, rows, parts):
        """Conditions that are joined by ^, or by ^OR with the one before."""
        groups = []
        for part in parts:
            test = self.condition(rows, part[2:] if part.startswith("OR")
                                  else part)
            if test is None:
                continue
            if part.startswith("OR") and groups:
                groups[-1].append(test)
            else:
                groups.append([test])
        return lambda row: all(any(t(row) for t in g) for g in groups)

    def found(self, rows):
        text = self.query.get("sysparm_query", "")
        order = re.findall(r"ORDERBY(?!DESC)(\w+)", text)
        if "^EQ" in text:       # the end of a query
            raise Refused(400, "after the end of the query", text)
        text = re.sub(r"\^?ORDERBY[^^]*", "", text)
        clauses = [self.clause(rows, c.split("^"))
                   for c in text.split("^NQ")]
        out = [r for r in rows if any(c(r) for c in clauses)]
        for field in reversed(order):
            out.sort(key=lambda row: raw(row, field))
        return out

    def show(self, row, rows):
        fields = self.query.get("sysparm_fields")
        every = dict.fromkeys(k for r in rows for k in r if k[0] != "_")
        out = {}
        for f in fields.split(",") if fields else every:
            if f not in every:
                continue
            kind = self.query.get("sysparm_display_value", "false")
            out[f] = {"display_value": shown(row, f), "value": raw(row, f)} \
                if kind == "all" else shown(row, f) if kind == "true" \
                else raw(row, f)
        return out

    def table(self, name):
        self.only(*PARAMETERS)
        limit = self.number("sysparm_limit", 10000, 1, 10000)
        at = self.number("sysparm_offset", 0, 0, 10**9)
        rows = self.rows(name)
        found = self.found(rows)
        self.extra = {"X-Total-Count": str(len(found))}
        links = [("first", 0)]
        if at + limit < len(found):
            links.append(("next", at + limit))
        self.extra["Link"] = ",".join(
            f"<{self.server.url}{self.at}?" + urllib.parse.urlencode(
                {**self.query, "sysparm_offset": n}) + f'>;rel="{rel}"'
            for rel, n in links)
        return {"result": [self.show(r, rows) for r in found[at:at + limit]
                           if not r.get("_hidden")]}

    def stats(self, name):
        self.only("sysparm_query", "sysparm_group_by", "sysparm_count")
        by, count = self.query["sysparm_group_by"], {}
        for row in self.found(self.rows(name)):
            count[raw(row, by)] = count.get(raw(row, by), 0) + 1
        return {"result": [{"stats": {"count": str(n)}, "groupby_fields": [
            {"field": by, "value": v}]} for v, n in count.items()]}

    def file(self, number):
        self.only()
        for row in self.data["tables"]["sys_attachment"]:
            if raw(row, "sys_id") == number and not row.get("_hidden"):
                return self.data["files"][number].encode(), \
                    raw(row, "content_type")
        raise Refused(404, "")


if __name__ == "__main__":
    saas.serve(ServiceNow)

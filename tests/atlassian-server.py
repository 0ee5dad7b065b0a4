#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""atlassian-server.py PRODUCT DATA LOG

Confluence or Jira as their documentation says they answer, not they
themselves: PRODUCT is confluence-cloud, confluence-dc, jira-cloud or
jira-dc. Prints its URL. LOG gets a line "METHOD PATH QUERY" a request.

It follows developer.atlassian.com/cloud/confluence/rest (v1 content search,
v2 spaces), docs.atlassian.com/ConfluenceServer/rest, "Advanced searching
using CQL", developer.atlassian.com/cloud/jira/platform/rest/v3 (projects,
search/jql, comments), docs.atlassian.com/software/jira/docs/api/REST and
"Advanced search reference - JQL fields". A parameter that they do not know,
a page larger than they allow, a query that they would not parse, and who
does not say who he is are refused in their words.

DATA is JSON: {"token": AUTHORIZATION, "size": largest page, "zone": hours
from UTC of the user's clock, "faults": [{"on": text in the request,
"status", "headers", "body", "times"}], "spaces" and "content", or "projects"
and "issues": as the answers have them}. An item with "hidden" is not there
for whoever asks."""
import base64
import datetime
import http.server
import json
import re
import sys
import urllib.parse


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(str(body))
        self.status = status
        self.body = body


def clauses(query):
    """[(field, operator, [values])] of CQL or JQL joined by and, and its
    order. What is in parentheses of its own stands for one condition."""
    m = re.fullmatch(r"(.*?)(?:\s+order by (\w+)(?: asc)?)?", query.strip(),
                     re.S)
    out = []
    rest, order = m[1].strip(), m[2]
    part = re.compile(r"\s*(\()?([\w.]+) (=|>=|in|!=) "
                      r"(\([^()]*\)|\"[^\"]*\"|[\w-]+)(?(1)\))\s*(and\b|$)")
    while rest:
        m = part.match(rest)
        if not m or (m[5] and not rest[m.end():].strip()):
            return None, None
        values = [v.strip().strip('"') for v in m[4].strip("()").split(",")]
        out.append((m[2], m[3], values))
        rest = rest[m.end():].strip()
    return out, order


class Product(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    context = ""

    def log_message(self, *args):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qs(url.query, strict_parsing=bool(
            url.query), keep_blank_values=True)
        with open(self.server.log, "a", encoding="utf-8") as f:
            f.write(f"GET {url.path} {urllib.parse.unquote_plus(url.query)}\n")
        with open(self.server.data, encoding="utf-8") as f:
            self.data = json.load(f)
        headers = {}
        try:
            fault = self.fault()
            if fault:
                status, body = fault.get("status", 200), fault.get("body", {})
                headers = fault.get("headers", {})
            else:
                if self.headers.get("Authorization") != self.data["token"]:
                    raise Refused(401, self.error(401, "Unauthorized"))
                path = urllib.parse.unquote(url.path)
                if not path.startswith(self.context + "/"):
                    raise Refused(404, self.error(404, "No such page"))
                status, body = 200, self.answer(path[len(self.context):])
        except Refused as e:
            status, body = e.status, e.body
        data = body.encode() if isinstance(body, str) else \
            json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if
                         isinstance(body, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def fault(self):
        for i, fault in enumerate(self.data.get("faults", [])):
            used = self.server.used.get(i, 0)
            if fault["on"] in urllib.parse.unquote_plus(self.path) and \
                    used < fault.get("times", 1 << 30):
                self.server.used[i] = used + 1
                return fault
        return None

    def takes(self, *names):
        """Refuses what is not among these, or stands there twice."""
        for name, values in self.query.items():
            if name not in names or len(values) != 1:
                raise Refused(400, self.error(400, f"parameter {name}"))

    def one(self, name, default=None):
        return self.query.get(name, [default])[0]

    def number(self, name, default, largest):
        n = self.one(name, str(default))
        if not n.isdigit() or int(n) > largest:
            raise Refused(400, self.error(400, f"{name} {n}"))
        return int(n)

    def seen(self, kind):
        return [i for i in self.data[kind] if not i.get("hidden")]

    def moment(self, text, form):
        """What a time without a zone means: the user's."""
        try:
            at = datetime.datetime.strptime(text, form)
        except ValueError:
            raise Refused(400, self.error(400, f"date {text}")) from None
        return at - datetime.timedelta(hours=self.data.get("zone", 0))


def instant(text):
    at = datetime.datetime.strptime(text.replace("Z", "+0000"),
                                    "%Y-%m-%dT%H:%M:%S.%f%z")
    return at.astimezone(datetime.timezone.utc).replace(tzinfo=None)


class Confluence(Product):
    cloud = False

    def error(self, status, message):
        return {"statusCode": status, "message": message,
                "data": {"authorized": status != 403, "valid": status != 400,
                         "errors": [], "successful": False}}

    def page(self, items, largest, path):
        size = min(self.number("limit", 25, largest), self.data["size"])
        at = int(self.one("start", "0"))
        if self.cloud and "cursor" in self.query:
            at = int(base64.urlsafe_b64decode(self.one("cursor")))
        links = {"base": self.server.url + self.context,
                 "context": self.context}
        if at + size < len(items):
            query = {k: v for k, v in self.query.items()
                     if k not in ("cursor", "start")}
            if self.cloud:
                query["cursor"] = base64.urlsafe_b64encode(
                    str(at + size).encode()).decode()
            else:
                query["start"] = at + size
            links["next"] = f"{path}?{urllib.parse.urlencode(query, True)}"
        return {"results": items[at:at + size], "start": at, "limit": size,
                "size": len(items[at:at + size]), "_links": links}

    def expanded(self, item):
        """Without what was not asked for."""
        wanted = (self.one("expand") or "").split(",")
        known = ("space", "container", "ancestors", "version", "history",
                 "body.storage", "metadata.labels")
        if any(w not in known for w in wanted if w):
            raise Refused(400, self.error(400, "expand"))
        out = {k: v for k, v in item.items()
               if k in ("id", "type", "status", "title", "extensions",
                        "_links") or k in wanted}
        for whole, part in ("body", "storage"), ("metadata", "labels"):
            if item.get(whole) and f"{whole}.{part}" in wanted:
                out[whole] = {part: item[whole][part]}
        return out

    def meets(self, item, field, op, values):
        if field == "type":
            return item["type"] in values
        if field == "space":
            keys = [s["key"] for s in self.seen("spaces")]
            if not any(v in keys for v in values):
                # CONFSERVER-55445
                raise Refused(500, self.error(500, "java.lang.Illegal"
                              "ArgumentException: parameters should not be "
                              "empty"))
            return item["space"]["key"] in values
        if field == "id":
            return item["id"] in values
        if field == "label":
            labels = [n["name"] for n in
                      item["metadata"]["labels"]["results"]]
            return any(v in labels for v in values) == (op != "!=")
        if field == "lastmodified" and op == ">=":
            return instant(item["version"]["when"]) >= \
                self.moment(values[0], "%Y-%m-%d %H:%M")
        raise Refused(400, self.error(400, "Could not parse cql"))

    def search(self):
        self.takes("cql", "cqlcontext", "expand", "limit",
                   *(["cursor"] if self.cloud else ["start"]))
        found, order = clauses(self.one("cql", ""))
        if not found or order not in (None, "created", "lastmodified"):
            raise Refused(400, self.error(400, "Could not parse cql : "
                                          + self.one("cql", "")))
        items = [i for i in self.seen("content")
                 if all([self.meets(i, *c) for c in found])]
        if not self.seen("content"):
            for c in found:
                self.meets({"type": "", "space": {"key": ""}, "id": "",
                            "metadata": {"labels": {"results": []}},
                            "version": {"when": "2000-01-01T00:00:00.0Z"}}, *c)
        items.sort(key=lambda i: instant(i["history"]["createdDate"]))
        expand = self.one("expand", "")
        largest = 1000
        if expand:
            largest = 50 if "body" in expand else 200
        return self.page([self.expanded(i) for i in items], largest,
                         "/rest/api/content/search")

    def spaces(self, parameter):
        keys = self.query.get(parameter)
        return [s for s in self.seen("spaces") if not keys or s["key"] in keys]

    def answer(self, path):
        if path == "/rest/api/content/search":
            return self.search()
        if self.cloud and path == "/api/v2/spaces":
            self.takes("ids", "keys", "type", "status", "limit", "cursor")
            return self.page(self.spaces("keys"), 250, "/wiki/api/v2/spaces")
        if not self.cloud and path == "/rest/api/space":
            self.takes("spaceKey", "type", "status", "expand", "start",
                       "limit")
            return self.page(self.spaces("spaceKey"), 1000, path)
        m = re.fullmatch(r"/rest/api/content/(\w+)", path)
        if m and not self.cloud:
            self.takes("status", "version", "expand")
            for item in self.seen("content"):
                if item["id"] == m[1]:
                    return self.expanded(item)
            raise Refused(404, self.error(404, "No content found with id: "
                                          f"ContentId{{id={m[1]}}}"))
        raise Refused(404, self.error(404, f"null for uri: {path}"))


class ConfluenceCloud(Confluence):
    cloud = True
    context = "/wiki"


class Jira(Product):
    cloud = False
    version = "2"
    fields = ("summary", "description", "issuetype", "status", "priority",
              "resolution", "labels", "components", "fixVersions", "assignee",
              "reporter", "created", "updated", "project", "parent",
              "comment", "attachment")

    def error(self, status, message):
        return {"errorMessages": [message], "errors": {}}

    def offset(self, items, largest, name):
        at = self.number("startAt", 0, 1 << 30)
        size = min(self.number("maxResults", 50, largest), self.data["size"])
        page = items[at:at + size]
        return {"startAt": at, "maxResults": size, "total": len(items),
                name: page, "isLast": at + len(page) >= len(items)}

    def shown(self, issue):
        """The fields that were asked for; not more comments than size."""
        wanted = self.one("fields", "" if self.cloud else "*all").split(",")
        fields = {k: v for k, v in issue["fields"].items()
                  if k in wanted or "*all" in wanted}
        if "comment" in fields and self.cloud:
            comments = fields["comment"]["comments"]
            fields["comment"] = {"comments": comments[:self.data["size"]],
                                 "startAt": 0, "total": len(comments)}
        return {"id": issue["id"], "key": issue["key"], "fields": fields}

    def meets(self, issue, field, op, values):
        fields = issue["fields"]
        if field == "project":
            return fields["project"]["key"] in values
        if field == "id":
            return issue["id"] in values
        if field == "labels":
            return any(v in fields["labels"] for v in values)
        return instant(fields["updated"]) >= \
            self.moment(values[0], "%Y-%m-%d %H:%M")

    def found(self):
        conditions, order = clauses(self.one("jql", ""))
        if not conditions or order not in (None, "created", "updated"):
            raise Refused(400, self.error(400, "Error in the JQL Query: "
                                          "Expecting operator"))
        known = {"project": [p["key"] for p in self.seen("projects")],
                 "id": [i["id"] for i in self.seen("issues")]}
        for field, op, values in conditions:
            if field not in ("project", "id", "labels", "updated"):
                raise Refused(400, self.error(
                    400, f"Field '{field}' does not exist"))
            for value in values:
                if field == "id" and value not in known["id"]:
                    raise Refused(400, self.error(
                        400, f"An issue with key '{value}' does not exist "
                        "for field 'id'."))
                if field == "project" and value not in known["project"]:
                    raise Refused(400, self.error(
                        400, f"The value '{value}' does not exist for the "
                        "field 'project'."))
        issues = [i for i in self.seen("issues")
                  if all(self.meets(i, *c) for c in conditions)]
        issues.sort(key=lambda i: instant(i["fields"]["created"]))
        return [self.shown(i) for i in issues]

    def find(self, kind, *values):
        for item in self.seen(kind):
            if {item["id"], item["key"], item.get("was")} & set(values):
                return item
        raise Refused(404, self.error(404, "It does not exist or you do not "
                                      "have permission to see it."))

    def search(self):
        if not self.cloud:
            self.takes("jql", "startAt", "maxResults", "validateQuery",
                       "fields", "expand")
            return self.offset(self.found(), 1000, "issues")
        self.takes("jql", "nextPageToken", "maxResults", "fields", "expand",
                   "properties", "fieldsByKeys", "failFast",
                   "reconcileIssues")
        issues = self.found()
        size = min(self.number("maxResults", 50, 5000), self.data["size"])
        at = int(base64.b64decode(self.one("nextPageToken", "MA==")))
        reply = {"issues": issues[at:at + size],
                 "isLast": at + size >= len(issues)}
        if not reply["isLast"]:
            reply["nextPageToken"] = base64.b64encode(
                str(at + size).encode()).decode()
        return reply

    def projects(self):
        if not self.cloud:
            self.takes("expand", "recent", "includeArchived")
            return self.seen("projects")
        self.takes("startAt", "maxResults", "orderBy", "keys", "expand",
                   "query", "status")
        return self.offset(self.seen("projects"), 100, "values")

    def answer(self, path):
        if not path.startswith(f"/rest/api/{self.version}/"):
            raise Refused(404, self.error(404, "no such resource"))
        path = path[len("/rest/api/2"):]
        if path == ("/search/jql" if self.cloud else "/search"):
            return self.search()
        if path == ("/project/search" if self.cloud else "/project"):
            return self.projects()
        m = re.fullmatch(r"/project/(\w+)", path)
        if m and m[1] != "search":
            self.takes("expand", "properties")
            return self.find("projects", m[1])
        m = re.fullmatch(r"/issue/(\w+)(/comment)?", path)
        if not m:
            raise Refused(410 if path == "/search" else 404, self.error(
                404, "The requested API has been removed."))
        issue = self.find("issues", m[1])
        if not m[2]:
            self.takes("fields", "expand", "properties", "fieldsByKeys",
                       "updateHistory")
            return self.shown(issue)
        self.takes("startAt", "maxResults", "orderBy", "expand")
        return self.offset(issue["fields"]["comment"]["comments"], 5000,
                           "comments")


class JiraCloud(Jira):
    cloud = True
    version = "3"


def main():
    products = {"confluence-cloud": ConfluenceCloud,
                "confluence-dc": Confluence,
                "jira-cloud": JiraCloud, "jira-dc": Jira}
    product, data, log = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                             products[product])
    server.daemon_threads = True
    server.data, server.log, server.used = data, log, {}
    server.url = f"http://127.0.0.1:{server.server_port}"
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

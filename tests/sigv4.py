# SPDX-License-Identifier: MIT
"""Verifies AWS Signature Version 4 as a server does, from the request as it
came: written from the specification, apart from the code that it tests."""
import datetime
import hashlib
import hmac
import re
import urllib.parse

SKEW = 300      # seconds
ALGORITHM = "AWS4-HMAC-SHA256"


def quote(text):
    return urllib.parse.quote(text, safe="-_.~")


def canonical_path(path):
    parts = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(quote(part))
    slash = "/" if parts and path.endswith("/") else ""
    return "/" + "/".join(parts) + slash


def canonical_query(query):
    pairs = []
    for item in filter(None, query.split("&")):
        name, _, value = item.partition("=")
        pairs.append((quote(urllib.parse.unquote(name)),
                      quote(urllib.parse.unquote(value))))
    return "&".join(f"{n}={v}" for n, v in sorted(pairs))


def sign(secret, day, region, service, text):
    key = ("AWS4" + secret).encode()
    for part in (day, region, service, "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


class Verifier:
    """Of one key. offset: seconds that this server's clock is ahead."""

    def __init__(self, region, service, key, secret, token=None, offset=0):
        self.scope = (region, service)
        self.key, self.secret, self.token = key, secret, token
        self.offset = datetime.timedelta(seconds=offset)

    def fault(self, method, target, headers, body):
        """None, or what such a server says. headers: lower-case names."""
        m = re.fullmatch(
            ALGORITHM + r" Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)"
            r"/aws4_request, SignedHeaders=([a-z0-9;-]+), "
            r"Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        if not m:
            return "Missing Authentication Token"
        key, day, region, service, names, signature = m.groups()
        if (region, service) != self.scope:
            return f"Credential should be scoped to {self.scope}."
        if key != self.key or headers.get("x-amz-security-token") != \
                self.token:
            return "The security token included in the request is invalid."
        names = names.split(";")
        must = {"host"} | {h for h in headers if h.startswith("x-amz-")}
        if names != sorted(set(names)) or must - set(names):
            return "'Host' or 'X-Amz-*' must be a 'SignedHeader'."
        return self.time_fault(day, headers["x-amz-date"]) or \
            self.signature_fault(method, target, headers, body, names,
                                 signature)

    def time_fault(self, day, date):
        utc = datetime.timezone.utc
        now = datetime.datetime.now(utc) + self.offset
        at = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ")
        ahead = (at.replace(tzinfo=utc) - now).total_seconds()
        if not date.startswith(day):
            return "Date in Credential scope does not match."
        if ahead > SKEW:
            return f"Signature not yet current: {date} is later than now"
        if ahead < -SKEW:
            return f"Signature expired: {date} is now earlier than allowed"
        return None

    def signature_fault(self, method, target, headers, body, names,
                        signature):
        path, _, query = target.partition("?")
        digest = hashlib.sha256(body).hexdigest()
        lines = "".join(f"{n}:{' '.join(headers[n].split())}\n"
                        for n in names)
        request = "\n".join((method, canonical_path(path),
                             canonical_query(query), lines,
                             ";".join(names), digest))
        date = headers["x-amz-date"]
        text = "\n".join((
            ALGORITHM, date,
            "/".join((date[:8], *self.scope, "aws4_request")),
            hashlib.sha256(request.encode()).hexdigest()))
        told = headers.get("x-amz-content-sha256")
        right = sign(self.secret, date[:8], *self.scope, text)
        if told != digest or not hmac.compare_digest(right, signature):
            return ("The request signature we calculated does not match "
                    "the signature you provided.")
        return None

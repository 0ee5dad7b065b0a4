#!/usr/bin/env python3
"""rules-model SEED COUNT: writes the files in and expected for rulestool:
COUNT random lists of rules, each with a document, and what conn-config(5),
read literally, makes of them. Values are held as (kind, text as written)."""
import datetime
import json
import random
import re
import sys
from fractions import Fraction

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)"
                  r"(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))?)?", re.A)
WORDS = {w: b for b, ws in (
    (True, "true t yes y on"), (False, "false f no n off"))
    for w in ws.split()}

NUMBERS = ["0", "-0", "1", "1.0", "10e-1", "5", "5.0", "-5", "9", "10", "10.5",
           "9007199254740992", "9007199254740993", "1e400", "1e-400", "1E+1",
           "100000000000000000000000000001", "0.1", "0.10"]
DATES = ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z",
         "2026-01-01 00:00:00", "2026-01-01T01:00:00+01:00",
         "2026-01-01T00:00:00.5z", "2025-12-31T23:59:59.999999999Z",
         "2026-02-30", "2026-1-1", "2026-01-01T24:00:00Z",
         "2026-01-01T00:00:00-23:59", "2024-02-29", "2025-02-29"]
TEXTS = ["", "a", "b", "ab", "aab", "abc", "A", "true", "false", "True", "Yes",
         "no", "OFF", "on", "t", "N", "null", " 5", "05", "+5", "5.", ".5",
         "1,5", "é", "日本", "a.b", "a*b", "[\"a\"]", "x\"y", "back\\slash"]
PATTERNS = ["a", "a.*", ".b", "b", "[ab]+", "(a|ab)c", "a?b$", "^a", "x*", r"\d+",
            r"\d\.", "true|5", "[^a]", "(?i)A", r"a\.b", ".+é", "2026-.*Z$"]
OPS = ["equals", "contains", "starts_with", "ends_with", "regex", ">", "<"]
FIELDS = ["f", "g", "a.b", "_id", "ü"]


def number(text):
    return Fraction(text) if NUMBER.fullmatch(text) else None


def moment(text):
    m = DATE.fullmatch(text)
    if not m:
        return None
    y, mo, d, h, mi, s, frac, sign, zh, zm = m.groups()
    if h and (int(h) > 23 or int(mi) > 59 or int(s) > 60):
        return None
    if zh and (int(zh) > 23 or int(zm) > 59):
        return None
    try:
        days = datetime.date(int(y), int(mo), int(d)).toordinal()
    except ValueError:
        return None
    t = Fraction(days * 86400)
    if h:
        t += int(h) * 3600 + int(mi) * 60 + int(s)
        t += Fraction(int((frac or "0")[:9].ljust(9, "0")), 10**9)
    if zh:
        t -= (int(zh) * 60 + int(zm)) * 60 * (-1 if sign == "-" else 1)
    return t


def compare(value, operand):
    """-1, 0, 1, or None where they do not compare."""
    (kind, text), (okind, otext) = value, operand
    if kind == "number":
        a, b = number(text), number(otext)
    elif kind == "bool":
        a, b = text == "true", WORDS.get(otext.lower())
        if not otext.isascii():
            b = None
    else:
        if okind == "number":
            return None
        a, b = moment(text), moment(otext) if okind == "string" else None
        if a is None or b is None:
            a, b = text.encode(), otext.encode()
    return None if b is None else (a > b) - (a < b)


def matches_scalar(rule, value):
    kind, text = value
    operand, op = rule["operand"], rule["op"]
    if kind in ("null", "object", "array"):
        return False
    if op == "equals":
        return text == operand[1] if kind == "string" else \
            compare(value, operand) == 0
    if op in "><":
        return compare(value, operand) == (1 if op == ">" else -1)
    return {"contains": lambda: operand[1] in text,
            "starts_with": lambda: text.startswith(operand[1]),
            "ends_with": lambda: text.endswith(operand[1]),
            "regex": lambda: re.match(operand[1], text) is not None}[op]()


def matches(rule, doc):
    found = [v for k, v in doc if k == rule["field"]]
    if not found:
        return False
    kind, text = found[-1]
    if kind == "array":
        return any(matches_scalar(rule, v) for v in text)
    return matches_scalar(rule, (kind, text))


def decide(rules, doc):
    default = [r for r in rules if r["id"] == "DEFAULT"]
    rest = [r for r in rules if r["id"] != "DEFAULT"]
    for r in sorted(rest, key=lambda r: Fraction(r["order"])):
        if matches(r, doc):
            return r["policy"], r["id"]
    return (default[0]["policy"], "DEFAULT") if default else ("include", "-")


def scalar(r):
    kind = r.choices(["number", "string", "bool", "null"], [4, 6, 2, 1])[0]
    return kind, {"number": lambda: r.choice(NUMBERS),
                  "string": lambda: r.choice(r.choice([TEXTS, NUMBERS, DATES])),
                  "bool": lambda: r.choice(["true", "false"]),
                  "null": lambda: "null"}[kind]()


def value(r):
    x = r.random()
    if x < 0.75:
        return scalar(r)
    if x < 0.8:
        return "object", [("f", scalar(r))]
    return "array", [value(r) if r.random() < 0.2 else scalar(r)
                     for _ in range(r.choice([0, 1, 2, 5]))]


def quote(r, text):
    """A JSON string, its characters escaped now and then."""
    return '"' + "".join(f"\\u{ord(c):04x}" if r.random() < 0.1
                         else json.dumps(c, ensure_ascii=False)[1:-1]
                         for c in text) + '"'


def write(r, v):
    kind, text = v
    if kind == "string":
        return quote(r, text)
    if kind == "array":
        return "[" + ",".join(write(r, x) for x in text) + "]"
    if kind == "object":
        return write_object(r, text)
    return text


def write_object(r, members):
    return "{" + ",".join(quote(r, k) + ":" + write(r, v)
                          for k, v in members) + "}"


def same(a, b):
    """Two rules that are the same are an error, which unit-rules covers."""
    if a[0] == b[0] == "number":
        return number(a[1]) == number(b[1])
    return a[1] == b[1]


def make_rule(r, i, seen):
    while True:
        op = r.choice(OPS)
        operand = ("string", r.choice(PATTERNS)) if op == "regex" else scalar(r)
        rule = {"id": f"r{i}", "policy": r.choice(["include", "exclude"]),
                "field": r.choice(FIELDS), "op": op, "operand": operand,
                "order": r.choice(["1", "1.0", "2", "10", "9", "-1", "1e1"])}
        if operand[0] == "null" or any(
                x["field"] == rule["field"] and x["op"] == op and
                same(x["operand"], operand) for x in seen):
            continue
        seen.append(rule)
        return rule


def write_rule(r, x):
    members = [("id", ("string", x["id"])), ("policy", ("string", x["policy"])),
               ("field", ("string", x["field"])), ("rule", ("string", x["op"])),
               ("value", x["operand"]), ("order", ("number", x["order"]))]
    r.shuffle(members)
    return write_object(r, members)


def main():
    r = random.Random(int(sys.argv[1]))
    with open("in", "w") as pairs, open("expected", "w") as expected:
        for _ in range(int(sys.argv[2])):
            seen = []
            rules = [make_rule(r, i, seen)
                     for i in range(r.choice([1, 1, 1, 2, 5]))]
            if r.random() < 0.2:
                rules.append(make_rule(r, 99, seen) | {"id": "DEFAULT"})
                r.shuffle(rules)
            doc = [(r.choice(FIELDS), value(r)) for _ in range(r.choice([1, 2, 6]))]
            pairs.write("[" + ",".join(write_rule(r, x) for x in rules) + "]\t" +
                        write_object(r, doc) + "\n")
            expected.write(" ".join(decide(rules, doc)) + "\n")


main()

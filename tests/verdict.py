#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""verdict.py: cases for verdicttool: answers to operations of _bulk, and what
each must be taken for. The rules here are written apart from the table in
lib/index/verdicts.txt, and in another form, so that each checks the other."""
import itertools
import json
import re

# No index to write to: a person must act.
NO_INDEX = {"index_not_found_exception", "index_closed_exception",
            "invalid_index_name_exception"}
# These pass, whatever status a version gives them.
PASSING = {"cluster_block_exception", "node_closed_exception",
           "retry_on_primary_exception", "shard_not_found_exception",
           "illegal_index_shard_state_exception"}
# In place of a type: what was sent is more than the server ever takes.
OVER = "over_limit"


def error_of(kind, bytes_=9):
    """The error of a server; with a limit of 8."""
    if kind != OVER:
        return {"type": kind}
    return {"type": "es_rejected_execution_exception", "reason":
            "rejected execution of primary operation [coordinating_and_primary"
            "_bytes=9, replica_bytes=0, all_bytes=9, primary_operation_bytes="
            f"{bytes_}, max_primary_bytes=8]"}


def code_of(status, error):
    if error == OVER:
        return "too_large" if status == 429 else error_of(OVER)["type"]
    if re.fullmatch(r"[A-Za-z0-9._-]{1,71}", error or ""):
        return error
    return f"http_{status}"


def failure(status, error):
    """What a status from 400 on means, of an item."""
    if status == 401:
        return "stop"
    if error in NO_INDEX:
        return "stop"
    if error in PASSING:
        return "again"
    if status == 403 and error == "security_exception":
        return "stop"
    if status == 429 and error == OVER:
        return "halve"
    if status in (408, 429) or status > 500:
        return "again"
    return "crashed" if status == 500 else "refused"


def item(op, status, error, result, used):
    """(verdict, code). error: None, or its type, "" if it has none that is a
    text."""
    if status in (200, 201) and error is None:
        if op == "index" and used:
            return "refused", "failure_store"
        if op == "index" and status == 200 and result == "noop":
            return "refused", "noop"
        good = ("created", "updated") if op == "index" else ("deleted",)
        return ("done" if result in good and not used else "odd"), ""
    if status < 400 or status > 599:
        return "odd", ""
    if (op, status, error, result, used) == \
            ("delete", 404, None, "not_found", False):
        return "done", ""
    return failure(status, error), code_of(status, error)


def request(status, error):
    if status == 401 or status < 400 or status > 599 or error in NO_INDEX:
        return "stop"
    if error == "cluster_block_exception":
        return "again"
    if status in (400, 413):
        return "bisect" if status == 400 else "halve"
    if status == 429 and error == OVER:
        return "halve"
    return "again" if status in (408, 425, 429) or status > 499 else "stop"


# ---- what an item may hold: (JSON or None, what it is) ----

TYPES = sorted(NO_INDEX | PASSING) + """
    document_missing_exception version_conflict_engine_exception
    mapper_parsing_exception document_parsing_exception
    strict_dynamic_mapping_exception illegal_argument_exception
    routing_missing_exception security_exception
    es_rejected_execution_exception rejected_execution_exception
    circuit_breaking_exception unavailable_shards_exception
    no_shard_available_action_exception null_pointer_exception
    process_cluster_event_timeout_exception timeout_exception
    master_not_discovered_exception something_new error x
    INDEX_NOT_FOUND_EXCEPTION index_not_found_exceptio""".split() + [
        "index_not_found_exception ", "a\"b", "x" * 71, "x" * 72]
ERRORS = [(None, None), ("null", None)] + [
    (e, "") for e in ("{}", '""', '"index_not_found_exception"', "5", "false",
                      "[]", '{"type":null}', '{"type":5}', '{"type":""}',
                      '{"type":["security_exception"]}',
                      '{"reason":"security_exception"}',
                      '{"caused_by":{"type":"security_exception"}}')] + [
    (json.dumps({"type": t, "reason": "because"}), t) for t in TYPES] + [
    ('{"reason":{"type":"x"},"type":"\\u0063luster_block_exception"}',
     "cluster_block_exception"),
    (json.dumps(error_of(OVER)), OVER),
    (json.dumps(error_of(OVER, 8)), error_of(OVER)["type"])]
RESULTS = [(None, ""), ("null", ""), ("5", ""), ('""', ""),
           ('"\\u0063reated"', "created")] + [
    (json.dumps(r), r) for r in ("created", "updated", "deleted", "not_found",
                                 "noop", "CREATED", "x")]
STORES = [(None, False), ("null", False), ("true", False), ('["used"]', False),
          ('"not_enabled"', False), ('"failed"', False), ('"USED"', False),
          ('"used"', True), ('"\\u0075sed"', True)]
NO_STATUS = [(s, 0) for s in (
    None, "null", "true", '"201"', '"404"', "[201]", "{}", "20", "2010",
    "-201", "201.0", "2e2", "20.", "0201", "2.1", "0", "1e999")]
STATUSES = [(str(s), s) for s in range(100, 600)]
STRANGE = [(str(s), s) for s in (600, 700, 999)]
KINDS = [(str(s), s) for s in (200, 201, 202, 302, 404, 429)]
CHOSEN = [(str(s), s) for s in (
    200, 201, 204, 301, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 425,
    429, 431, 451, 499, 500, 501, 502, 503, 504, 599)]

OTHERS = ['"_index":"wiki"', '"_version":3', '"_type":"_doc"',
          '"_shards":{"total":2,"status":500,"error":{"type":"x"}}']


def item_json(n, op, members):
    """The item, its members in an order that goes with n."""
    parts = ['"_id":"w:1"'] + [f'"{k}":{v}' for k, v in members if v]
    parts += OTHERS[:n % (len(OTHERS) + 1)]
    turn = n % len(parts)
    return f'{{"{op}":{{{",".join(parts[turn:] + parts[:turn])}}}}}'


def crosses():
    some = [e for e in ERRORS if e[1] in (
        None, "", "x", "security_exception", "document_parsing_exception") or
        e[1] in NO_INDEX or e[1] in PASSING]
    yield itertools.product(STATUSES, some, RESULTS[5:10:2], STORES[:1])
    yield itertools.product(STATUSES, some[:4], RESULTS[6:7], STORES[7:])
    yield itertools.product(KINDS, ERRORS, RESULTS, STORES)
    yield itertools.product(CHOSEN, ERRORS, RESULTS[5:9:3], STORES[:8:7])
    yield itertools.product(NO_STATUS + STRANGE, some, RESULTS, STORES[::7])


def items():
    n = 0
    for status, error, result, store in itertools.chain(*crosses()):
        for op in ("index", "delete"):
            n += 1
            verdict, code = item(op, status[1], error[1], result[1], store[1])
            yield ("item", op, status[1],
                   "error" if error[1] == "" else error[1] or "", result[1],
                   "used" if store[1] else "", verdict, code,
                   item_json(n, op, (("status", status[0]),
                                     ("error", error[0]),
                                     ("result", result[0]),
                                     ("failure_store", store[0]))))


def requests():
    for status in [0, *range(100, 600), 600, 700, 999]:
        for error in ["", OVER, *TYPES]:
            if "\t" not in error:
                yield "request", status, error, request(status, error)


# ---- whole replies ----

JSON = "the reply is not JSON"
ERROR = "the reply is an error with status 200"
FIELDS = "the reply has no errors and items"
FEW = "the reply has fewer items than were sent"
MANY = "the reply has more items than were sent"
OTHER = "an item of the reply is not the answer to what was sent"
STATUS = "an item of the reply has no known status"

A = '{"index":{"_id":"w:1","status":201,"result":"created"}}'
B = '{"delete":{"_id":"w:2","status":404,"result":"not_found"}}'
C = '{"index":{"_id":"w:3","status":400,"error":{"type":"x"}}}'


def reply(items, errors="true", more=""):
    return f'{{"errors":{errors},"items":[{",".join(items)}]{more}}}'


GOOD = reply([A, B, C])


def wrong_items():
    """The three, but for one, with what is wrong with it."""
    def bad(at, old, new, why=OTHER):
        v = [A, B, C]
        assert old in v[at]
        v[at] = v[at].replace(old, new)
        return why, reply(v)
    for at, op in enumerate(("index", "delete", "index")):
        for other in ("create", "update", "Index", "", "x",
                      "delete" if op == "index" else "index"):
            yield bad(at, op, other)
        own = f'"_id":"w:{at + 1}"'
        for other in ('"_id":"w:4"', '"_id":"w:%d"' % (at % 3 + 2), '"_id":5',
                      '"_id":null', '"_id":["w:1"]', '"x":1', '"_id":""',
                      f'"_id":"w:{at + 1} "', f'"_id":"W:{at + 1}"',
                      f"{own},{own}", '"_ID":"w:1"'):
            yield bad(at, own, other)
        v = [A, B, C]
        for other in ("{}", "null", "5", "[]", '""', f"[{v[at]}]",
                      f'{{"{op}":null}}', f'{{"{op}":[]}}', f'{{"{op}":{{}}}}',
                      f'{{"x":{{}},{v[at][1:]}', f'{v[at][:-1]},"x":{{}}}}',
                      f"{v[at][:-1]},{v[at][1:]}"):
            yield bad(at, v[at], other)
    for s in ("null", '"201"', "201.0", "2e2", "20", "2010", "true"):
        yield bad(0, '"status":201', f'"status":{s}', STATUS)
    yield bad(0, '"status":201,', "", STATUS)
    yield bad(0, ',"result":"created"', "", STATUS)
    yield bad(1, '"status":404', '"status":200', STATUS)
    for at, twice in ((0, '"status":201'), (0, '"result":"created"'),
                      (2, '"error":{"type":"x"}'), (2, '"type":"x"')):
        yield bad(at, twice, f"{twice},{twice}")
    yield bad(0, '"status":201', '"failure_store":"used","status":201,'
              '"failure_store":"x"')


def orders():
    """Any number of the three, in any order."""
    three = (A, B, C)
    for n in range(5):
        for some in itertools.product(three, repeat=n):
            right = 0
            while right < min(n, 3) and some[right] == three[right]:
                right += 1
            why = OTHER if right < min(n, 3) else FEW if n < 3 else \
                "" if n == 3 else MANY
            yield why, reply(some)


def tops():
    yield "", GOOD
    yield "", f" \r {GOOD} "
    yield "", reply([A, B, C], "false")         # the items count
    yield "", reply([A, B, C], more=',"took":5,"x":{"errors":1}')
    yield "", reply([A, B, C], more=',"error":null')
    for errors in ("null", "0", '"true"', "[]", "{}"):
        yield FIELDS, reply([A, B, C], errors)
    yield FIELDS, GOOD.replace('"errors":true,', "")
    yield FIELDS, GOOD.replace('"errors":true', '"errors":true,"errors":true')
    yield FIELDS, GOOD.replace('"items"', '"Items"')
    yield FIELDS, reply([A, B, C], more=f',"items":[{A},{B},{C}]')
    for value in ("null", "{}", '""', "5", f'{{"a":{A},"b":{B},"c":{C}}}'):
        yield FIELDS, f'{{"errors":false,"items":{value}}}'
    yield FIELDS, "{}"
    for error in ('{"type":"x"}', '"x"', "true"):
        yield ERROR, f'{{"error":{error},"status":503}}'
        yield ERROR, reply([A, B, C], more=f',"error":{error}')
    for text in ("", " ", "null", "5", f"[{GOOD}]", f"{GOOD}{GOOD}",
                 f"{GOOD},", "<html><body>It works</body></html>",
                 "\ufeff" + GOOD, "upstream connect error",
                 "No handler found", GOOD.replace('"', "'"),
                 GOOD.replace(":", "=", 1), GOOD.replace("w:1", "w\\:1"),
                 GOOD.replace("[", "[,"), GOOD.replace("404", "0404")):
        yield JSON, text
    for n in range(len(GOOD)):
        yield JSON, GOOD[:n]


def usual(last):
    """A reply that may be told by its text."""
    return ('{"errors":false,"items":['
            '{"index":{"_id":"w:1","result":"created","status":201}},'
            '{"delete":{"_id":"w:2","result":"deleted","status":200}},'
            f'{{"index":{{"_id":"{last}","result":"updated","status":200}}}}]}}')


def damaged(text):
    """The text, but for one byte, or for its end."""
    for n, old in enumerate(text):
        yield text[:n]
        for new in ("", old + old, *'",:[]{} \\x1\x01'):
            yield text[:n] + new + text[n + 1:]
    for more in (" ", "]", "}", ",", "x", text):
        yield text + more


def replies():
    for why, text in itertools.chain(tops(), orders(), wrong_items()):
        yield "reply", why, text
    yield "reply", "", usual("w:3")
    for text in damaged(usual("w:3")):
        yield "same", "w:3", text
    for last in ("", '"', '"x', "\\", "\\\\", "\\u0041", "\x01", "\x7f", "é",
                 "12345678", '1234567"', "1234567\\", '12345678"', "12345678é",
                 "1234\x1f5678"):
        for said in (last, json.dumps(last)[1:-1],
                     json.dumps(last, ensure_ascii=False)[1:-1]):
            yield "same", last, usual(said)
            if said != last:
                yield "reply", OTHER, usual(said)


# ---- fields ----

IN = "in document with id 'w:1'. Preview of field's value: 'canary'"
# reason, type of the cause, message. As OpenSearch 2.19 and 3.8 and
# Elasticsearch 7.17, 8.19 and 9.5 have them, and what could deceive.
REASONS = [
    (f"failed to parse field [a] of type [long] {IN}",
     "illegal_argument_exception", "field a: illegal_argument_exception"),
    (f"[1:7] failed to parse field [a.b] of type [date] {IN}",
     "number_format_exception", "field a.b: number_format_exception"),
    (f"failed to parse field [a[b] c] of type [long] {IN}", None,
     "field a[b] c"),
    ("failed to parse field [a] of type [geo_point]", "parse_exception",
     "field a: parse_exception"),
    ("[1:13] object mapping for [x.y] tried to parse field [y] as object, but"
     " found a concrete value", None, "field x.y"),
    ("object mapping for [a] tried to parse field [null] as object, but found"
     " a concrete value", None, "field a"),
    ("mapping set to strict, dynamic introduction of [new] within [_doc] is"
     " not allowed", None, "field new"),
    ("[1:8] mapping set to strict, dynamic introduction of [c] within [a] is"
     " not allowed", None, "field a.c"),
    ("mapping set to strict, dynamic introduction of [c] within [a.b]", None,
     "field c"),
    ("mapping set to strict, dynamic introduction of [" + "c" * 80 +
     "] within [" + "a" * 80 + "] is not allowed", None, ""),
    ("mapping set to strict_allow_templates, dynamic introduction of [c]"
     " within [_doc] is not allowed", None, "field c"),
    ("mapper [n] cannot be changed from type [text] to [long]", None,
     "field n"),
    ("mapper [k] cannot be changed from type [long] to [ObjectMapper]", None,
     "field k"),
    ("can't merge a non object mapping [k] with an object mapping", None,
     "field k"),
    ("can't merge a non-nested mapping [k] with a nested mapping", None,
     "field k"),
    ("Could not dynamically add mapping for field [a.b]. Existing mapping for"
     " [a] must be of type object but found [text].", None, "field a.b"),
    ('Document contains at least one immense term in field="a.raw" (whose UTF8'
     " encoding is longer than the max length 32766), all of which were"
     " skipped.  The prefix of the first immense term is: '[99, 97]...'",
     "max_bytes_length_exceeded_exception",
     "field a.raw: max_bytes_length_exceeded_exception"),
    ("[1:7] Cannot write to a field alias [b].", None, "field b"),
    ("Limit of total fields [2] has been exceeded", None, ""),
    ("[1:17] failed to parse: Limit of total fields [2] has been exceeded",
     "illegal_argument_exception", "illegal_argument_exception"),
    ("failed to parse", "json_parse_exception", "json_parse_exception"),
    ("[1:6] failed to parse: [1:11] Duplicate field 'canary'",
     "x_content_parse_exception", "x_content_parse_exception"),
    ("unknown field name [canary], must be one of [input, weight]", None, ""),
    ("failed to parse date field [canary] with format [yyyy]", None, ""),
    ("routing is required for [t]/[canary]", None, ""),
    ("x failed to parse field [canary] of type [long]", None, ""),
    ("failed to parse field [canary", None, ""),
    ("failed to parse field [canary]", None, ""),
    ("failed to parse field [] of type [long]", None, ""),
    ("[1:7]failed to parse field [canary] of type [long]", None, ""),
    ("[canary] failed to parse field [a] of type [long]", None, ""),
    ("mapper [canary] conflicts", "canary canary", ""),
    ("failed to parse field [" + "x" * 159 + "] of type [long]", "y" * 71,
     "field " + "x" * 159 + ": " + "y" * 71),
    ("failed to parse field [" + "x" * 160 + "] of type [long]", "y" * 72, ""),
    ("", None, ""), (None, None, ""), (5, 5, ""), (["canary"], ["c"], ""),
    ("[", None, ""), ("[1", None, ""), ("[1:2]", None, ""),
]


ES, OPENSEARCH = ("es_rejected_execution_exception",
                  "rejected_execution_exception")


def pressure(n, limit, what="coordinating", most="coordinating_and_primary"):
    return (f"rejected execution of {what} operation [coordinating_and_primary"
            f"_bytes=90, replica_bytes=1, all_bytes=91, {what}_operation_bytes"
            f"={n}, max_{most}_bytes={limit}]")


def by_shard(n, limit):
    return ("rejected execution of primary operation [shard_detail=[w][0], "
            f"shard_total_bytes=1, shard_operation_bytes={n}, shard_max_"
            f"coordinating_and_primary_bytes={limit}, shard_max_replica_bytes="
            f"{limit}] OR [node_total_bytes=1, node_operation_bytes={n}, node_"
            f"max_coordinating_and_primary_bytes={limit}, node_max_replica_"
            f"bytes={limit}]")


def operation(n, limit):
    return (f"Request contains an operation of size [{n}] bytes, which exceeds"
            f" the maximum allowed limit of [{limit}] bytes")


MORE = "9 bytes, indexing_pressure allows 8"
HUGE = 2**64 - 1
# message, type, reason. As the same servers have them, and what may pass.
LIMITS = [
    (MORE, (ES, pressure(9, 8))), (MORE, (OPENSEARCH, pressure(9, 8))),
    (MORE, (ES, pressure(9, 8, most="coordinating"))),
    (MORE, (ES, pressure(9, 8, "primary", "primary"))),
    (MORE, (OPENSEARCH, pressure(9, 8, "primary"))),
    (MORE, (ES, pressure(9, 8, "replica", "replica"))),
    (MORE, (ES, operation(9, 8))), (MORE, (ES, operation(9, 8) + " canary")),
    (f"{HUGE} bytes, indexing_pressure allows 0", (ES, pressure(HUGE, 0))),
    ("", (ES, pressure(8, 8))), ("", (ES, pressure(7, 8))),
    ("", (ES, operation(8, 8))), ("", (ES, operation(7, 8))),
    ("", ("circuit_breaking_exception", pressure(9, 8))),
    ("", ("x" + ES, operation(9, 8))), ("", (ES + "x", operation(9, 8))),
    ("", (OPENSEARCH, by_shard(9, 8))), ("", (ES, None)), ("", (ES, "")),
    ("", (ES, pressure(HUGE + 1, 8))), ("", (ES, pressure(9, HUGE + 1))),
    ("", (ES, pressure(9, -8))), ("", (ES, pressure("", 8))),
    ("", (ES, pressure(9, ""))), ("", (ES, pressure("9x", 8))),
    ("", (ES, pressure(9, 8)[:-1])), ("", (ES, operation(9, "8x"))),
    ("", (ES, "because")),
]


def fields():
    for reason, cause, message in REASONS:
        error = {"type": "x", "reason": reason}
        if cause:
            error["caused_by"] = {"type": cause, "reason": "canary"}
        yield "field", message, json.dumps(
            {"index": {"_id": "w:1", "status": 400, "error": error}})
    for message, (kind, reason) in LIMITS:
        yield "field", message, json.dumps({"index": {
            "_id": "w:1", "status": 429,
            "error": {"type": kind, "reason": reason}}})
    for cause in ('"canary"', "5", "null", "[]", "{}", '{"type":null}'):
        yield "field", "", ('{"index":{"_id":"w:1","status":400,"error":'
                            '{"type":"x","caused_by":%s}}}' % cause)


def main():
    for case in itertools.chain(items(), requests(), replies(), fields()):
        print(*case, sep="\t")


if __name__ == "__main__":
    main()

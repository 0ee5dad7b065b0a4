#!/usr/bin/env python3
"""diff-model SEED: writes the files known.in and stream.in (records, for
mkstream), args (mode and scope of the stream), options (of conn-diff) and
expected: what conn-diff has to say, by conn-diff(1) read literally: status
first, then the records but begin and end."""
import ctypes
import json
import random
import sys


class Hash(ctypes.Structure):
    _fields_ = [("lo", ctypes.c_uint64), ("hi", ctypes.c_uint64)]


xxh = ctypes.CDLL("libxxhash.so.0").XXH3_128bits
xxh.restype, xxh.argtypes = Hash, [ctypes.c_char_p, ctypes.c_size_t]


def digest(line):
    h = xxh(line.encode(), len(line.encode()))
    return f"{h.hi:016x}{h.lo:016x}"


def records(r, mode, ids):
    for _ in range(r.choice([0, 3, 30, 200])):
        i = "wiki:" + r.choice(ids)
        kind = r.choices("ldfps", [80, 4, 6, 2, 2])[0]
        if kind == "l" and mode == "slim":
            yield {"id": i} | ({"timestamp": r.choice("abé")}
                               if r.random() < .9 else {})
        elif kind == "l":
            other = {"id": "wiki:" + r.choice(ids)} if r.random() < .1 else {}
            yield other | {"_id": i, "t": r.choice("ab\"\\é")} | (
                {"_x": 1} if r.random() < .03 else {})
        elif kind == "d":
            yield {"_ctl": "delete", "id": i}
        elif kind == "f":
            yield {"_ctl": "fail", "id": i, "code": "c"}
        elif kind == "p":
            yield {"_ctl": "fail", "prefix": i[:r.randint(5, 8)], "code": "c"}
        elif kind == "s":
            yield {"_ctl": "state", "stream": r.choice("pq"), "value": {"a": 1}}


def model(known, stream, mode, scope, prune, empty, limit):
    """known: [(id, hash, timestamp)]; limit: (n, percent?) or None."""
    table, out, status = {}, [], 0
    seen, passed, prefixes, states, listed = set(), set(), [], {}, False
    for i, h, t in known:
        table.setdefault(i, set()).add(t if mode == "slim" else h)
    for line in stream:
        rec = json.loads(line)
        ctl = rec.get("_ctl")
        i = rec.get("_id", rec.get("id"))
        if ctl == "state":
            if mode == "poll" and not prune:
                out.append(f"state {rec['stream']}")
            states[rec["stream"]] = 1
        elif ctl == "fail":
            out.append(line)
            passed.add(i)
            if "prefix" in rec:
                prefixes.append(rec["prefix"])
        elif ctl == "delete":
            out.append(line)
            seen.add(i)
            passed.add(i)
        elif "_x" in rec:
            out.append(json.dumps({"_ctl": "fail", "id": i, "code":
                "reserved_key", "message": "key _x"}, separators=(",", ":")))
            passed.add(i)
            listed, status = True, 1
        else:
            value = rec.get("timestamp") if mode == "slim" else digest(line)
            listed = True
            seen.add(i)
            if i in passed or value is None or table.get(i) != {value}:
                if not prune:
                    out.append(line)
                    passed.add(i)
    if mode != "poll" and scope == "all":
        gone = [i for i in table if i not in seen and i not in passed and
                not any(i.startswith(p) for p in prefixes)]
        n, k = len(gone), len(table)
        if not listed:
            blown = n > 0 and not empty
        elif limit:
            blown = n * 100 > limit[0] * k if limit[1] else n > limit[0]
        else:
            blown = n > 20 and n * 10 > k
        if blown:
            return 4, out
        out += [json.dumps({"_ctl": "delete", "id": i, "reason": "absent"},
                           separators=(",", ":")) for i in gone]
    if mode != "poll" and not prune:
        out += [f"state {s}" for s in states]
    return status, out


def main():
    r = random.Random(int(sys.argv[1]))
    mode, scope = r.choice(["load", "load", "slim", "poll"]), r.choice(
        ["all", "all", "all", "part"])
    ids = [f"{r.choice('ab/')}{n}" for n in range(r.choice([5, 60, 300]))]
    prune, empty = r.random() < .2, r.random() < .2
    limit = r.choice([None, None, (r.randint(0, 40), False),
                      (r.randint(0, 100), True)])

    def text(rec):
        return json.dumps(rec, separators=(",", ":"), ensure_ascii=False)

    stream = [text(rec) for rec in records(r, mode, ids)]
    known = []
    for n in range(r.choice([0, 10, 100])):
        i = "wiki:" + r.choice(ids)
        right = digest(text({"_id": i, "t": r.choice("ab\"\\é")}))
        known.append((i, r.choice([None, "x"] + 6 * [right]),
                      r.choice([None, "a", "é"])))
    with open("known.in", "w") as f:
        for i, h, t in known:
            f.write(json.dumps({"id": i} | ({"hash": h} if h else {}) |
                               ({"timestamp": t} if t else {})) + "\n")
    with open("stream.in", "w") as f:
        f.writelines(line + "\n" for line in stream)
    print("-m", mode, "-p", scope, file=open("args", "w"))
    print(*["-p"] * prune, *["-e"] * empty, *([f"-m{limit[0]}" +
          "%" * limit[1]] if limit else []), file=open("options", "w"))
    known = [(i, h if h and len(h) == 32 else None, t) for i, h, t in known]
    status, out = model(known, stream, mode, scope, prune, empty, limit)
    with open("expected", "w") as f:
        f.writelines(f"{line}\n" for line in [status] + out)


main()

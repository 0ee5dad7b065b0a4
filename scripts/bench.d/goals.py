# SPDX-License-Identifier: MIT
"""What the programs are to reach, each beside a rival or a limit in the same
run, as one table. Wall seconds, or CPU seconds where the row says so, medians
of three; a rival that takes long runs once."""
import os
import re
import subprocess
import time

from bulk import Sink
from common import ENV, ROOT, make_config, make_dump, measure, peak, shell, \
    wall
from rivals import duckdb
from stream import make_streams

HEAD = (f"{'job':41} {'ours':>8} {'rival or limit':31} {'theirs':>8} "
        f"{'ratio':>7} {'goal':>7}")
rows = []


def say(line):
    rows.append(line)
    print(line, flush=True)


def faster(job, ours, rival, theirs, goal):
    """Seconds; the goal is so many times faster."""
    say(f"{job:41} {ours:7.3f}s {rival:31} {theirs:7.3f}s "
        f"{theirs / ours:5.1f} x {goal:5.0f} x")


def within(job, ours, rival, theirs, goal, unit="s"):
    """The goal is at most so many times theirs."""
    say(f"{job:41} {ours:7.3f}{unit} {rival:31} {theirs:7.3f}{unit} "
        f"{ours / theirs:5.2f}   {'<=':>3} {goal:.2g}")


def cpu(command):
    """Median CPU seconds of three."""
    return sorted(measure(command)["cpu"] for _ in range(3))[1]


# ---- one row or a few each ----

def slim(n):
    """Documents of three lengths. The driver's lines go through a pipe to
    conn-slim, and its records through another one, as jq's do."""
    for size, name, words, count, goal in (
            ("328 B", "dump", 26, n, 30),
            ("2 KB", "page", 252, n // 10, 25),
            ("200 KB", "book", 26500, n // 500, 20)):
        if name != "dump":
            shell(f"mkcorpus {count} 0 {words} > {name}.ndjson")
            make_config(name)
            shell(f"sed -i s/dump.ndjson/{name}.ndjson/ {name}.yml")
        faster(f"conn-slim of a dump, {size} each",
               wall(f"conn-slim {name}.yml | cat"),
               "jq -c {_id,_timestamp}",
               wall(f"jq -c '{{_id,_timestamp}}' {name}.ndjson | cat", 1),
               goal)
        if name != "dump":
            os.unlink(f"{name}.ndjson")


def diff(n):
    make_streams(n)
    ids = wall("conn-diff -m 100% known < slim")
    docs = wall("conn-diff known < edited.stream")
    for what, ours, seconds, goal in (("ids", ids, duckdb("slim"), .5),
                                      ("documents", docs,
                                       duckdb("edited.stream"), .25)):
        if seconds:
            within(f"conn-diff, {what}", ours, "DuckDB, 2 threads", seconds,
                   goal)
    shell("jq -r '[._id, tostring] | @tsv' dump.ndjson | sort > old.tsv")
    faster("conn-diff, documents", docs, "jq, sort, join",
           wall("jq -r '[._id, tostring] | @tsv' edited.ndjson | "
                "sort -S 1G > new.tsv; comm -13 old.tsv new.tsv; "
                "join -v 1 -t '\t' old.tsv new.tsv", 1), 80)
    bytes_read = os.path.getsize("edited.stream") + os.path.getsize("known")
    within("conn-diff, documents, a GB", docs * 1e9 / bytes_read,
           "1 GB/s", 1, 1)
    rss = peak("conn-diff known < edited.stream > out")
    floor = peak("conn-diff empty < edited.stream > out")
    within("conn-diff, memory of a known id", (rss - floor) / (n * 1.01),
           "", 18, 1, "B")


def again(n):
    """A full sync that finds nothing changed; the same bytes read by cat."""
    shell("conn-sync dump.yml")
    shell("conn-slim -I dump.yml > listed")
    m = sorted((measure("conn-sync -v dump.yml") for _ in range(3)),
               key=lambda m: m["cpu"])[1]
    with open("said", encoding="utf-8") as f:
        done = re.findall(r"\d+ indexed, \d+ deleted", f.read())
    within("conn-sync, nothing changed, CPU", m["cpu"],
           "cat of both sides, piped to cat",
           cpu("cat dump.ndjson | cat >/dev/null; "
               "cat listed | cat >/dev/null"), 2)
    print(f"    ({done[0] if done else 'no summary'} of {n})")


def sink(n):
    s = Sink()
    make_config("dump", f"index:\n  type: elasticsearch\n  url: {s.url}\n"
                "  name: bench\n")
    within("conn-load | conn-bulk, null sink, CPU",
           cpu("conn-load dump.yml | conn-bulk dump.yml"),
           "cat | cat | cat",
           cpu("cat dump.ndjson | cat | cat > /dev/null"), 2)
    s.stop()
    make_config("dump")


def directory(n):
    n //= 5
    os.mkdir("tree")
    for i in range(0, n, 200):
        os.mkdir(f"tree/{i:06}")
        for k in range(200):
            with open(f"tree/{i:06}/{k}.txt", "w", encoding="utf-8") as f:
                f.write(f"file {i + k}\n")
    with open("tree.yml", "w", encoding="utf-8") as f:
        f.write("name: tree\nsource: {type: directory, path: tree}\n")
    ours = wall("conn-slim tree.yml | cat")
    find = "find tree -type f -printf '%P\t%T@\n'"
    within(f"conn-slim of {n} files", ours, "find -printf",
           wall(f"{find} | cat"), .9)
    within(f"conn-slim of {n} files", ours, "find -printf | jq",
           wall(f"{find} | jq -cR 'split(\"\\t\") | {{id: .[0], "
                "timestamp: .[1]}' | cat"), .15)
    shell("rm -r tree")


def started(argv, stdin="/dev/null"):
    """Median seconds of a program, without a shell."""
    seen = []
    for _ in range(25):
        with open(stdin, "rb") as given:
            begin = time.monotonic()
            subprocess.run(argv, env=ENV, check=True, stdin=given,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            seen.append(time.monotonic() - begin)
    return sorted(seen)[len(seen) // 2]


def start(_n):
    """One document through each program, its start included."""
    shell("head -n 1 dump.ndjson > one.ndjson; sed 's/dump.ndjson/one.ndjson/;"
          "s/bench/one/' dump.yml > one.yml; conn-load one.yml > one.stream; "
          "conn-bulk one.yml < one.stream; conn-slim -I one.yml > one.known; "
          "conn-load one.yml > one.stream")
    jq = started(["jq", "-c", ".", "one.ndjson"])
    for argv, stdin in ((["conn-load", "one.yml"], "/dev/null"),
                        (["conn-slim", "one.yml"], "/dev/null"),
                        (["conn-diff", "one.known"], "one.stream"),
                        (["conn-bulk", "-n", "one.yml"], "one.stream")):
        within(f"{argv[0]}, one document", started(argv, stdin),
               "jq, one document", jq, .2)


def goals(n):
    rows.clear()
    say(HEAD)
    make_dump(n)
    for part in slim, diff, again, sink, directory, start:
        part(n)
    if ENV.get("CONN_README"):
        write_readme()


def many(n):
    """conn-diff of a hundred times as many ids, in memory and past it."""
    seen = {}
    for count, more in (n, ""), (n * 100, ""), (n * 100, " --memory 64MiB"):
        make_ids(count)
        m = measure(f"conn-diff -p{more} known < slim > out")
        seen[count, more] = m["cpu"] / count * 1e6
        print(f"conn-diff{more}: {count} ids, {m['cpu']:.2f} s CPU, "
              f"{m['wall']:.2f} s, {m['rss'] / 1e6:.0f} MB, "
              f"{m['rss'] / count:.1f} B an id, status {m['status']}",
              flush=True)
    for more in "", " --memory 64MiB":
        within(f"conn-diff{more}, {n * 100} ids",
               seen[n * 100, more], f"{n} ids, us of CPU an id",
               seen[n, ""], 1.5, "u")


def make_ids(count):
    """known and slim of as many ids, unless they are there."""
    made = f"ids.{count}"
    if os.path.exists(made):
        return
    index = "-s bench -i sqlite:bench.db"
    shell(f"seq {count} | sed 's/.*/{{\"_id\":\"bench:&\"}}/' | tee "
          f">(mkstream -H -m index {index} -t 2000-01-01T00:00:00.000000Z "
          f"> known) | mkstream -H -m slim {index} "
          f"-t 2030-01-01T00:00:00.000000Z > slim; wait; touch {made}")


def write_readme():
    """The table takes the place of the one that has its head."""
    path = f"{ROOT}/README.md"
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    first = next(i for i, line in enumerate(lines)
                 if line.startswith("    job  "))
    last = next(i for i in range(first, len(lines)) if not lines[i])
    lines[first:last] = [f"    {row}" for row in rows]
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")

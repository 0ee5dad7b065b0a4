# SPDX-License-Identifier: MIT
"""What the parts of scripts/bench share: data, shells, measured runs."""
import json
import os
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("CONN_BUILD", "build"))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or
                     os.path.expanduser("~/.cache"), "conn-bench")
ENV = dict(os.environ, LC_ALL="C", TZ="UTC",
           PATH=f"{BUILD}/bin:{BUILD}/tests:{os.environ['PATH']}")


def shell(command):
    subprocess.run(["bash", "-c", command], env=ENV, check=True)


def wall(command, runs=3):
    """Median seconds of a shell command."""
    seen = []
    for _ in range(runs):
        start = time.monotonic()
        subprocess.run(["bash", "-c", command], env=ENV, check=True,
                       stdout=subprocess.DEVNULL)
        seen.append(time.monotonic() - start)
    return sorted(seen)[len(seen) // 2]


def measure(command):
    """Runs a shell command, with all its children: {wall, cpu, rss, status}.
    What it prints is in the file `said`."""
    with open("said", "wb") as said:
        p = subprocess.run(["measuretool", "usage", "bash", "-c", command],
                           env=ENV, stdin=subprocess.DEVNULL, stdout=said,
                           stderr=subprocess.STDOUT)
    with open("usage", encoding="utf-8") as f:
        return dict(json.load(f), status=p.returncode)


def peak(command):
    """Largest resident set of a program of a shell command, in bytes."""
    return measure(command)["rss"]


def show(what, ours, rival, theirs):
    print(f"{what:34} {ours:8.3f} s   {rival:26} {theirs:8.3f} s   "
          f"{theirs / ours:6.1f} x", flush=True)


def make_dump(n):
    """dump.ndjson: n documents; dump.yml reads it."""
    if os.path.exists("dump.ndjson"):
        return
    shell(f"mkcorpus {n} > dump.ndjson")
    make_config("dump")
    print(f"{n} documents, {os.path.getsize('dump.ndjson') / 1e6:.0f} MB, "
          f"{os.cpu_count()} cores", flush=True)


def make_config(name, index=""):
    with open(f"{name}.yml", "w", encoding="utf-8") as f:
        f.write(f"name: bench\nsource:\n  type: file\n  path: dump.ndjson"
                f"\n  id: _id\n  timestamp: _timestamp\n{index}")

# SPDX-License-Identifier: MIT
"""Connectors of others: what conn-load costs on top of a connector of Airbyte,
and what PyAirbyte does. A connector's own work is many times that, and differs
from run to run; so its output is recorded, too, and played to conn-load by
cat."""
import json
import os
import sys

from common import CACHE, measure
from rivals import fetch

HERE = os.path.dirname(os.path.abspath(__file__))
FAKER, PYAIRBYTE = (os.path.join(CACHE, d) for d in ("faker", "pyairbyte"))
PLAYED = 500000
PLAYER = """#!/bin/sh
case $1 in
read) exec cat "$RECORDED/read" ;;
*) cat "$RECORDED/$1" ;;
esac
"""


def write(name, text, mode=0o644):
    with open(name, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(name, mode)


def line(name, m, n, base):
    """base: the CPU seconds of what the connector does by itself."""
    on_top = f"{(m['cpu'] - base) / n * 1e6:8.2f}" if base is not None else \
        "       -"
    print(f"{name:40} {m['cpu']:7.2f} {m['wall']:8.2f} {m['rss'] / 1e6:7.1f}"
          f" {n:8} {on_top}", flush=True)
    if m["status"] != 0:
        with open("said", errors="replace", encoding="utf-8") as f:
            print(f"{name}: status {m['status']}: {f.read()[-300:]}")


def best(command, runs):
    """The run of least CPU."""
    return min((measure(command) for _ in range(runs)),
               key=lambda m: m["cpu"])


def made(name, package):
    there = os.path.join(CACHE, name)
    return fetch(package, f"{there}/made",
                 f"{sys.executable} -m venv {there}; {there}/bin/pip -q "
                 f"install {package}; touch {there}/made")


def config(name, **source):
    write(f"{name}.yml", json.dumps({
        "name": "bench", "source": {"type": "airbyte", **source},
        "streams": [{"name": "users"}]}))


def faker(n):
    """The connector alone, under conn-load, under PyAirbyte."""
    settings = {"count": n, "seed": 42, "always_updated": False,
                "parallelism": 1}
    catalog = {"streams": [{
        "stream": {"name": "users", "json_schema": {},
                   "supported_sync_modes": ["full_refresh", "incremental"],
                   "source_defined_cursor": True,
                   "default_cursor_field": ["updated_at"],
                   "source_defined_primary_key": [["id"]]},
        "sync_mode": "incremental", "destination_sync_mode": "append_dedup",
        "cursor_field": ["updated_at"], "primary_key": [["id"]]}]}
    program = f"{FAKER}/bin/source-faker"
    write("faker.json", json.dumps(settings))
    write("faker-catalog.json", json.dumps(catalog))
    config("faker", command=[program], config=settings)
    os.makedirs("recorded", exist_ok=True)
    alone = measure(f"{program} read --config faker.json --catalog "
                    "faker-catalog.json > recorded/read")
    line("source-faker", alone, n, None)
    line("conn-load", measure("conn-load faker.yml > read.ndjson"), n,
         alone["cpu"])
    if made("pyairbyte", "airbyte"):
        m = measure(f"AIRBYTE_OFFLINE_MODE=1 DO_NOT_TRACK=1 {PYAIRBYTE}/bin/"
                    f"python {HERE}/pyairbyte.py {program} faker.json")
        line("PyAirbyte, into its cache", m, n, alone["cpu"])
    for verb in "spec", "discover --config faker.json":
        measure(f"{program} {verb} > recorded/{verb.split()[0]}")


def multiply(times):
    """The records of the recording that often, with ids of their own; its
    states count what came before them."""
    records, first, last = [], [], []
    with open("recorded/read", encoding="utf-8") as f:
        for text in f:
            m = json.loads(text)
            if m["type"] == "RECORD":
                records.append(m)
            elif m["type"] == "TRACE":
                (last if records else first).append(text)
            elif m["type"] == "STATE":
                state = m
    n = 0
    with open("recorded/more", "w", encoding="utf-8") as f:
        f.writelines(first)
        for _ in range(times):
            for m in records:
                n += 1
                m["record"]["data"]["id"] = n
                f.write(json.dumps(m, separators=(",", ":")) + "\n")
            state["state"]["sourceStats"]["recordCount"] = len(records)
            f.write(json.dumps(state, separators=(",", ":")) + "\n")
        f.writelines(last)
    os.replace("recorded/more", "recorded/read")
    return n


def played(n):
    """Its output again, from a file."""
    count = multiply(max(1, PLAYED // n))
    write("player", PLAYER, 0o755)
    config("player", command=[os.path.abspath("player")],
           environment={"RECORDED": os.path.abspath("recorded")})
    size = os.path.getsize("recorded/read") / count
    print(f"its output by cat, {size:.0f} bytes a record")
    alone = best("cat recorded/read | cat > read.ndjson", 3)
    line("cat | cat", alone, count, None)
    both = best("cat recorded/read | cat | cat > read.ndjson", 3)
    line("cat | cat | cat", both, count, alone["cpu"])
    line("conn-load", best("conn-load player.yml > read.ndjson", 3), count,
         alone["cpu"])


def airbyte(n):
    n = min(n, 100000)
    if not made("faker", "airbyte-source-faker"):
        return
    print(f"{'records of a connector of Airbyte':40}   CPU s   wall s  RSS MB"
          "  records  µs more")
    faker(n)
    played(n)

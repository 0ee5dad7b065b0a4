# SPDX-License-Identifier: MIT
"""What the benches of databases' drivers share."""
import json
import os
import re
import subprocess
import sys

from common import BUILD, ROOT, measure, shell, show

COLUMNS = "id title body url updated_at n price flag".split()


def helper(name, *words):
    """A function of the tests' own tests/NAME.bash."""
    env = dict(os.environ, BATS_RUN_TMPDIR=os.getcwd())
    command = f'. "{ROOT}/tests/{name}.bash"; "$@"'
    return subprocess.run(["bash", "-c", command, "-", *words], env=env,
                          check=True, text=True, stdout=subprocess.PIPE)


def is_built(name, package):
    if os.path.exists(f"{BUILD}/libexec/conn/conn-source-{name}"):
        return True
    print(f"conn-source-{name}: not built ({package})")
    return False


def configure(kind, source, table, name):
    """NAME.yml, which reads that table."""
    with open(f"{name}.yml", "w", encoding="utf-8") as f:
        json.dump({"name": name, "source": dict(source, type=kind),
                   "streams": [{"name": table}]}, f)


def medians(command, runs=3):
    """Of that shell command, its output dropped: {wall, cpu, rss}."""
    seen = [measure(f"{command} > /dev/null") for _ in range(runs)]
    bad = [m for m in seen if m["status"] != 0]
    if bad:
        with open("said", errors="replace", encoding="utf-8") as f:
            sys.exit(f"bench: {command[:40]}: {f.read()[-300:]}")
    return {k: sorted(m[k] for m in seen)[runs // 2]
            for k in ("wall", "cpu", "rss")}


def compare(kind, source, table, n, rivals):
    """The driver and conn-load, and each rival's command that gives the same
    documents; CPU is that of the clients."""
    with open("request", "w", encoding="utf-8") as f:
        json.dump({"v": 1, "source": source, "streams": [{"name": table}]}, f)
        f.write("\n")
    configure(kind, source, table, kind)
    driver = medians(f"{BUILD}/libexec/conn/conn-source-{kind} load < request")
    load = medians(f"conn-load {kind}.yml")
    for rival, command in rivals.items():
        theirs = medians(command)
        show(f"driver {kind}, {n} {table}", driver["wall"], rival,
             theirs["wall"])
        show("  seconds of CPU", driver["cpu"], rival, theirs["cpu"])
        show(f"conn-load {kind}, {n} {table}", load["wall"], rival,
             theirs["wall"])
    print(f"driver {kind} memory: {driver['rss'] / 1e6:.1f} MB", flush=True)


def sync_unchanged(name, n):
    """A full sync of NAME.yml that finds nothing to do, and conn-load of the
    same rows; what it did, and the memory."""
    shell(f"conn-sync {name}.yml")
    load = measure(f"conn-load {name}.yml > /dev/null")
    ran = measure(f"conn-sync -v {name}.yml")
    with open("said", encoding="utf-8") as f:
        did = re.search("conn-bulk: (.*)", f.read()).group(1)
    show(f"conn-sync, {n} unchanged", ran["wall"], "conn-load", load["wall"])
    show("  seconds of CPU", ran["cpu"], "conn-load", load["cpu"])
    print(f"  {did}; largest program {ran['rss'] / 1e6:.1f} MB", flush=True)

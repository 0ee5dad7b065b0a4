# SPDX-License-Identifier: MIT
"""What the benches of databases' drivers share."""
import json
import os
import re
import subprocess

from common import BUILD, ROOT, measure, shell, show, wall


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


def configure(kind, url, table, name):
    """NAME.yml, which reads that table."""
    with open(f"{name}.yml", "w", encoding="utf-8") as f:
        f.write(f"name: {name}\nsource:\n  type: {kind}\n  url: {url}\n"
                f"streams: [{{name: {table}}}]\n")


def compare(kind, url, table, n, rival, command):
    """The driver and conn-load, and the rival's command that gives the same
    documents."""
    with open("request", "w", encoding="utf-8") as f:
        json.dump({"v": 1, "source": {"url": url},
                   "streams": [{"name": table}]}, f)
        f.write("\n")
    configure(kind, url, table, kind)
    driver = f"{BUILD}/libexec/conn/conn-source-{kind} load < request"
    theirs = wall(command)
    show(f"driver {kind}, {n} rows", wall(driver), rival, theirs)
    show(f"conn-load {kind}, {n} rows", wall(f"conn-load {kind}.yml"), rival,
         theirs)
    print(f"driver {kind} memory: {measure(driver)['rss'] / 1e6:.1f} MB",
          flush=True)


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

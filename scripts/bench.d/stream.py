# SPDX-License-Identifier: MIT
"""Streams to measure with, and what the programs hold in memory."""
import os
import shutil

from common import make_config, make_dump, peak, shell


def make_streams(n):
    """known, of what the index has: all but the documents edited since, and
    1 % more; edited.stream and slim, of what the source has; empty."""
    make_dump(n)
    shell(f"mkcorpus {n} 50 > edited.ndjson")
    make_config("edited")
    shell("sed -i s/dump/edited/ edited.yml; "
          "for f in dump edited; do conn-load $f.yml > $f.stream; done")
    index = "-s bench -i $(head -n 1 dump.stream | jq -r .index)"
    before = f"-m index {index} -t 2000-01-01T00:00:00.000000Z"
    shell(f"{{ cat dump.stream; seq {n // 100} | "
          "sed 's/.*/{\"_id\":\"bench:gone&\"}/'; } | "
          f"mkstream -H {before} > known; "
          f"mkstream {before} < /dev/null > empty; "
          f"mkstream -H -m slim {index} -t 2030-01-01T00:00:00.000000Z "
          "< edited.stream > slim")


def memory(n):
    make_dump(n)
    few = max(n // 10, 1)
    shell(f"head -n {few} dump.ndjson > small.ndjson; "
          "sed 's/dump/small/' dump.yml > small.yml; "
          "for f in small dump; do conn-load $f.yml > $f.stream; done")
    for program in "conn-load", "conn-slim":
        a, b = (peak(f"{program} {f}.yml > out") for f in ("small", "dump"))
        print(f"{program} memory: {a / 1e6:.1f} MB for {few} documents, "
              f"{b / 1e6:.1f} MB for {n}")
    for name in "small", "dump":
        shutil.rmtree("state", ignore_errors=True)
        rss = peak(f"conn-bulk {name}.yml < {name}.stream")
        print(f"conn-bulk memory: {rss / 1e6:.1f} MB for {name}.ndjson, "
              "embedded index", flush=True)
    os.unlink("small.ndjson")

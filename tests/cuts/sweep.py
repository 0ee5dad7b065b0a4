#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sweep.py WHAT POINTS SEED [POINT]

What a program reads, damaged in every way: cut at each byte, each line left
out, doubled, changed with the next one, each bit flipped of what counts. WHAT
is read: streams (between the programs), drivers (what one writes), replies (of
servers), states (the files of the state folder), files (of the driver file).

As many POINTS (0: all) are tried, as even over all kinds of damage as SEED
spreads them; or the one POINT, by the name that a violation is printed with.
Prints one line for each violation and one in the end: points tried,
violations. Exit status 1 if there was one."""
import importlib
import os
import random
import sys
import time

sys.dont_write_bytecode = True
sys.path[0:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
from pipes import Violation, folder  # noqa: E402


def chosen(points, wanted, dice):
    """Of {group: [point]} as many as wanted, the same share of each group as
    far as it has them; evenly spread in it."""
    if wanted == 0:
        return [p for group in points.values() for p in group]
    out, left = [], len(points)
    for group in sorted(points.values(), key=len):
        n = min(len(group), max(1, (wanted - len(out)) // left))
        start = dice.random()
        out += [group[int((i + start) * len(group) / n)] for i in range(n)]
        left -= 1
    return out


def sweep(part, wanted, seed, only):
    points = part.points()
    todo = [only] if only else chosen(points, wanted, random.Random(seed))
    bad, begin = 0, time.monotonic()
    for point in todo:
        try:
            part.point(point)
        except Violation as v:
            bad += 1
            print(f"VIOLATION at '{point}': {v}", flush=True)
    spent = time.monotonic() - begin
    print(f"{part.NAME}: seed {seed}, {len(todo)} of "
          f"{sum(map(len, points.values()))} points tried, "
          f"{bad} violations{part.more()}, "
          f"{1e3 * spent / len(todo):.1f} ms a point")
    return bad


def main():
    what, wanted, seed, *only = sys.argv[1:]
    part = importlib.import_module(f"cut_{what}")
    with folder() as top:
        os.chdir(top)
        os.environ["CONN_STATE_DIR"] = f"{top}/state"
        bad = sweep(part.Part(), int(wanted), int(seed), " ".join(only))
        os.chdir("/")
    sys.exit(bad > 0)


main()

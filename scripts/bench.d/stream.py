# SPDX-License-Identifier: MIT
"""The programs that only read and write streams. Medians of three, wall
seconds; the programs of a pipe run side by side."""
import os
import shutil
import subprocess
import sys

from common import ENV, make_config, make_dump, peak, shell, show, wall


def slim(n):
    make_dump(n)
    show("conn-slim of an NDJSON dump", wall("conn-slim dump.yml"),
         "jq -c {_id,_timestamp}",
         wall("jq -c '{_id,_timestamp}' dump.ndjson", 1))
    show("conn-load of an NDJSON dump", wall("conn-load dump.yml"),
         "jq -c .", wall("jq -c . dump.ndjson", 1))


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


def diff(n):
    make_streams(n)
    ours = wall("conn-diff known < edited.stream")
    ids = wall("conn-diff -m 100% known < slim")
    # the rivals get tables made beforehand; we read and check the stream
    shell("for f in known slim; do jq -r 'select(.id and ._ctl==null) | "
          "[.id,.hash]|@tsv' $f > $f.tsv; done")
    rival = wall("sort -S 1G known.tsv > k & sort -S 1G slim.tsv > s; wait; "
                 "comm -13 k s > changed; "
                 "join -v 1 k s > gone")
    show("conn-diff, documents", ours, "sort, comm, join of TSV", rival)
    show("conn-diff, ids", ids, "sort, comm, join of TSV", rival)
    duck = duckdb()
    if duck:
        show("conn-diff, documents", ours, "DuckDB on the same JSON", duck)
    rss = peak("conn-diff known < edited.stream > out")
    floor = peak("conn-diff empty < edited.stream > out")
    print(f"conn-diff memory: {(rss - floor) / (n * 1.01):.1f} bytes a known "
          f"id, {rss / 1e6:.1f} MB in all", flush=True)


def duckdb():
    """Seconds of DuckDB for as much, from the JSON that conn-diff reads: the
    ids that changed and those that are gone, which it counts but need not
    print. Its own start is left out. None: it is not there."""
    code = """
import duckdb, time
c = duckdb.connect(); c.execute("set threads=2")
t = time.monotonic()
c.execute('''create table k as select id, hash from read_json('known',
 format='newline_delimited', columns={id:'VARCHAR', hash:'VARCHAR',
 _ctl:'VARCHAR'}) where _ctl is null''')
c.execute('''create table s as select _id id, md5(body) h
 from read_json('edited.stream', format='newline_delimited',
 columns={_id:'VARCHAR', body:'VARCHAR', _ctl:'VARCHAR'})
 where _ctl is null''')
c.execute("select count(*) from s left join k using (id) "
          "where h is distinct from hash").fetchone()
c.execute("select count(*) from k left join s using (id) "
          "where s.id is null").fetchone()
print(time.monotonic() - t)
"""
    seen = []
    for _ in range(3):
        r = subprocess.run([sys.executable, "-c", code], capture_output=True,
                           env=ENV, text=True)
        if "No module named 'duckdb'" in r.stderr:
            print("DuckDB: not there (pip install duckdb)")
            return None
        if r.returncode != 0:
            sys.exit(f"bench: DuckDB: {r.stderr}")
        seen.append(float(r.stdout))
    return sorted(seen)[1]


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

#!/usr/bin/env python3
"""index-reader DB STOP BATCH TOTAL...: reads the embedded index DB until the
file STOP exists; STOP.ready tells of the first look. Each look must find
documents and search of one moment, never a part of a batch of BATCH operations,
of which an update replaces title `old` by `new`; TOTAL: how many documents
there may be at an end. Prints how many different moments were seen."""
import os
import sqlite3
import sys


def look(db):
    db.execute("begin")
    one = [db.execute(q).fetchone()[0] for q in (
        "select count(*) from documents",
        "select count(*) from search",
        "select count(*) from documents where "
        "json_extract(document, '$.title') = 'new'",
        "select count(*) from search('title: new')",
        "select count(*) from search('title: old')")]
    db.execute("commit")
    return one


def main(path, stop, batch, *totals):
    whole = {int(t) for t in totals}
    seen, ended = set(), False
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True,
                         isolation_level=None, timeout=0)
    while not ended:
        ended = os.path.exists(stop)
        documents, rows, new, found, old = look(db)
        if documents != rows or new != found or old + new != documents:
            sys.exit(f"documents and search differ: {documents} documents, "
                     f"{rows} rows, {new} new, {found} found, {old} old")
        for n in documents, new:
            if n % int(batch) and n not in whole:
                sys.exit(f"a part of a batch: {n}")
        seen.add((documents, new))
        if len(seen) == 1:
            open(f"{stop}.ready", "w").close()
    print(len(seen))


main(*sys.argv[1:])

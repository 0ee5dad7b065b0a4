# SPDX-License-Identifier: MIT
"""conn-source-sqlite, and the sqlite3 shell that makes the same JSON: of rows
as those of the other databases, and of rows whose price has all the digits
that a double can have."""
import os
import shutil

from common import shell
from database import COLUMNS, compare, is_built

TABLE = """create table {name}(id integer primary key, title text, body text,
url text, updated_at text, n int, price real, flag int);
with recursive c(i) as (select 1 union all select i + 1 from c where i < {n})
insert into {name} select i, 'title ' || i, printf('%032x', i * 2654435761) ||
replace(hex(zeroblob(8)), '00', ' text with "quotes"'),
'https://example.com/' || i, strftime('%Y-%m-%d %H:%M:%f', 1767225600 - i,
'unixepoch'), i % 1000, {price}, i % 2 from c"""
PRICES = {"bench_rows": "i * 1.25", "bench_reals": "i / 7.0"}


def sources(n):
    if not is_built("sqlite", "libsqlite3-dev"):
        return
    if not shutil.which("sqlite3"):
        print("SQLite: no shell here (sqlite3)")
        return
    path = f"{os.getcwd()}/rows.sqlite"
    members = ", ".join(f"'{c}', {c}" for c in COLUMNS)
    for name, price in PRICES.items():
        with open("table.sql", "w", encoding="utf-8") as f:
            f.write(TABLE.format(name=name, n=n, price=price))
        shell(f"sqlite3 -bail {path} < table.sql")
        compare("sqlite", {"path": path}, name, n, {
            "sqlite3 json_object":
            f'sqlite3 {path} "select json_object({members}) from {name}"'})
    os.unlink(path)

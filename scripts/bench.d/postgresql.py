# SPDX-License-Identifier: MIT
"""conn-source-postgresql, and psql that makes the same JSON in the server; a
full sync of rows of which none has changed."""
import os
import shutil
import subprocess

from common import shell
from database import compare, configure, helper, is_built, sync_unchanged

TABLE = """create table rows as select i::int8 as id, 'title ' || i as title,
md5(i::text) || repeat(' text with "quotes"', 8) as body,
'https://example.com/' || i as url, now() - i * interval '1 s' as updated_at,
i % 1000 as n, (i * 1.25)::numeric(12, 2) as price, i % 2 = 0 as flag
from generate_series(1, {n}) as i; alter table rows add primary key (id);
create table few as select * from rows where id <= {few};
alter table few add primary key (id); analyze"""


def sources(n):
    if not is_built("postgresql", "libpq-dev"):
        return
    folder = f"{os.getcwd()}/pg"
    os.chmod(".", 0o711)
    try:
        helper("postgresql", "pg_init", folder)
    except subprocess.CalledProcessError:
        print("PostgreSQL: no server here (postgresql)")
        return
    helper("postgresql", "pg_start", folder)
    try:
        measure_all(n, folder)
    finally:
        helper("postgresql", "pg_stop", folder, "immediate")
        shutil.rmtree(folder)


def measure_all(n, folder):
    with open(f"{folder}/port", encoding="utf-8") as f:
        port = f.read().strip()
    psql = f"psql -qXh {folder} -p {port} -U postgres postgres"
    few = n // 10
    sql = TABLE.format(n=n, few=few).replace('"quotes"', '\\"quotes\\"')
    shell(f'{psql} -c "{sql}"')
    url = f"postgresql://postgres@/postgres?host={folder}&port={port}"
    source = {"url": url}
    compare("postgresql", source, "rows", n, {
        "psql copy row_to_json":
        f"{psql} -c 'copy (select row_to_json(r) from rows as r) to stdout'"})
    configure("postgresql", source, "few", "few")
    sync_unchanged("few", few)
    sync_unchanged("postgresql", n)

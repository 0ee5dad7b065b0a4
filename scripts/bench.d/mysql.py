# SPDX-License-Identifier: MIT
"""conn-source-mysql, and mariadb that has the same JSON made by the server."""
import os
import shutil

from common import shell
from database import COLUMNS, compare, helper, is_built

TABLE = """create table bench_rows(id bigint primary key, title text, body text,
url text, updated_at timestamp, n int, price decimal(12,2), flag tinyint);
insert into bench_rows select seq, concat('title ', seq),
concat(md5(seq), repeat(' text with \\"quotes\\"', 8)),
concat('https://example.com/', seq), now() - interval seq second, seq % 1000,
seq * 1.25, seq % 2 from seq_1_to_{n}; analyze table bench_rows"""


def sources(n):
    if not is_built("mysql", "libmariadb-dev"):
        return
    if not shutil.which("mariadb-install-db"):
        print("MariaDB: no server here (mariadb-server)")
        return
    folder = f"{os.getcwd()}/my"
    os.chmod(".", 0o711)
    helper("mysql", "my_init", folder)
    helper("mysql", "my_start", folder)
    try:
        measure_all(n, folder)
    finally:
        helper("mysql", "my_stop", folder)
        shutil.rmtree(folder)


def measure_all(n, folder):
    client = f"mariadb --no-defaults -NrS {folder}/s -u root"
    shell(f"{client} -e 'create database bench'")
    shell(f"{client} bench -e \"{TABLE.format(n=n)}\"")
    members = ", ".join(f"'{c}', {c}" for c in COLUMNS)
    url = f"mysql://root@localhost/bench?socket={folder}/s"
    compare("mysql", {"url": url}, "bench_rows", n, {
        "mariadb --quick json_object":
        f'{client} --quick bench -e "select json_object({members}) '
        'from bench_rows"'})

# SPDX-License-Identifier: MIT
"""conn-source-postgresql, and psql that makes the same JSON in the server."""
import json
import os
import shutil
import subprocess

from common import BUILD, ROOT, measure, shell, show, wall

TABLE = """create table rows as select i::int8 as id, 'title ' || i as title,
md5(i::text) || repeat(' text with "quotes"', 8) as body,
'https://example.com/' || i as url, now() - i * interval '1 s' as updated_at,
i % 1000 as n, (i * 1.25)::numeric(12, 2) as price, i % 2 = 0 as flag
from generate_series(1, {n}) as i; alter table rows add primary key (id);
analyze rows"""


def cluster(*words):
    """A function of the tests' own helper, on the folder pg."""
    env = dict(os.environ, BATS_RUN_TMPDIR=os.getcwd())
    command = f'. "{ROOT}/tests/postgresql.bash"; "$@"'
    return subprocess.run(["bash", "-c", command, "-", *words], env=env,
                          check=True, text=True, stdout=subprocess.PIPE)


def sources(n):
    if not os.path.exists(f"{BUILD}/libexec/conn/conn-source-postgresql"):
        print("conn-source-postgresql: not built (libpq-dev)")
        return
    folder = f"{os.getcwd()}/pg"
    os.chmod(".", 0o711)
    try:
        cluster("pg_init", folder)
    except subprocess.CalledProcessError:
        print("PostgreSQL: no server here (postgresql)")
        return
    cluster("pg_start", folder)
    try:
        compare(n, folder)
    finally:
        cluster("pg_stop", folder, "immediate")
        shutil.rmtree(folder)


def compare(n, folder):
    with open(f"{folder}/port", encoding="utf-8") as f:
        port = f.read().strip()
    psql = f"psql -qXh {folder} -p {port} -U postgres postgres"
    shell(f"{psql} -c \"{TABLE.format(n=n)}\"".replace('"quotes"',
                                                       '\\"quotes\\"'))
    url = f"postgresql://postgres@/postgres?host={folder}&port={port}"
    with open("request", "w", encoding="utf-8") as f:
        json.dump({"v": 1, "source": {"url": url}, "streams": []}, f)
        f.write("\n")
    with open("pg.yml", "w", encoding="utf-8") as f:
        f.write(f"source:\n  type: postgresql\n  url: {url}\n")
    driver = f"{BUILD}/libexec/conn/conn-source-postgresql load < request"
    rival = wall(f"{psql} -c 'copy (select row_to_json(r) from rows as r) "
                 "to stdout'")
    show(f"driver postgresql, {n} rows", wall(driver),
         "psql copy row_to_json", rival)
    show(f"conn-load postgresql, {n} rows", wall("conn-load pg.yml"),
         "psql copy row_to_json", rival)
    print(f"driver postgresql memory: {measure(driver)['rss'] / 1e6:.1f} MB")

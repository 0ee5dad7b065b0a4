# SPDX-License-Identifier: MIT
"""conn-source-mysql, and mariadb that has the same JSON made by the server."""
import json
import os
import shutil
import subprocess

from common import BUILD, ROOT, measure, shell, show, wall

TABLE = """create table bench_rows(id bigint primary key, title text, body text,
url text, updated_at timestamp, n int, price decimal(12,2), flag tinyint);
insert into bench_rows select seq, concat('title ', seq),
concat(md5(seq), repeat(' text with \\"quotes\\"', 8)),
concat('https://example.com/', seq), now() - interval seq second, seq % 1000,
seq * 1.25, seq % 2 from seq_1_to_{n}; analyze table bench_rows"""
COLUMNS = "id title body url updated_at n price flag".split()


def server(*words):
    """A function of the tests' own helper."""
    env = dict(os.environ, BATS_RUN_TMPDIR=os.getcwd())
    command = f'. "{ROOT}/tests/mysql.bash"; "$@"'
    return subprocess.run(["bash", "-c", command, "-", *words], env=env,
                          check=True, text=True, stdout=subprocess.PIPE)


def sources(n):
    if not os.path.exists(f"{BUILD}/libexec/conn/conn-source-mysql"):
        print("conn-source-mysql: not built (libmariadb-dev)")
        return
    if not shutil.which("mariadb-install-db"):
        print("MariaDB: no server here (mariadb-server)")
        return
    folder = f"{os.getcwd()}/my"
    os.chmod(".", 0o711)
    server("my_init", folder)
    server("my_start", folder)
    try:
        compare(n, folder)
    finally:
        server("my_stop", folder)
        shutil.rmtree(folder)


def compare(n, folder):
    client = f"mariadb --no-defaults -NrS {folder}/s -u root"
    shell(f"{client} -e 'create database bench'")
    shell(f"{client} bench -e \"{TABLE.format(n=n)}\"")
    url = f"mysql://root@localhost/bench?socket={folder}/s"
    with open("request", "w", encoding="utf-8") as f:
        json.dump({"v": 1, "source": {"url": url}, "streams": []}, f)
        f.write("\n")
    with open("my.yml", "w", encoding="utf-8") as f:
        f.write(f"source:\n  type: mysql\n  url: {url}\n")
    driver = f"{BUILD}/libexec/conn/conn-source-mysql load < request"
    members = ", ".join(f"'{c}', {c}" for c in COLUMNS)
    rival = wall(f'{client} --quick bench -e "select json_object({members}) '
                 'from bench_rows"')
    show(f"driver mysql, {n} rows", wall(driver),
         "mariadb --quick json_object", rival)
    show(f"conn-load mysql, {n} rows", wall("conn-load my.yml"),
         "mariadb --quick json_object", rival)
    print(f"driver mysql memory: {measure(driver)['rss'] / 1e6:.1f} MB")

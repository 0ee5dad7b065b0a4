# SPDX-License-Identifier: MIT
"""conn-source-mongodb, and pymongo that prints what it reads: with json_util,
which keeps every type, and with orjson, for which what JSON lacks becomes
text. A tenth of the documents, from the server of the tests, which is made for
tests and not for speed."""
import os
import subprocess

import rivals
from common import ENV, ROOT, shell
from database import compare, is_built

SERVER = f"{ROOT}/tests/servers/mongodb"
FILL = ('{{"fill": "docs", "from": 0, "to": {n}, '
        '"when": {{"$date": "2026-01-01T00:00:00Z"}}}}')
DUMP = """import sys
from pymongo import MongoClient
from {module} import dumps
docs = MongoClient("{url}")["bench"]["docs"]
for d in docs.find():
    sys.stdout.{write}
"""
WAYS = {
    "pymongo, json_util": ("bson.json_util", 'write(dumps(d) + "\\n")'),
    "pymongo, orjson": ("orjson", 'buffer.write(dumps(d, default=str) + '
                        'b"\\n")'),
}


def sources(n):
    n //= 10
    if not is_built("mongodb", "libmongoc-dev"):
        return
    python = rivals.pymongo()
    if not python:
        return
    r = subprocess.run([SERVER, "start", "mongo"], text=True,
                       env=dict(ENV, CONN_SERVER_OWNER=str(os.getpid())),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if r.returncode != 0:
        print(f"MongoDB: not there: {r.stderr.strip().splitlines()[-1]}")
        return
    try:
        measure_all(n, r.stdout.strip(), python)
    finally:
        subprocess.run([SERVER, "stop", "mongo"], check=True)


def measure_all(n, url, python):
    subprocess.run([python, f"{ROOT}/tests/mongo.py", url, "bench"],
                   input=FILL.format(n=n), text=True, check=True)
    commands = {}
    for i, (name, (module, write)) in enumerate(WAYS.items()):
        with open(f"dump{i}.py", "w", encoding="utf-8") as f:
            f.write(DUMP.format(module=module, url=url, write=write))
        commands[name] = f"{python} dump{i}.py"
        shell(f"{commands[name]} > /dev/null")  # the JIT compiler's work
    compare("mongodb", {"url": f"{url}/", "database": "bench"}, "docs", n,
            commands)

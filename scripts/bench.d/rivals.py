# SPDX-License-Identifier: MIT
"""The other clients: how to get them, how to call them at their best."""
import os
import subprocess
import sys

from common import CACHE, ENV

HERE = os.path.dirname(os.path.abspath(__file__))
NODE, PYTHON, GO = (os.path.join(CACHE, d) for d in ("node", "python", "go"))
ELASTICDUMP = f"{NODE}/node_modules/.bin/elasticdump"


def fetch(name, there, command):
    """True if the file is there, or the command makes it."""
    if os.path.exists(there):
        return True
    os.makedirs(CACHE, exist_ok=True)
    r = subprocess.run(["bash", "-c", f"set -e; {command}"], env=ENV,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=600)
    if r.returncode == 0 and os.path.exists(there):
        return True
    said = r.stdout.strip().splitlines() or [f"status {r.returncode}"]
    print(f"{name}: not there ({said[-1].strip()[:70]})", flush=True)
    return False


def node(package):
    return fetch(package, f"{NODE}/node_modules/{package}/package.json",
                 f"npm install --prefix {NODE} --silent --no-audit --no-fund "
                 f"{package}")


def python():
    return fetch("opensearch-py", f"{PYTHON}/made",
                 f"{sys.executable} -m venv {PYTHON}; {PYTHON}/bin/pip -q "
                 f"install opensearch-py orjson; touch {PYTHON}/made")


def pymongo():
    """The Python that has it, with its part in C; a later one refuses the
    tests' server as too old."""
    there = f"{CACHE}/pymongo"
    return fetch("pymongo", f"{there}/made",
                 f"{sys.executable} -m venv {there}; {there}/bin/pip -q "
                 f"install 'pymongo<4.11' orjson; touch {there}/made") and \
        f"{there}/bin/python"


def esbulk():
    return fetch("esbulk", f"{GO}/esbulk", f"GOBIN={GO} go install "
                 "github.com/miku/esbulk/cmd/esbulk@latest")


def client_js(url, how):
    # a package is looked for beside the script only
    return (f"cp {HERE}/client.mjs {NODE} && NODE_NO_WARNINGS=1 node "
            f"{NODE}/client.mjs {url} bench rival.ndjson {how}")


def client_py(url, *how):
    return (f"{PYTHON}/bin/python {HERE}/client.py {url} bench rival.ndjson "
            + " ".join(map(str, how)))


def curl_each(url, bodies):
    """A curl for each body, two at once."""
    return (f"ls {bodies}/* | xargs -P2 -I{{}} curl -sS --fail -o /dev/null "
            f"-H Content-Type:application/x-ndjson --data-binary @{{}} "
            f"'{url}/bench/_bulk?filter_path=errors'")


def curl_kept(url, bodies):
    """Two curls, each with half of the bodies and one connection."""
    names = sorted(os.listdir(bodies))
    for i in range(2):
        with open(f"{bodies}.{i}", "w", encoding="utf-8") as f:
            f.write("\nnext\n".join(
                f'url = "{url}/bench/_bulk?filter_path=errors"\n'
                f'data-binary = "@{bodies}/{name}"\noutput = "/dev/null"\n'
                'header = "Content-Type: application/x-ndjson"\n'
                "silent\nshow-error\nfail" for name in names[i::2]))
    return f"curl -K {bodies}.0 & curl -K {bodies}.1 && wait $!"


def all_of(url):
    """(name, command, runs) of each tool that is there, ours first."""
    tools = [
        ("conn-bulk", "rm -rf state; conn-bulk bulk.yml < bulk.stream", 3),
        ("curl, ready 1 MiB bodies, kept", curl_kept(url, "bodies1"), 3),
        ("curl, ready 1 MiB bodies, xargs", curl_each(url, "bodies1"), 3),
        ("curl, ready 5 MiB bodies, xargs", curl_each(url, "bodies5"), 3),
    ]
    if node("@opensearch-project/opensearch"):
        tools += [("opensearch-js helper, default",
                   client_js(url, "default"), 1),
                  ("opensearch-js, strings, 2 MB x 2",
                   client_js(url, "strings"), 1)]
    if python():
        tools += [("opensearch-py, 5000, orjson",
                   client_py(url, 5000, 1), 1),
                  ("opensearch-py parallel, 5000, orjson",
                   client_py(url, 5000, 2), 1)]
    if esbulk():
        tools += [("esbulk -size 5000", f"{GO}/esbulk -server {url} -index "
                   "bench -id id -size 5000 rival.ndjson", 1)]
    if node("elasticdump"):
        tools += [("elasticdump --limit 5000",
                   f"{ELASTICDUMP} --input=dump.elasticdump --output={url}"
                   "/bench --type=data --limit=5000 --quiet", 1)]
    return tools


def duckdb(stream):
    """Seconds of DuckDB for as much as conn-diff of that stream, from the same
    JSON: the ids that changed and those that are gone, which it counts but need
    not print. Its own start is left out. None: it is not there."""
    columns, pick, new = (
        ("id:'VARCHAR'", "id", "k.id is null") if stream == "slim" else
        ("_id:'VARCHAR', body:'VARCHAR'", "_id id, md5(body) h",
         "h is distinct from hash"))
    code = f"""
import duckdb, time
c = duckdb.connect(); c.execute("set threads=2")
t = time.monotonic()
c.execute('''create table k as select id, hash from read_json('known',
 format='newline_delimited', columns={{id:'VARCHAR', hash:'VARCHAR',
 _ctl:'VARCHAR'}}) where _ctl is null''')
c.execute('''create table s as select {pick}
 from read_json('{stream}', format='newline_delimited',
 columns={{{columns}, _ctl:'VARCHAR'}})
 where _ctl is null''')
c.execute("select count(*) from s left join k using (id) "
          "where {new}").fetchone()
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

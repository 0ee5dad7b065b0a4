# SPDX-License-Identifier: MIT
"""conn-bulk and other clients, into a server that answers at once
(tests/nullsink.c) and into an OpenSearch. CPU seconds are those of the client
and its children, memory that of the largest of them; of several runs the one
with the median CPU is shown. The curls send bodies made beforehand and read
no answer to a document; conn-bulk reads a stream and checks it, every other
tool reads documents and makes the bodies."""
import json
import os
import subprocess
import urllib.request

import rivals
from common import BUILD, ENV, ROOT, make_config, make_dump, measure, shell

SERVER = f"{ROOT}/tests/servers/opensearch"

BODY = json.dumps({
    "settings": {"index": {"number_of_shards": 1, "number_of_replicas": 0,
                           "refresh_interval": -1}},
    "mappings": {"properties": {
        "_conn": {"properties": {
            "id": {"type": "keyword"}, "source": {"type": "keyword"},
            "hash": {"type": "keyword", "index": False,
                     "doc_values": False}}},
        "_stream": {"type": "keyword"},
        "_timestamp": {"type": "date", "ignore_malformed": True},
        # what only some of the clients send costs the server nothing
        "id": {"type": "object", "enabled": False},
        "__id": {"type": "object", "enabled": False},
        "__timestamp": {"type": "object", "enabled": False},
        "title": {"type": "text"}, "body": {"type": "text"},
        "meta": {"type": "object", "enabled": False}}}})


def make_bodies(n):
    """The same documents as each tool takes them, and as ready bodies."""
    make_dump(n)
    if os.path.exists("bodies1"):
        return
    # an id of the documents' own; _id is for the server alone
    shell("sed 's/\"_id\":\"doc-/\"id\":\"doc-/' dump.ndjson > rival.ndjson")
    take = r's/^(.*)"_id":"(doc-[0-9]+)",'
    shell(f"sed -E '{take}" r'(.*)$/{"index":{"_id":"\2"}}\n\1\3/'
          "' dump.ndjson > ready")
    shell(f"sed -E '{take}" r'(.*)$/{"_index":"bench","_id":"\2","_source":'
          r'\1\3}/' "' dump.ndjson > dump.elasticdump")
    pair = os.path.getsize("ready") / n
    for mib in 1, 5:
        os.mkdir(f"bodies{mib}")
        shell(f"split -a 5 -l {2 * max(int((mib << 20) / pair), 1)} ready "
              f"bodies{mib}/")
    os.unlink("ready")


def ask(method, url, body=None):
    r = urllib.request.Request(
        url, method=method, data=body and body.encode(),
        headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(r, timeout=300) as f:
        return json.load(f)


def make_stream(url):
    make_config("bulk", f"index:\n  type: elasticsearch\n  url: {url}\n"
                "  name: bench\n")
    shell("conn-load bulk.yml > bulk.stream")


class Sink:
    """tests/nullsink."""
    name = "sink"

    def __init__(self):
        self.process = subprocess.Popen(
            [f"{BUILD}/tests/nullsink"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def begin(self):
        self.before = ask("GET", f"{self.url}/_sink")

    def end(self):
        now = ask("GET", f"{self.url}/_sink")
        return {k: now[k] - self.before[k] for k in now}

    def stop(self):
        self.process.terminate()
        self.process.communicate()


class Server:
    """An OpenSearch as it is shipped; a new index for each run."""
    name = "server"

    def __init__(self):
        # what the tests start is made for a quick start
        env = dict(ENV, CONN_SERVER_OWNER=str(os.getpid()),
                   _JAVA_OPTIONS="-Xms1g -Xmx1g -XX:-UseSerialGC "
                   "-XX:+UseG1GC -XX:TieredStopAtLevel=4")
        r = subprocess.run([SERVER, "start", "opensearch"], env=env, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if r.returncode != 0:
            raise OSError(r.stderr.strip().splitlines()[-1])
        self.url = r.stdout.strip()
        with open("opensearch/pid", encoding="utf-8") as f:
            self.pid = f.read().strip()

    def begin(self):
        ask("DELETE", f"{self.url}/bench?ignore_unavailable=true")
        ask("PUT", f"{self.url}/bench", BODY)
        self.before = self.cpu()

    def cpu(self):
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        cpu = self.cpu() - self.before
        ask("POST", f"{self.url}/bench/_refresh")
        return {"cpu": cpu, "bytes": 0, "requests": "-",
                "documents": ask("GET", f"{self.url}/bench/_count")["count"]}

    def stop(self):
        subprocess.run([SERVER, "stop", "opensearch"], check=True)


def once(target, name, command):
    target.begin()
    m = measure(command)
    m["server"] = target.end()
    if m["status"] != 0:
        with open("said", errors="replace", encoding="utf-8") as f:
            print(f"{name}: status {m['status']}: {f.read()[-300:]}")
    return m


def in_turns(target, tools):
    """The run of each with the median CPU. They take turns, so that none has
    the server while its JIT compiler is still at work, or the better hour of
    the machine."""
    seen = [[] for _ in tools]
    for turn in range(max(runs for _, _, runs in tools)):
        for i, (name, command, runs) in enumerate(tools):
            if turn < runs:
                seen[i].append(once(target, name, command))
    return [sorted(s, key=lambda m: m["cpu"])[len(s) // 2] for s in seen]


def row(name, m, ours, n):
    s = m["server"]
    count = "ok" if s["documents"] == n else s["documents"]
    print(f"{name:36} {m['cpu']:7.2f} {m['wall']:7.2f} "
          f"{n / m['wall'] / 1e3:7.0f}k {m['rss'] / 1e6:6.1f} "
          f"{s['requests']:>6} {count:>7} {s['cpu']:7.2f} "
          f"{m['cpu'] / ours['cpu']:7.1f} {m['wall'] / ours['wall']:7.1f}",
          flush=True)


def table(target, n):
    try:
        t = target()
    except OSError as e:
        print(f"{target.name}: not there: {e}")
        return
    make_bodies(n)
    make_stream(t.url)
    tools = rivals.all_of(t.url)
    if target is Server:        # the JIT compiler's work is nobody's
        for name, command, runs in tools:
            if runs > 1:
                once(t, name, command)
    measured = in_turns(t, tools)
    ours = measured[0]
    print(f"{'into the ' + target.name:36}   CPU s  wall s   docs/s RSS MB"
          f"    req   count {target.name:>7}   CPU x  wall x")
    for (name, _, _), m in zip(tools, measured):
        row(name, m, ours, n)
    t.stop()
    s = ours["server"]
    if s["bytes"]:
        print(f"conn-bulk: {s['bytes'] / ours['wall'] / 1e9:.2f} GB/s of "
              f"bodies, {s['bytes'] / (ours['cpu'] + s['cpu']) / 1e9:.2f} GB "
              "a CPU second of both sides")
    else:
        print(f"conn-bulk: {100 * ours['cpu'] / s['cpu']:.1f} % of the "
              "server's CPU")


def null(n):
    table(Sink, n)


def server(n):
    table(Server, n)

# SPDX-License-Identifier: MIT
"""An API of N records in pages of 100 (tests/pagesink.c), read by conn-load
and by two other readers of declared APIs: airbyte-cdk's declarative source and
dlt's rest_api, each without a destination: what is read is written to stdout.
ideal: pages times latency by requests at once. curl, which is told all URLs
beforehand and throws the pages away, is the limit."""
import json
import os
import subprocess
import sys
import urllib.request

from common import BUILD, CACHE, measure
from rivals import fetch

HERE = os.path.dirname(os.path.abspath(__file__))
AIRBYTE, DLT = os.path.join(CACHE, "airbyte"), os.path.join(CACHE, "dlt")
DEPTH = 16
DOC = ("{title, body, url: .html_url, author: .author.login, tags: .labels, "
       "meta: {state, comments}}")


class Pages:
    """tests/pagesink."""

    def __init__(self, n, delay):
        self.process = subprocess.Popen(
            [f"{BUILD}/tests/pagesink", "-d", str(delay), str(n)],
            stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def asked(self):
        with urllib.request.urlopen(f"{self.url}/_sink") as f:
            return json.load(f)["pages"]

    def stop(self):
        self.process.terminate()
        self.process.communicate()


def write(name, text):
    with open(name, "w", encoding="utf-8") as f:
        f.write(text)


def conn(url, parallel, doc):
    name = f"rest-{parallel}{'-doc' if doc else ''}.yml"
    write(name, f"name: bench\nsource:\n  type: rest\n  url: {url}\n"
          f"  parallel: {parallel}\n  streams:\n    items:\n"
          "      get: /items\n      items: .items[]\n"
          "      next: pages(\"page\")\n      total: .total\n"
          "      time: .updated_at\n"
          + (f"      doc: '{DOC}'\n" if doc else ""))
    return f"conn-load {name} > read.ndjson"


def airbyte(url):
    stream = {
        "type": "DeclarativeStream", "name": "items", "primary_key": "id",
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {"type": "HttpRequester", "url_base": url,
                          "path": "/items", "http_method": "GET"},
            "record_selector": {
                "type": "RecordSelector", "extractor": {
                    "type": "DpathExtractor", "field_path": ["items"]}},
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": {
                    "type": "RequestOption", "inject_into":
                    "request_parameter", "field_name": "page"},
                "pagination_strategy": {
                    "type": "PageIncrement", "start_from_page": 1,
                    "page_size": 100, "inject_on_first_request": True}}},
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {
            "type": "object", "additionalProperties": True,
            "properties": {}}}}
    manifest = {"version": "6.0.0", "type": "DeclarativeSource",
                "check": {"type": "CheckStream", "stream_names": ["items"]},
                "streams": [stream],
                "spec": {"type": "Spec", "connection_specification": {
                    "type": "object", "properties": {},
                    "additionalProperties": True}}}
    catalog = {"streams": [{
        "stream": {"name": "items", "json_schema": {},
                   "supported_sync_modes": ["full_refresh"]},
        "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}]}
    write("config.json", json.dumps(
        {"__injected_declarative_manifest": manifest}))
    write("catalog.json", json.dumps(catalog))
    return (f"{AIRBYTE}/bin/source-declarative-manifest read --config "
            "config.json --catalog catalog.json > read.ndjson")


def curl(url, n):
    write("urls", "".join(f'url = "{url}/items?page={page}"\n'
                          'output = "/dev/null"\n'
                          for page in range(1, n // 100 + 1)))
    return f"curl -sZ --parallel-max {DEPTH} -K urls 2> meter"


def tools(url, n):
    """(name, command, requests at once, what a line of a record has)."""
    known = [("conn-load", conn(url, 1, False), 1, '"_id":'),
             (f"conn-load, parallel {DEPTH}", conn(url, DEPTH, False), DEPTH,
              '"_id":'),
             (f"conn-load, parallel {DEPTH}, doc in jq",
              conn(url, DEPTH, True), DEPTH, '"_id":'),
             (f"curl, parallel {DEPTH}", curl(url, n), DEPTH, None)]
    if fetch("airbyte-cdk", f"{AIRBYTE}/made",
             f"{sys.executable} -m venv {AIRBYTE}; {AIRBYTE}/bin/pip -q "
             f"install airbyte-cdk; touch {AIRBYTE}/made"):
        known.append(("airbyte-cdk, declarative", airbyte(url), 1,
                      '"type":"RECORD"'))
    if fetch("dlt", f"{DLT}/made", f"{sys.executable} -m venv {DLT}; "
             f"{DLT}/bin/pip -q install dlt; touch {DLT}/made"):
        known.append(("dlt, rest_api", f"{DLT}/bin/python {HERE}/dltread.py "
                      f"{url} > read.ndjson", 1, '"id":'))
    return known


def count(mark):
    """Records that were written; None: they were not to be."""
    if mark is None:
        return "-"
    with open("read.ndjson", encoding="utf-8") as f:
        return sum(mark in line for line in f)


def once(pages, tool, n, delay, first):
    name, command, depth, mark = tool
    before = pages.asked()
    m = measure(command)
    asked, read = pages.asked() - before, count(mark)
    if m["status"] != 0:
        with open("said", errors="replace", encoding="utf-8") as f:
            print(f"{name}: status {m['status']}: {f.read()[-300:]}")
    ideal = n / 100 * delay / 1e3 / depth
    over = f"{m['wall'] / ideal:6.2f}" if ideal else "     -"
    print(f"{delay:4} ms  {name:34} {m['cpu']:7.2f} {m['wall']:8.2f} {over} "
          f"{m['rss'] / 1e6:7.1f} {asked:6} {read:>8} "
          f"{m['cpu'] / (first or m)['cpu']:7.1f}", flush=True)
    return first or m


def rest(n):
    n = min(n, 100000)
    print(f"{n} records, {'':26}CPU s   wall s  ideal  RSS MB  pages  records"
          "   CPU x")
    for delay in 0, 20, 100:
        pages = Pages(n, delay)
        first = None
        for tool in tools(pages.url, n):
            first = once(pages, tool, n, delay, first)
        pages.stop()

# SPDX-License-Identifier: MIT
"""tiny-wheel.py DIR VERSION...: connectors of Airbyte as packages for pip.

airbyte-source-tiny and what it needs, tiny-words. From version 2 on it has
another primary key, another cursor, one stream less and one more.
"""
import base64
import hashlib
import os
import sys
import zipfile

CODE = '''import json
import sys

from tiny_words import WORD

V = "@V@"


def stream(name, key, cursor):
    return {"name": name, "json_schema": {"type": "object", "properties":
            {k: {"type": "string"} for k in key + [cursor]}},
            "supported_sync_modes": ["full_refresh", "incremental"],
            "source_defined_cursor": True, "default_cursor_field": [cursor],
            "source_defined_primary_key": [[k] for k in key]}


def streams():
    if V < "2":
        return [stream("users", ["id"], "seen"), stream("old", ["id"], "seen")]
    return [stream("users", ["id", "region"], "changed"),
            stream("new", ["id"], "changed")]


def say(kind, **body):
    print(json.dumps({"type": kind, **body}))


def status(name, what):
    say("TRACE", trace={"type": "STREAM_STATUS", "emitted_at": 1,
        "stream_status": {"stream_descriptor": {"name": name}, "status": what}})


def read():
    s = streams()[0]
    status("users", "STARTED")
    data = {"id": "1", "region": WORD, "seen": "2026", "changed": "2026"}
    say("RECORD", record={"stream": "users", "emitted_at": 1, "data": data})
    say("STATE", state={"type": "STREAM", "stream": {"stream_descriptor":
        {"name": "users"}, "stream_state": {"at": "2026"}},
        "sourceStats": {"recordCount": 1}})
    for s in streams():
        if s["name"] != "users":
            status(s["name"], "STARTED")
        status(s["name"], "COMPLETE")


def main():
    verb = sys.argv[1]
    if verb == "spec":
        say("SPEC", spec={"connectionSpecification": {"type": "object",
            "title": "Tiny " + V, "properties": {"size": {"type": "integer"}}}})
    elif verb == "discover":
        say("CATALOG", catalog={"streams": streams()})
    elif verb == "check":
        say("CONNECTION_STATUS", connectionStatus={"status": "SUCCEEDED"})
    else:
        read()
'''


def wheel(folder, name, version, files, more="", points=""):
    flat = name.replace("-", "_")
    info = f"{flat}-{version}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = (f"Metadata-Version: 2.1\nName: {name}\n"
                                 f"Version: {version}\nLicense: MIT\n"
                                 f"Summary: A tiny one\n{more}")
    files[f"{info}/WHEEL"] = ("Wheel-Version: 1.0\nGenerator: test\n"
                              "Root-Is-Purelib: true\nTag: py3-none-any\n")
    if points:
        files[f"{info}/entry_points.txt"] = points
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(
            text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    out = os.path.join(folder, f"{flat}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(out, "w") as z:
        for path, text in files.items():
            z.writestr(zipfile.ZipInfo(path), text)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    wheel(folder, "tiny-words", "1.0", {"tiny_words.py": 'WORD = "w"\n'})
    wheel(folder, "airbyte-source-mute", "1.0", {"mute.py": ""})
    for v in sys.argv[2:]:
        wheel(folder, "airbyte-source-tiny", v,
              {"source_tiny.py": CODE.replace("@V@", v)},
              "Requires-Dist: tiny-words (==1.0)\n",
              "[console_scripts]\nother = source_tiny:main\n"
              "source-tiny = source_tiny:main\n")


main()

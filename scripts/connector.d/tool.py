# SPDX-License-Identifier: MIT
"""What the scripts of connectors do with JSON: tool.py VERB [ARGUMENT]..."""
import ctypes
import json
import os
import re
import sys


def pin():
    """pip's report on stdin: requirements with the hashes of its files."""
    lines = []
    for p in json.load(sys.stdin)["install"]:
        name = re.sub(r"[-_.]+", "-", p["metadata"]["name"]).lower()
        info = p["download_info"]["archive_info"]
        # pip before 23.1 has only the older key
        digest = info.get("hashes", {}).get("sha256") or \
            info["hash"].removeprefix("sha256=")
        lines.append(f"{name}=={p['metadata']['version']} \\\n"
                     f"    --hash=sha256:{digest}")
    print(*sorted(lines), sep="\n")


def requested():
    """pip's report on stdin: the version of what was asked for."""
    print(next(p["metadata"]["version"]
               for p in json.load(sys.stdin)["install"] if p["requested"]))


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(text)


def describe(folder, package):
    """In its virtual environment: connector.yml, origin and README."""
    from importlib.metadata import distribution
    d = distribution(package)
    programs = [e.name for e in d.entry_points
                if e.group == "console_scripts"]
    programs.sort(key=lambda p: (p != package.removeprefix("airbyte-"), p))
    if not programs:
        sys.exit(f"{package}: it has no program, so it is no connector")
    m = d.metadata
    write(folder, "connector.yml",
          f"# made from {package} {d.version}; see README\ntype: airbyte\n"
          f"title: {json.dumps(package)}\ndefaults:\n"
          f"  command: [./venv/bin/python, ./venv/bin/{programs[0]}]\n")
    write(folder, "origin", f"package {package}\nversion {d.version}\n")
    said = [f"{package} {d.version}", "", m.get("Summary", "")]
    for key in "License", "Home-page", "Requires-Python":
        if m.get(key):
            said.append(f"{key}: {m[key].splitlines()[0]}")
    said += ["", "requirements.txt names each package with its hash;",
             "local-build installs just these into venv."]
    write(folder, "README", "\n".join(said) + "\n")


def image(folder, name, digest, engine):
    words = [engine, "run", "--rm", "-i", "--network", "host", "--user", "0",
             "--volume", "{folder}:{folder}", digest]
    write(folder, "connector.yml",
          f"# made from {name}\ntype: airbyte\ntitle: {json.dumps(name)}\n"
          f"defaults:\n  command: {json.dumps(words)}\n")
    write(folder, "origin", f"image {name}\nversion {digest}\n")
    write(folder, "README", f"{name}\n\n{digest}\n")


def pretty():
    json.dump(json.load(sys.stdin), sys.stdout, indent=1, ensure_ascii=False)
    print()


def catalog():
    """Lines of conn-spec --discover, sorted."""
    streams = [json.loads(line) for line in sys.stdin]
    streams.sort(key=lambda s: s["stream"])
    json.dump(streams, sys.stdout, indent=1, sort_keys=True,
              ensure_ascii=False)
    print()


def load(name):
    try:
        with open(name, encoding="utf-8") as f:
            return {s["stream"]: s for s in json.load(f)}
    except FileNotFoundError:
        return None


def words(names):
    return ", ".join(names) if names else "none"


def compare(old, new):
    """What an update does to the documents, one line each."""
    old, new = load(old), load(new)
    if old is None or new is None:
        print("the streams of the two versions are not both known")
        return
    for s in sorted(old.keys() | new.keys()):
        if s not in new:
            print(f"stream {s} is gone: its documents will be deleted")
        elif s not in old:
            print(f"stream {s} is new")
        else:
            a, b = old[s], new[s]
            if a["id"] != b["id"]:
                print(f"stream {s}: primary key {words(a['id'])} -> "
                      f"{words(b['id'])}: its documents get other ids")
            if a.get("timestamp") != b.get("timestamp"):
                print(f"stream {s}: cursor {a.get('timestamp', 'none')} -> "
                      f"{b.get('timestamp', 'none')}: run a full sync")


def exchange(one, other):
    """Of two folders in one step; where the system cannot, in two."""
    libc = ctypes.CDLL(None, use_errno=True)
    at, swap = -100, 2
    if libc.renameat2(at, os.fsencode(one), at, os.fsencode(other), swap) == 0:
        return
    os.rename(other, one + ".old")
    try:
        os.rename(one, other)
    except OSError:
        os.rename(one + ".old", other)
        raise
    os.rename(one + ".old", one)


globals()[sys.argv[1]](*sys.argv[2:])
